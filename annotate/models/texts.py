"""Queries and passages. A text is stored once per project, however many passages carry it."""

import hashlib
from typing import Final

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper

from accounts.models import Project

# The names that snapshots and exports give to what has no id; see `digest_name`.
DIGEST_NAME: Final = r"^sha256:[0-9a-f]{64}$"
# An id of that form would make two things of one name, and so would an empty one.
_ID_IS_ITS_OWN: Final = ~Q(external_id="") & ~Q(external_id__regex=DIGEST_NAME)
# What stands where a text was erased, and how the id begins that replaces the one it had.
ERASED: Final = "(erased)"
ERASED_ID: Final = "erased:"


def _erased(**wording: str) -> Q:
    """Nothing is left of what was erased, and nothing else has an id of that form."""
    nothing = Q(external_id__startswith=ERASED_ID, withdrawn_at__isnull=False, metadata={})
    kept = Q(erased_at__isnull=True) & ~Q(external_id__startswith=ERASED_ID)
    return kept | Q(nothing, erased_at__isnull=False, **wording)


def text_digest(text: str) -> bytes:
    """Return the sha256 (32 bytes) of a text's UTF-8, by which texts without an id are known."""
    return hashlib.sha256(text.encode()).digest()


def digest_name(digest: bytes | memoryview) -> str:
    """Return the name under which a text without an id leaves the house, from its sha256."""
    return f"sha256:{bytes(digest).hex()}"


class Text(models.Model):
    """The wording of one or more passages; empty where a passage is nothing but its title."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32)
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "digest"], name="text_once"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Passage(models.Model):
    """A passage, known by its external id, or by its text where it has none.

    What was erased stays as a row that judgments refer to, with an id made for it and no text.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="passages")
    external_id = models.TextField(null=True, blank=True)
    title = models.TextField(blank=True)
    text = models.ForeignKey(Text, models.RESTRICT, related_name="passages")
    metadata = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=1, db_default=1)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(
                fields=["project"],
                condition=Q(withdrawn_at__isnull=False),
                name="passage_withdrawn",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"],
                condition=Q(external_id__isnull=False),
                name="passage_id_once",
            ),
            models.UniqueConstraint(
                fields=["project", "text"],
                condition=Q(external_id__isnull=True),
                name="passage_text_once",
            ),
            models.CheckConstraint(condition=_ID_IS_ITS_OWN, name="passage_id_is_its_own"),
            models.CheckConstraint(condition=_erased(title=ERASED), name="passage_erased_whole"),
        ]

    def __str__(self) -> str:
        return self.title or self.external_id or f"passage {self.pk}"

    @property
    def key(self) -> str:
        """The name under which snapshots and exports know this passage."""
        return self.external_id or digest_name(self.text.digest)


class PassageWords(models.Model):
    """The words of a passage's title and text, for the search.

    A trigger makes the row with its passage and empties it when the wording changes (migration
    0011); `annotate.services.indexing` reads the words some seconds later, so that an import of a
    million does not wait for them.
    """

    passage = models.OneToOneField(
        Passage, models.CASCADE, primary_key=True, related_name="searchable", db_constraint=False
    )  # the migration's constraint cascades in the database
    words = SearchVectorField(null=True)

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="passage_words"),
            models.Index(
                fields=["passage"], condition=Q(words__isnull=True), name="passage_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"words of {self.passage_id}"


class PassageRevision(models.Model):
    """An earlier wording of a passage; judgments made on it are history."""

    passage = models.ForeignKey(Passage, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.TextField(blank=True)
    text = models.ForeignKey(Text, models.RESTRICT, related_name="+")
    replaced_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["passage", "number"]
        constraints = [
            models.UniqueConstraint(fields=["passage", "number"], name="passage_revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.passage} r{self.number}"


class Query(models.Model):
    """A query, known by its external id, or by its text where it has none."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="queries")
    external_id = models.TextField(null=True, blank=True)
    text = models.TextField()
    digest = models.BinaryField(max_length=32)
    metadata = models.JSONField(default=dict, blank=True)
    # Who judges it: a lane of annotate.models.queue, or 0 for everybody.
    lane = models.BigIntegerField(default=0, db_default=0, editable=False)
    revision = models.PositiveIntegerField(default=1, db_default=1)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "queries"
        indexes = [
            GinIndex(OpClass(Upper("text"), name="gin_trgm_ops"), name="query_text_trgm"),
            models.Index(
                fields=["project"],
                condition=Q(withdrawn_at__isnull=False),
                name="query_withdrawn",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "external_id"],
                condition=Q(external_id__isnull=False),
                name="query_id_once",
            ),
            models.UniqueConstraint(
                fields=["project", "digest"],
                condition=Q(external_id__isnull=True),
                name="query_text_once",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="query_text_not_empty"),
            models.CheckConstraint(condition=_ID_IS_ITS_OWN, name="query_id_is_its_own"),
            models.CheckConstraint(condition=_erased(text=ERASED), name="query_erased_whole"),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def key(self) -> str:
        """The name under which snapshots and exports know this query."""
        return self.external_id or digest_name(self.digest)


class QueryRevision(models.Model):
    """An earlier wording of a query; judgments made on it are history."""

    query = models.ForeignKey(Query, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    replaced_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["query", "number"]
        constraints = [
            models.UniqueConstraint(fields=["query", "number"], name="query_revision_once"),
        ]

    def __str__(self) -> str:
        return f"{self.query} r{self.number}"
