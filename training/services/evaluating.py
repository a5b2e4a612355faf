"""Evaluations of models that are there already: asked for once, ended with their figures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts.models import Project, User
from annotate.models import Snapshot
from training.kinds import JobKind
from training.ml.recipe.snapshot_check import relevance_check
from training.ml.search.languages import stemmed_language
from training.models import JobMetric, JobQueryScore, JobStatus, TrainingJob
from training.selectors.base_models import base_checked
from training.selectors.evaluations import evaluation_same
from training.services.claims import Claim, LostClaimError
from training.services.enqueuing import job_enqueue
from training.services.jobs import (
    positives_told,
    snapshot_check_given,
    snapshot_whole,
    told_of_snapshot,
)
from training.services.moves import held
from training.services.results import metric_rows, query_rows
from training.services.storing import job_ending
from training.spec.base import SpecError
from training.spec.evaluate import EvaluateSpec

if TYPE_CHECKING:  # they load what web processes do without
    from training.ml.measures.evaluation import Evaluation
    from training.ml.measures.rankings import Rankings


@dataclass(frozen=True, slots=True)
class Asked:
    """The job of an evaluation, and whether it is a new one."""

    job: TrainingJob
    new: bool


@transaction.atomic
def evaluation_ask(
    *,
    project: Project,
    created_by: User | None,
    snapshot: Snapshot,
    base_model: str,
    recipe: Mapping[str, Any],
    again: bool = False,
) -> Asked:
    """Ask how a model does on a snapshot; what was measured, or is about to be, is not repeated.

    The same is the same model by its commit, or by its name where it is none of ours, snapshot and
    recipe. With `again` it is measured anew, in a job of its own. Raises ValidationError per field,
    ConflictError as `job_enqueue` does.
    """
    snapshot_check_given(project, snapshot)
    snapshot_measurable(snapshot)
    try:
        spec = EvaluateSpec.from_dict(recipe)
    except SpecError as error:
        raise ValidationError(dict(error.errors)) from error
    base = base_checked(base_model, project=project, user=created_by)
    spec = replace(spec, language=spec.language or stemmed_language(project.language))
    asked: dict[str, Any] = {
        "snapshot": snapshot,
        "base_model": base.name,
        "base_revision": base.revision,
        "recipe": spec.to_dict(),
    }
    # Who asks takes turns: of two who ask the same at once, one is answered with the other's.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    before = None if again else evaluation_same(project, **asked)
    if before is not None:
        return Asked(before, new=False)
    job = job_enqueue(project=project, kind=JobKind.EVALUATE, created_by=created_by, **asked)
    return Asked(job, new=True)


def snapshot_measurable(snapshot: Snapshot) -> None:
    """Raise ValidationError unless test queries have something relevant, and are as frozen."""
    snapshot_whole(snapshot)
    if snapshot.splits and not snapshot.splits["test"]:
        raise ValidationError({"snapshot": "This snapshot has no test split to measure on."})
    with told_of_snapshot():
        relevance_check(positives_told(snapshot, "test"))


def evaluation_finish(
    *,
    claim: Claim,
    evaluations: "Mapping[str, Evaluation]",
    rankings: "Rankings",
    facts: Mapping[str, Any],
) -> None:
    """End an evaluation as succeeded, with its figures per query. Raises as `job_ending` does."""
    test = next(
        row.value
        for row in evaluations["test"].rows
        if (row.system, row.metric) == ("model", "nDCG@10")
    )
    line = f"Measured: nDCG@10 {test:.4f} on the test queries."
    with transaction.atomic():
        with connection.cursor() as cursor:  # the rows of many queries take a while to make
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")
        job = held(claim)
        if job is None or job.status != JobStatus.RUNNING:
            raise LostClaimError
        # Before its end, after which a job reports nothing.
        JobMetric.objects.bulk_create(metric_rows(job, evaluations))
        rows = query_rows(job, evaluations, {"test": rankings})
        JobQueryScore.objects.bulk_create(rows, batch_size=2000)
        with job_ending(claim, outcome=facts, line=line):
            pass
