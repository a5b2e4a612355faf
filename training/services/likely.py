"""Likely relevant passages that nobody judged: kept with their job, offered to the queue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from accounts.problems import ConflictError
from annotate.selectors.pooling import passages_named, queries_named
from annotate.services.arranging import queue_refresh
from annotate.services.pairing import pairs_refresh
from annotate.services.proposing import Proposed, candidates_propose, run_ensure
from training.ml.sets.likely import LikelyScored
from training.models import LikelyPair, TrainingJob
from training.selectors.jobs import version_of
from training.selectors.likely import likely_run


@dataclass(frozen=True, slots=True)
class Offered:
    """What came of an offer: pairs that were given to the queue, and how many are new candidates.

    `refused` are withdrawn or erased by now.
    """

    pairs: int
    candidates: int
    refused: int


def likely_store(*, job: TrainingJob, found: Sequence[LikelyScored]) -> None:
    """Keep what a job found; what is not in its project any more is left out."""
    queries = {
        row.key: row.pk for row in queries_named(job.project, [each.query_id for each in found])
    }
    passages = passages_named(job.project, [each.passage_id for each in found])
    LikelyPair.objects.bulk_create(
        LikelyPair(
            job=job,
            query_id=queries[each.query_id],
            passage_id=passages[each.passage_id],
            score=each.score,
            near=each.near,
            why=each.why,
        )
        for each in found
        if each.query_id in queries and each.passage_id in passages
    )


@transaction.atomic
def likely_offer(*, job: TrainingJob, by: User | None) -> Offered:
    """Offer what was not offered yet as candidates of a run named after the job.

    The scores are the run's; they fill no slot, and whoever judges blind does not see them. A
    repeat adds nothing. Raises ConflictError for a job that has found nothing.
    """
    TrainingJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
    version = version_of(job.pk)
    if version is None or not job.likely.exists():
        raise ConflictError("This job has found no passage that could be offered.")
    waiting = list(job.likely.filter(offered_at=None).order_by("query", "-score", "pk"))
    if not waiting:
        return Offered(0, 0, 0)
    run = likely_run(job)
    run_ensure(project=job.project, name=run, version=version.revision)
    stored = candidates_propose(project=job.project, rows=_ranked(waiting, run))
    job.likely.filter(offered_at=None).update(offered_at=Now(), offered_by=by)
    queue_refresh(project=job.project)
    pairs_refresh(project=job.project)
    return Offered(len(waiting) - stored.refused, stored.candidates, stored.refused)


def _ranked(rows: Sequence[LikelyPair], run: str) -> Iterator[Proposed]:
    """Yield what the run says of each query: 1 is the best."""
    for query, own in groupby(rows, key=lambda row: row.query_id):
        for rank, row in enumerate(own, start=1):
            yield Proposed(query, row.passage_id, run, rank, row.score)
