"""What a training does in its process: everything that its recipe needs, the run, and its facts."""

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from annotate.selectors.snapshots import copies_findings
from config.folders import private_folder
from training.kinds import Stage
from training.ml.recipe.snapshot_check import snapshot_check
from training.models import TrainingJob
from training.process.following import notes_expect
from training.process.lineage import code_facts, first_stage_facts, labels_facts, lineage_collect
from training.process.preparing import (
    base_fetch,
    champion_fetch,
    corpus_fetch,
    judged_fetch,
    silver_fetch,
    slices_fetch,
    snapshot_fetch,
    teacher_fetch,
)
from training.process.reporting import JobReporter
from training.process.scratch import cache_path, work_adopt, work_path
from training.process.telling import (
    base_exposure,
    champion_said,
    corpus_said,
    teacher_said,
    twins_said,
)
from training.services.claims import Claim
from training.spec.train import TrainSpec

if TYPE_CHECKING:
    from training.services.results import Results


def model_train(job: TrainingJob, claim: Claim, reporter: JobReporter, scratch: Path) -> "Results":
    """Train as the job asks for, and return what came of it with its lineage.

    Raises RecipeError where nothing can come of it.
    """
    reporter.stage(Stage.LOAD)
    adopted = work_adopt(job)
    if adopted:
        reporter.log(adopted)
    frozen, _ = job.parts
    spec = TrainSpec.from_dict(job.recipe)
    snapshot = snapshot_fetch(frozen, scratch / "snapshot")
    snapshot_check(snapshot, spec)
    reporter.log(f"Snapshot {snapshot.digest[:12]} is complete, its files have their sha256.")
    base = base_fetch(job, scratch / "base")
    exposed = base_exposure(job, snapshot, reporter)
    champion = champion_fetch(job, scratch / "champion")
    said = champion_said(champion, job, snapshot, reporter)
    silver = silver_fetch(job, spec, base, snapshot, scratch / "silver-teacher")
    teacher = teacher_fetch(job, spec, scratch / "teacher")
    taught_by = teacher_said(teacher, job, snapshot, reporter)
    work = private_folder(work_path(job.pk))
    corpus = corpus_fetch(job, spec, work / "corpus")
    corpus_said(corpus, job, reporter)
    judged = judged_fetch(job, snapshot, spec)
    slices = slices_fetch(job, snapshot)
    twins = twins_said(snapshot, reporter)
    from training.ml.recipe.asked import Place
    from training.ml.recipe.run import recipe_run
    from training.services.results import Results

    notes_expect(work)
    # From here on the main thread needs no database for a long time.
    connection.close()
    outcome = recipe_run(
        snapshot=snapshot,
        spec=spec,
        base=base,
        folder=scratch / "model",
        reporter=reporter,
        silver=silver,
        teacher=teacher.base if teacher else None,
        slices=slices,
        champion=champion.base if champion else None,
        place=Place(
            work=work,
            cache=cache_path(),
            corpus=corpus,
            checkpoint_seconds=settings.JOB_CHECKPOINT_SECONDS,
            snapshot=scratch / "snapshot",
            judged=judged,
        ),
    )
    code = code_facts()
    return Results(
        folder=outcome.folder,
        base_model=outcome.base.loaded,
        evaluations=outcome.evaluations,
        rankings={"test": outcome.rankings},
        likely=outcome.likely,
        lineage=lineage_collect(job, claim.attempt, outcome, code),
        facts={
            **outcome.facts,
            "exposure": exposed,
            "champion": {**said, **(outcome.facts["champion"] or {})} or None,
            "twins": twins,
            "teacher": {**taught_by, **(outcome.facts["teacher"] or {})} or None,
            "findings": [*frozen.findings, *copies_findings(frozen)],
            "first_stage": first_stage_facts(frozen),
            "labels": labels_facts(frozen.statistics),
            "lineage": {"git_commit": code["git_commit"]},
        },
    )
