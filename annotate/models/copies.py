"""What passages of a snapshot's splits have in common."""

from typing import Any

from django.db import models
from django.db.models.functions import Now

from annotate.models.snapshots import Snapshot


class CopiesStatus(models.TextChoices):
    """Where the count stands: forward only, and the last two never change (kept by a trigger)."""

    RUNNING = "running", "Running"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Copies(models.Model):
    """How many passages of dev and test are known from train, `found` by `copies_count`.

    A row of its own, since it is counted once the snapshot is frozen, and takes its time: nobody
    waits for it, and the snapshot and its digest stay as they are. It holds no text.
    """

    snapshot = models.OneToOneField(
        Snapshot, models.CASCADE, primary_key=True, related_name="copies"
    )
    status = models.CharField(
        max_length=7, choices=CopiesStatus.choices, default=CopiesStatus.RUNNING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    found = models.JSONField(null=True)
    seconds = models.FloatField(null=True, help_text="What counting took.")
    error = models.TextField(blank=True)
    counted_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=CopiesStatus.values), name="copies_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status=CopiesStatus.READY,
                    found__isnull=False,
                    seconds__isnull=False,
                    counted_at__isnull=False,
                )
                | models.Q(~models.Q(status=CopiesStatus.READY), found__isnull=True),
                name="copies_ready_means_counted",
            ),
        ]

    def __str__(self) -> str:
        return f"copies of snapshot {self.pk}"

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One for each split: what was found, and how many passages are `new` to a model."""
        return [
            {
                "split": name,
                **counts,
                "most": counts["near"] + counts["cut"],
                "new": counts["passages"] - counts["shared"] - counts["near"],
            }
            for name, counts in (self.found or {"splits": {}})["splits"].items()
        ]
