"""Query-passage pairs, and the runs that proposed them.

Where a reference has `db_constraint=False`, here and in judgments, triggers of statements keep it
in the place of a foreign key (migrations 0004 and 0009): an import stores millions of such rows,
and a foreign key asks about each of them.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from accounts.models import Project
from annotate.models.texts import Passage, Query


class Run(models.Model):
    """A ranking system's named output over the project's queries.

    `version` is the commit id of the reranker's version in this registry whose scores these are,
    and empty for every other system. A run of a version holds no other's scores, and is taken for a
    first stage only where it is named.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=40, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["project", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="run_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Candidate(models.Model):
    """A query-passage pair that can be judged.

    `position` orders the queue: at creation a random key, so that two imports of the same pairs
    give the same order; later what the queue's strategy makes of it. `lane` is the query's, copied
    for the queue's index, and 0 for everybody's. `wanted` says that counted judgments are fewer
    than the overlap; it is cached for the queue's index, and only the database function
    `annotate_candidate_settle` (migration 0002) writes it.
    """

    # Indexes below start with these two columns already; one less to write per imported row.
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="candidates", db_index=False, db_constraint=False
    )
    query = models.ForeignKey(
        Query, models.CASCADE, related_name="candidates", db_index=False, db_constraint=False
    )
    passage = models.ForeignKey(
        Passage, models.CASCADE, related_name="candidates", db_constraint=False
    )
    position = models.BigIntegerField()
    lane = models.BigIntegerField(default=0, db_default=0, editable=False)
    metadata = models.JSONField(default=dict, blank=True)
    wanted = models.BooleanField(default=True, db_default=True, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(
                fields=["project", "lane", "position", "id"],
                condition=Q(wanted=True, withdrawn_at__isnull=True),
                name="candidate_queue",
            ),
            models.Index(
                fields=["project", "id"],
                condition=Q(withdrawn_at__isnull=False),
                name="candidate_withdrawn",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["query", "passage"], name="candidate_once"),
        ]

    def __str__(self) -> str:
        return f"candidate {self.pk}"


def ranked(rank: str) -> Coalesce:
    """Return a rank to order by: one that is not known comes after every other."""
    return Coalesce(rank, 2**31 - 1)


class Proposal(models.Model):
    """A run's rank and score for a candidate."""

    run = models.ForeignKey(
        Run, models.CASCADE, related_name="proposals", db_index=False, db_constraint=False
    )  # indexed by proposal_rank
    candidate = models.ForeignKey(
        Candidate, models.CASCADE, related_name="proposals", db_index=False, db_constraint=False
    )  # indexed by proposal_once
    rank = models.PositiveIntegerField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)

    class Meta:
        indexes = [models.Index("run", ranked("rank"), "candidate", name="proposal_rank")]
        constraints = [
            models.UniqueConstraint(fields=["candidate", "run"], name="proposal_once"),
            models.CheckConstraint(
                condition=Q(rank__isnull=True) | Q(rank__gte=0), name="proposal_rank_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} #{self.rank}"
