"""Candidates that people judged differently, flagged or gave up on, with how much each matters."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models.candidates import Candidate
from annotate.models.texts import Query


class Dispute(models.Model):
    """A candidate that a reviewer may want to settle, or has settled.

    A row is there where the counted judgments differ, where somebody flagged the candidate, where
    all who looked at it skipped it and one said why, where a label check referred it, and where it
    is adjudicated. It is cached
    for the list's index; only the database function `annotate_dispute_settle` (migration 0007)
    writes it, which also holds the formula of `importance` (docs/resolution.md).
    `outvoted` is the share of judges who did not give the commonest grade, `spread` the distance of
    the outer gains as a share of the scheme's highest gain, `rank` the best rank in any run.
    """

    candidate = models.OneToOneField(
        Candidate, models.CASCADE, primary_key=True, related_name="dispute"
    )
    project = models.ForeignKey(Project, models.CASCADE, related_name="disputes", db_index=False)
    query = models.ForeignKey(Query, models.CASCADE, related_name="+")
    differs = models.BooleanField()
    crosses = models.BooleanField(help_text="Some say relevant, some not.")
    flagged = models.BooleanField()
    skipped = models.BooleanField()
    referred = models.BooleanField(help_text="A model that had not seen the label disagrees.")
    settled = models.BooleanField(help_text="Whether an adjudication holds.")
    judges = models.PositiveSmallIntegerField()
    outvoted = models.FloatField()
    spread = models.FloatField()
    rank = models.PositiveIntegerField(null=True)
    importance = models.FloatField()

    class Meta:
        indexes = [
            models.Index(
                fields=["project", "settled", "importance", "candidate"], name="dispute_list"
            ),
        ]

    def __str__(self) -> str:
        return f"dispute on candidate {self.candidate_id}"


class Doubter(models.TextChoices):
    """Who doubts a label."""

    MODEL = "model", "A model that had not seen the label disagrees"


class Referral(models.Model):
    """A candidate whose label somebody wants decided by a reviewer, once and for all.

    It says who doubts the label and never which way or how much: whoever decides shall read, and
    not follow a score. A trigger counts the dispute.
    """

    candidate = models.OneToOneField(
        Candidate, models.CASCADE, primary_key=True, related_name="referral"
    )
    project = models.ForeignKey(Project, models.CASCADE, related_name="referrals")
    why = models.CharField(max_length=8, choices=Doubter.choices, default=Doubter.MODEL)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(why__in=Doubter.values), name="referral_why_known"),
        ]

    def __str__(self) -> str:
        return f"referral of candidate {self.candidate_id}"
