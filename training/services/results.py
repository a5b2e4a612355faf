"""The end of a job that worked: figures, version and status in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from models_app.models import Version
from models_app.revisions import StoredFile
from models_app.services.publishing import version_publish
from training.kinds import Stage
from training.ml.sets.likely import LikelyScored
from training.models import EventKind, JobMetric, JobQueryScore, JobStatus, TrainingJob
from training.services.claims import Claim, LostClaimError, events_add
from training.services.likely import likely_store
from training.services.moves import held, note_add, status_move

if TYPE_CHECKING:  # they load what web processes do without
    from training.ml.measures.evaluation import Evaluation
    from training.ml.measures.rankings import Rankings


@dataclass(frozen=True, slots=True)
class Results:
    """What a run leaves for the registry; `evaluations` and `rankings` by split."""

    folder: Path
    base_model: str
    evaluations: "Mapping[str, Evaluation]"
    lineage: Mapping[str, Any]
    facts: Mapping[str, Any]
    rankings: "Mapping[str, Rankings]" = field(default_factory=dict)
    likely: Sequence[LikelyScored] = ()


def job_publish(*, claim: Claim, results: Results, stored: Sequence[StoredFile]) -> Version:
    """Publish a run's model and end its job as succeeded, both or neither.

    `stored` is what `folder_store` gave for the folder: the transaction holds the job's row, so
    that neither its lease can be renewed meanwhile nor anybody cancel it, and must be short.
    Raises LostClaimError where the job is to be cancelled or no longer ours.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:  # the rows of many queries take a while to make
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")
        job = held(claim)
        if job is None or job.status != JobStatus.RUNNING:
            raise LostClaimError
        snapshot, reranker = job.parts
        version = version_publish(
            reranker=reranker,
            folder=results.folder,
            job=job.pk,
            base_model=results.base_model,
            snapshot_digest=snapshot.digest or "",
            metrics=metrics_dict(results.evaluations),
            lineage=results.lineage,
            facts=results.facts,
            created_by=job.created_by,
            stored=stored,
        )
        JobMetric.objects.bulk_create(metric_rows(job, results.evaluations))
        rows = query_rows(job, results.evaluations, results.rankings)
        JobQueryScore.objects.bulk_create(rows, batch_size=2000)
        likely_store(job=job, found=results.likely)
        events_add(claim, [(EventKind.STAGE, {"stage": Stage.FINISH.value})])
        note_add(job, f"Published as {version}.")
        status_move(job, JobStatus.SUCCEEDED, stage=Stage.FINISH, done=0, total=0)
    return version


def metrics_dict(evaluations: "Mapping[str, Evaluation]") -> dict[str, Any]:
    """Return `{split: {system: {metric: {value, low, high, n}}}}`."""
    found: dict[str, Any] = {}
    for split, evaluation in evaluations.items():
        for row in evaluation.rows:
            figure = {"value": row.value, "low": row.low, "high": row.high, "n": row.n}
            found.setdefault(split, {}).setdefault(row.system, {})[row.metric] = figure
    return found


def metric_rows(job: TrainingJob, evaluations: "Mapping[str, Evaluation]") -> Iterable[JobMetric]:
    """Yield the figures of evaluations by split."""
    for split, evaluation in evaluations.items():
        for row in evaluation.rows:
            yield JobMetric(
                job=job,
                split=split,
                system=row.system,
                metric=row.metric,
                value=row.value,
                low=row.low,
                high=row.high,
                n=row.n,
            )


def query_rows(
    job: TrainingJob, evaluations: "Mapping[str, Evaluation]", rankings: "Mapping[str, Rankings]"
) -> Iterable[JobQueryScore]:
    """Yield the values of each query, with what was ranked first where `rankings` has it."""
    for split, evaluation in evaluations.items():
        ranked = rankings.get(split, {})
        for system, queries in evaluation.per_query.items():
            own = ranked.get(system, {})
            for query_id, values in queries.items():
                yield JobQueryScore(
                    job=job,
                    split=split,
                    system=system,
                    query_id=query_id,
                    values=dict(values),
                    top=[[name, score] for name, score in own.get(query_id, ())],
                )
