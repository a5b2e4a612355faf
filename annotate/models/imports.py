"""Imports: one file, all or nothing."""

from typing import Final

from django.db import models
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models.judgments import Source


class ImportStatus(models.TextChoices):
    """Where an import stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


IMPORT_TERMINAL: Final = frozenset(
    {ImportStatus.SUCCEEDED, ImportStatus.FAILED, ImportStatus.CANCELLED}
)


class Phase(models.TextChoices):
    """What a running import is doing."""

    READING = "reading", "Reading the file"
    COMPARING = "comparing", "Comparing it with the project"
    STORING = "storing", "Storing what is new"


class OnConflict(models.TextChoices):
    """What to do with one id with two texts, or one pair with two labels."""

    REFUSE = "refuse", "Refuse the file and list the lines"
    FIRST = "first", "Keep what was there first"
    LAST = "last", "Keep the last"


class Import(models.Model):
    """One file on its way in. Counts are rows of the file, as its parser counts them.

    `errors` is a list of `{line, field, message, member}`, the first of `error_count`; nothing of a
    failed or cancelled import is stored. `phase_at` says since when its phase holds, `read_share`
    how much of the file has been read, from 0 to 1, in `read_seconds` of all attempts. `resumed`
    counts the attempts that went on with the rows of an earlier one, `attempts` those since the
    last that got on.
    `created` counts what came new per kind (queries, passages, texts, candidates, judgments, runs,
    proposals), what was changed, retired or replaced under `on_conflict` = last, and the labels
    that were not stored since another wording was kept than the one they were given to. `source` is
    set once labels of it are stored, `path` is empty once the upload is removed, and for a file
    that a command reads where it lies.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="imports")
    source_name = models.CharField(max_length=120, help_text="Whose labels these are.")
    source = models.ForeignKey(Source, models.RESTRICT, null=True, related_name="imports")
    name = models.CharField(max_length=255, help_text="The file's name as it was given.")
    path = models.CharField(
        max_length=400, blank=True, help_text="Where the upload is kept until it is read."
    )
    format = models.CharField(max_length=20, default="auto")
    mapping = models.JSONField(default=dict, blank=True)
    label_names = models.JSONField(default=dict, blank=True)
    on_conflict = models.CharField(
        max_length=6, choices=OnConflict.choices, default=OnConflict.REFUSE
    )
    status = models.CharField(
        max_length=10, choices=ImportStatus.choices, default=ImportStatus.QUEUED
    )
    bytes_total = models.BigIntegerField(default=0)
    rows_read = models.BigIntegerField(default=0)
    rows_created = models.BigIntegerField(default=0)
    rows_unchanged = models.BigIntegerField(default=0)
    rows_repeated = models.BigIntegerField(default=0)
    created = models.JSONField(default=dict, blank=True)
    errors = models.JSONField(default=list, blank=True)
    error_count = models.PositiveIntegerField(default=0, db_default=0)
    phase = models.CharField(
        max_length=10, choices=Phase.choices, default=Phase.READING, db_default=Phase.READING
    )
    phase_at = models.DateTimeField(null=True)
    read_share = models.FloatField(default=0, db_default=0)
    read_seconds = models.FloatField(default=0, db_default=0)
    resumed = models.PositiveSmallIntegerField(default=0, db_default=0)
    seconds = models.FloatField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ImportStatus.values), name="import_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(on_conflict__in=OnConflict.values),
                name="import_on_conflict_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.status})"

    @property
    def finished(self) -> bool:
        return self.status in IMPORT_TERMINAL
