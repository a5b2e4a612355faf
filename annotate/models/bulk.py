"""One deed on many: all that a list shows under its filters, or what was chosen from it."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models.corpus import REASON_CHARACTERS
from annotate.models.views import Listed


class BulkDeed(models.TextChoices):
    """What is done to each."""

    WITHDRAW = "withdraw", "Withdraw"
    GOLD = "gold", "Make gold"
    ASSIGN = "assign", "Assign"


class BulkStatus(models.TextChoices):
    """Where it stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"


BULK_UNFINISHED: Final = (BulkStatus.QUEUED, BulkStatus.RUNNING)


class Bulk(models.Model):
    """A deed on many rows of a list, done by a worker block by block.

    `keys` are the chosen ones, null for all that `parameters`, those of the list's address, let
    through. `grade` is that of gold, null for the one that a reviewer has decided; `people` are the
    user names of whom queries are assigned to.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="bulks")
    listed = models.CharField(max_length=10, choices=Listed.choices)
    deed = models.CharField(max_length=8, choices=BulkDeed.choices)
    keys = ArrayField(models.BigIntegerField(), null=True)
    parameters = models.JSONField(default=dict)
    reason = models.CharField(max_length=REASON_CHARACTERS, blank=True)
    grade = models.PositiveSmallIntegerField(null=True)
    people = ArrayField(models.TextField(), default=list)
    status = models.CharField(max_length=9, choices=BulkStatus.choices, default=BulkStatus.QUEUED)
    changed = models.BigIntegerField(default=0)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(deed__in=BulkDeed.values), name="bulk_deed_known"),
            models.CheckConstraint(
                condition=Q(status__in=BulkStatus.values), name="bulk_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(deed=BulkDeed.GOLD) | Q(listed=Listed.CANDIDATES),
                name="bulk_gold_is_of_candidates",
            ),
            models.CheckConstraint(
                condition=~Q(deed=BulkDeed.ASSIGN) | Q(listed=Listed.QUERIES),
                name="bulk_assigns_queries",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.listed} ({self.status})"

    @property
    def finished(self) -> bool:
        return self.status not in BULK_UNFINISHED
