"""What an evaluation does in its process: a model reads a snapshot's test queries."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection

from models_app.models import Version
from training.kinds import Stage
from training.ml.errors import BaseModelError
from training.ml.models.find import Base
from training.ml.reporter import Reporter
from training.models import TrainingJob
from training.process.preparing import (
    base_fetch,
    champion_beside,
    slices_fetch,
    snapshot_fetch,
    untouched_fetch,
)
from training.process.telling import champion_said, twins_said
from training.selectors.base_models import version_pinned
from training.selectors.exposure import exposure_of
from training.spec.evaluate import EvaluateSpec

if TYPE_CHECKING:
    from training.ml.recipe.evaluating import Measured


def model_measure(
    job: TrainingJob, reporter: Reporter, scratch: Path
) -> tuple["Measured", dict[str, Any]]:
    """Measure a job's model; returns the figures, and facts about them. Raises RecipeError."""
    reporter.stage(Stage.LOAD)
    assert job.snapshot is not None, "a constraint of its kind"
    snapshot = snapshot_fetch(job.snapshot, scratch / "snapshot")
    model = base_fetch(job, scratch / "model")
    version = version_pinned(job.base_revision) if job.base_revision else None
    exposed = None
    if version is not None:
        found = exposure_of(version, snapshot, job.project, job.created_by)
        exposed = found.to_dict()
        for line in found.lines(champion=str(version)):
            reporter.log(line)
    untouched = _untouched(version, reporter, scratch / "base")
    beside = champion_beside(job, version, scratch / "champion")
    said = champion_said(beside, job, snapshot, reporter)
    slices = slices_fetch(job, snapshot)
    twins = twins_said(snapshot, reporter)
    from training.ml.recipe.evaluating import evaluation_run

    connection.close()
    measured = evaluation_run(
        snapshot=snapshot,
        spec=EvaluateSpec.from_dict(job.recipe),
        model=model,
        reporter=reporter,
        untouched=untouched,
        champion=beside.base if beside else None,
        slices=slices,
    )
    champion = {**said, **(measured.facts["champion"] or {})} or None
    more = {"exposure": exposed, "champion": champion, "twins": twins}
    return measured, {**measured.facts, **more}


def _untouched(version: Version | None, reporter: Reporter, folder: Path) -> Base | None:
    """Find the base that a version was trained from; where it is not to be had, say why."""
    if version is None:
        return None
    try:
        return untouched_fetch(version, folder)
    except BaseModelError as error:
        reporter.log(f"The untouched base of {version} is not measured. {error.message}")
        return None
