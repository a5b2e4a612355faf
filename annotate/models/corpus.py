"""What people do to queries, passages and candidates by hand, and what was erased for good."""

import secrets
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models.snapshots import Snapshot
from annotate.models.texts import Passage, Query

REASON_CHARACTERS: Final = 500


class Thing(models.TextChoices):
    """What a change is about."""

    QUERY = "query", "Query"
    PASSAGE = "passage", "Passage"
    CANDIDATE = "candidate", "Candidate"


class Deed(models.TextChoices):
    """What was done."""

    ADD = "add", "Added"
    EDIT = "edit", "Edited"
    WITHDRAW = "withdraw", "Withdrawn"
    RESTORE = "restore", "Restored"
    ERASE = "erase", "Erased"


class Change(models.Model):
    """One change by hand, of one thing or of many at once; only ever added.

    `at` is the moment that the things themselves carry, as their `withdrawn_at`; `things` holds
    their ids.
    """

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="corpus_changes", db_index=False
    )
    thing = models.CharField(max_length=9, choices=Thing.choices)
    deed = models.CharField(max_length=8, choices=Deed.choices)
    things = ArrayField(models.BigIntegerField())
    reason = models.CharField(max_length=REASON_CHARACTERS, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["project", "thing", "at"], name="change_of_project")]
        constraints = [
            models.CheckConstraint(condition=Q(thing__in=Thing.values), name="change_thing_known"),
            models.CheckConstraint(condition=Q(deed__in=Deed.values), name="change_deed_known"),
            models.CheckConstraint(
                condition=~Q(reason="") | ~Q(deed__in=[Deed.WITHDRAW, Deed.ERASE]),
                name="change_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} of {len(self.things)} {self.thing}"


def key_new() -> bytes:
    return secrets.token_bytes(32)


class SnapshotKey(models.Model):
    """The secret from which a project's snapshots take the salts of their records.

    As long as it holds, the same judgments give the same bytes. Each erasure replaces it, so that
    nobody can ever again make the salt of what was erased and try out guesses with it.
    """

    project = models.OneToOneField(Project, models.CASCADE, related_name="+", primary_key=True)
    key = models.BinaryField(default=key_new)
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"Key of {self.project_id}"


class ErasureStatus(models.TextChoices):
    """Where an erasure stands; a done one is as it is."""

    QUEUED = "queued", "Queued"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Erasure(models.Model):
    """The erasure of a query or a passage with its texts: who, when, why, and what it touched.

    `counts` says how much of what was removed. `leftovers` names stored files that still have to
    go; empty once they have. `lifted_at` is set when what was erased may come back by an import.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="erasures")
    query = models.ForeignKey(Query, models.CASCADE, null=True, related_name="erasures")
    passage = models.ForeignKey(Passage, models.CASCADE, null=True, related_name="erasures")
    reason = models.CharField(max_length=REASON_CHARACTERS)
    keep_comments = models.BooleanField(default=False)
    remember = models.BooleanField(default=True)
    status = models.CharField(
        max_length=6, choices=ErasureStatus.choices, default=ErasureStatus.QUEUED
    )
    counts = models.JSONField(default=dict)
    leftovers = models.JSONField(default=list)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=ErasureStatus.values), name="erasure_status_known"
            ),
            models.CheckConstraint(
                condition=Q(query__isnull=False, passage__isnull=True)
                | Q(query__isnull=True, passage__isnull=False),
                name="erasure_of_one_thing",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="erasure_says_why"),
            models.CheckConstraint(
                condition=Q(status=ErasureStatus.DONE, finished_at__isnull=False)
                | ~Q(status=ErasureStatus.DONE),
                name="erasure_done_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure of {self.thing} {self.thing_id}"

    @property
    def thing(self) -> Thing:
        return Thing.QUERY if self.query_id else Thing.PASSAGE

    @property
    def thing_id(self) -> int:
        return self.query_id or self.passage_id or 0

    @property
    def finished(self) -> bool:
        return self.status in (ErasureStatus.DONE, ErasureStatus.FAILED)


class ErasedRecords(models.Model):
    """How many records of a snapshot an erasure took out."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="snapshots")
    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="erasures")
    records = models.PositiveIntegerField()

    class Meta:
        ordering = ["snapshot"]
        constraints = [
            models.UniqueConstraint(fields=["erasure", "snapshot"], name="erased_records_once"),
        ]

    def __str__(self) -> str:
        return f"{self.records} of {self.snapshot}"


class Tombstone(models.Model):
    """A keyed hash of an erased text or id, by which an import knows it and leaves it out.

    The key lies outside the database, so that a copy of the database alone tells no guess from
    another.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="tombstones")
    thing = models.CharField(max_length=9, choices=Thing.choices)
    mark = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "thing", "mark", "erasure"], name="tombstone_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Tombstone of a {self.thing}"
