"""Reads of what a job found relevant though nobody judged it, and what people made of it."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from annotate.selectors.qrels import judged_of_run
from training.models import LikelyPair, TrainingJob


@dataclass(frozen=True, slots=True)
class LikelyStanding:
    """Pairs that a job found, and those that were offered; of these, people judged some, and found
    some of them relevant.
    """

    found: int
    offered: int
    judged: int
    relevant: int

    @property
    def waiting(self) -> int:
        """Pairs that nobody has offered."""
        return self.found - self.offered


def likely_run(job: TrainingJob) -> str:
    """Return the name of the run under which a job's pairs become candidates."""
    return f"likely-{job.short_id}"


def likely_of(job: TrainingJob) -> QuerySet[LikelyPair]:
    """Return a job's pairs with their texts, best first; without what is withdrawn or erased."""
    rows = job.likely.filter(query__withdrawn_at=None, passage__withdrawn_at=None)
    return rows.select_related("query", "passage__text").order_by("-score", "pk")


def likely_standing(job: TrainingJob) -> LikelyStanding | None:
    """Count a job's pairs, those that were offered, and what people said of these.

    None for a job that has not mined, or not found any.
    """
    if not (job.mines and job.finished):
        return None
    counted = job.likely.aggregate(found=Count("pk"), offered=Count("offered_at"))
    if not counted["found"]:
        return None
    judged, relevant = judged_of_run(job.project, likely_run(job)) if counted["offered"] else (0, 0)
    return LikelyStanding(counted["found"], counted["offered"], judged, relevant)
