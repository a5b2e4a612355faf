"""Snapshots: frozen, hashed qrels with texts and splits."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import models
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.frozen.splitting import DEFAULT_SPLITS, SPLITS
from annotate.resolving.resolution import policy_words

DEFAULT_POLICY: Final[Mapping[str, Any]] = {
    "resolve": "majority",
    "soft": False,
    "first_stage_run": None,
}
# What a frozen snapshot consists of; judgments.jsonl says which judgments each line rests on.
BASIS: Final = "judgments.jsonl"
FILES: Final = [*(f"{name}.jsonl" for name in SPLITS), BASIS, "manifest.json"]


class SnapshotStatus(models.TextChoices):
    """Where a snapshot stands: forward only, and the last two never change (kept by a trigger)."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


def policy_default() -> dict[str, Any]:
    return dict(DEFAULT_POLICY)


def splits_default() -> dict[str, float]:
    return dict(DEFAULT_SPLITS)


class Snapshot(models.Model):
    """Resolved grades with their texts, split by query, under a content digest.

    `policy`, `seed` and `splits` say how it was made; `digest` is the sha256 of its manifest,
    which in turn holds the root over the sealed records of every split. `files` maps file names to
    blobs (`{name: {sha256, size}}`), `statistics` and `findings` are what the page and the card
    show. `redacted` counts the records in whose place an erasure left nothing but their seal: the
    one change that a frozen snapshot sees, and one that its digest survives.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="snapshots")
    seed = models.IntegerField(default=42)
    policy = models.JSONField(default=policy_default)
    splits = models.JSONField(default=splits_default)
    status = models.CharField(
        max_length=8, choices=SnapshotStatus.choices, default=SnapshotStatus.QUEUED
    )
    digest = models.CharField(max_length=64, null=True, db_index=True)
    files = models.JSONField(default=dict)
    statistics = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    redacted = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    frozen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=SnapshotStatus.values), name="snapshot_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status=SnapshotStatus.READY,
                    digest__isnull=False,  # since a comparison with null refuses nothing
                    digest__regex=r"^[0-9a-f]{64}$",
                    files__has_keys=FILES,
                    frozen_at__isnull=False,
                )
                | models.Q(
                    ~models.Q(status=SnapshotStatus.READY),
                    digest__isnull=True,
                    files={},
                    frozen_at__isnull=True,
                ),
                name="snapshot_ready_means_frozen",
            ),
        ]

    def __str__(self) -> str:
        return f"snapshot {self.short_digest or self.pk}"

    @property
    def short_digest(self) -> str:
        return (self.digest or "")[:12]

    @property
    def policy_words(self) -> str:
        return policy_words(self.policy)

    @property
    def ready(self) -> bool:
        return self.status == SnapshotStatus.READY

    @property
    def split_rows(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and statistics of each split, in the order train, dev, test."""
        splits = self.statistics.get("splits", {})
        return [(name, splits[name]) for name in SPLITS if name in splits]

    @property
    def pairs(self) -> int:
        return sum(split["pairs"] for _, split in self.split_rows)
