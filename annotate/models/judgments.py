"""Judgments, the sources of imported ones, and the leases under which people judge.

A judgment row is never rewritten: a correction, a skip and an undo are new rows under new UUIDs,
and the row that they replace only stops being current (kept by a trigger).
"""

from typing import Final, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Grade, Project, User
from annotate.models.candidates import Candidate


class Kind(models.TextChoices):
    """What a judgment stands for; only counted ones fill a candidate's slots."""

    COUNTED = "counted", "Counted"
    CHECK = "check", "Gold check"
    REPEAT = "repeat", "Blind repeat"
    LATE = "late", "After an expired lease"
    ADJUDICATION = "adjudication", "Adjudication"
    IMPORTED = "imported", "Imported"


# A person has at most one current answer of these kinds per candidate.
ANSWER_KINDS: Final = (Kind.COUNTED, Kind.LATE)
# These measure their author; they are no labels, and only managers learn which answers they are.
CHECK_KINDS: Final = (Kind.CHECK, Kind.REPEAT)
GIVEN_KINDS: Final = (*ANSWER_KINDS, *CHECK_KINDS)


class Purpose(models.TextChoices):
    """What a lease is for: to fill a slot, or to check its person."""

    COUNTED = "counted", "Counted"
    CHECK = "check", "Gold check"
    REPEAT = "repeat", "Blind repeat"


class Action(models.TextChoices):
    """What the person did with the item."""

    GRADE = "grade", "Graded"
    SKIP = "skip", "Skipped"
    WITHDRAW = "withdraw", "Withdrawn"


class Voice(models.TextChoices):
    """What the labels of a source were where they were given; docs/resolution.md ranks them."""

    LABELS = "", "Labels"
    PERSON = "person", "What a person judged elsewhere"
    ADJUDICATION = "adjudication", "What a reviewer decided elsewhere"


class Source(models.Model):
    """Where imported labels come from; its labels are its own and never a person's.

    `voice` is set by importing an export of ours, and by nothing else.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="sources")
    name = models.CharField(max_length=120)
    voice = models.CharField(
        max_length=12, choices=Voice.choices, default=Voice.LABELS, db_default="", blank=True
    )
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["project", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="source_name_once"),
            models.CheckConstraint(condition=Q(voice__in=Voice.values), name="source_voice_known"),
        ]

    def __str__(self) -> str:
        return self.name


class JudgmentQuerySet(models.QuerySet["Judgment"]):
    def grades(self) -> Self:
        """Labels, also such as hold no longer, checks and repeats left out."""
        return self.filter(action=Action.GRADE).exclude(kind__in=CHECK_KINDS)

    def current_grades(self) -> Self:
        """Labels that hold now: grades of people and sources, checks and repeats left out."""
        return self.grades().filter(current=True)

    def answers(self) -> Self:
        """What people hold on candidates now: grades and skips, counted or late."""
        return self.filter(current=True, kind__in=ANSWER_KINDS)

    def given(self) -> Self:
        """What people hold, answers to checks and repeats with it: all that they themselves see."""
        return self.filter(current=True, kind__in=GIVEN_KINDS)

    def skips(self) -> Self:
        """Skips that hold, of what was to be counted."""
        return self.filter(current=True, action=Action.SKIP, kind__in=ANSWER_KINDS)

    def counted(self) -> Self:
        """Current human judgments that fill a slot."""
        return self.current_grades().filter(kind=Kind.COUNTED)

    def adjudications(self) -> Self:
        """Adjudications that hold; at most one per candidate."""
        return self.current_grades().filter(kind=Kind.ADJUDICATION)


class Judgment(models.Model):
    """One person (or import source), one candidate, one grade; or a skip, or an undo.

    `id` is made by the client, so that a repeat is recognised. `slot` numbers the overlap from 1.
    An adjudication's `comment` is its reason.
    `seconds` is active time on the item. `evidence` is a list of [start, end) code point offsets
    into the passage text.
    """

    id = models.UUIDField(primary_key=True)
    # Kept without a foreign key: see candidates.
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="judgments", db_constraint=False
    )
    # Indexed by judgment_of_candidate and judgment_of_person.
    candidate = models.ForeignKey(
        Candidate, models.CASCADE, related_name="judgments", db_index=False, db_constraint=False
    )
    person = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="judgments", db_index=False
    )
    source = models.ForeignKey(
        Source, models.CASCADE, null=True, related_name="judgments", db_constraint=False
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    action = models.CharField(max_length=8, choices=Action.choices, default=Action.GRADE)
    grade = models.ForeignKey(
        Grade, models.RESTRICT, null=True, related_name="judgments", db_constraint=False
    )
    slot = models.PositiveSmallIntegerField(null=True)
    skip_reason = models.CharField(max_length=200, blank=True, db_default="")
    seconds = models.FloatField(null=True)
    comment = models.TextField(blank=True, db_default="")
    flagged = models.BooleanField(default=False, db_default=False)
    evidence = models.JSONField(default=list, blank=True)
    passage_revision = models.PositiveIntegerField(db_default=1)
    query_revision = models.PositiveIntegerField(db_default=1)
    replaces = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="replaced_by", db_index=False
    )
    current = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = JudgmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["candidate", "current"], name="judgment_of_candidate"),
            # Not of imported labels, of which there may be millions.
            models.Index(
                fields=["person", "-created_at"],
                condition=Q(person__isnull=False),
                name="judgment_of_person",
            ),
            # Few, and looked for among a million.
            models.Index(
                fields=["project", "candidate"],
                condition=Q(current=True, flagged=True),
                name="judgment_flagged",
            ),
            models.Index(
                fields=["project", "candidate"],
                condition=Q(current=True, action=Action.SKIP),
                name="judgment_skipped",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "candidate"],
                condition=Q(current=True, kind__in=ANSWER_KINDS),
                name="judgment_answer_once_per_person",
            ),
            models.UniqueConstraint(
                fields=["person", "candidate", "kind"],
                condition=Q(current=True, kind__in=CHECK_KINDS),
                name="judgment_check_once_per_person",
            ),
            # History is a chain: nothing is replaced or withdrawn twice.
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(replaces__isnull=False),
                name="judgment_replaced_once",
            ),
            models.UniqueConstraint(
                fields=["candidate", "slot"],
                condition=Q(current=True, slot__isnull=False),
                name="judgment_slot_once",
            ),
            models.UniqueConstraint(
                fields=["source", "candidate"],
                condition=Q(current=True, kind=Kind.IMPORTED),
                name="judgment_imported_once_per_source",
            ),
            models.UniqueConstraint(
                fields=["candidate"],
                condition=Q(current=True, kind=Kind.ADJUDICATION),
                name="judgment_adjudicated_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="judgment_kind_known"),
            models.CheckConstraint(
                condition=Q(action__in=Action.values), name="judgment_action_known"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, source__isnull=True)
                | Q(person__isnull=True, source__isnull=False),
                name="judgment_has_one_author",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.IMPORTED, source__isnull=False)
                | (~Q(kind=Kind.IMPORTED) & Q(source__isnull=True)),
                name="judgment_imported_means_source",
            ),
            models.CheckConstraint(
                condition=Q(action=Action.GRADE, grade__isnull=False)
                | (~Q(action=Action.GRADE) & Q(grade__isnull=True)),
                name="judgment_grade_means_graded",
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.COUNTED, action=Action.GRADE, slot__gte=1)
                | (Q(slot__isnull=True) & ~Q(kind=Kind.COUNTED, action=Action.GRADE)),
                name="judgment_counted_fills_a_slot",
            ),
            models.CheckConstraint(
                condition=~Q(action=Action.WITHDRAW) | Q(current=False, replaces__isnull=False),
                name="judgment_withdraw_is_no_answer",
            ),
            models.CheckConstraint(
                condition=Q(seconds__isnull=True) | Q(seconds__gte=0),
                name="judgment_seconds_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.ADJUDICATION)
                | (Q(comment__regex=r"\S") & ~Q(action=Action.SKIP)),
                name="judgment_adjudication_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.grade or ''} on {self.candidate_id}"

    @property
    def kind_told(self) -> str:
        """The kind as its author hears of it: a check or a repeat is told as what counts."""
        return Kind.COUNTED if self.kind in CHECK_KINDS else self.kind


class Lease(models.Model):
    """A candidate in one person's hands until it expires on the database's clock.

    A counted one holds a slot; a check or a repeat holds none, and waits for its person however
    long they are away. `turn` is the person's running number, in which order they get their items;
    `returned_at` says when an undo gave the item back, and such items come first.
    """

    # Indexed by the unique constraints.
    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="leases", db_index=False)
    purpose = models.CharField(
        max_length=8, choices=Purpose.choices, default=Purpose.COUNTED, db_default=Purpose.COUNTED
    )
    slot = models.PositiveSmallIntegerField(null=True)
    person = models.ForeignKey(User, models.CASCADE, related_name="leases")
    turn = models.BigIntegerField(default=0, db_default=0)
    expires_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose=Purpose.COUNTED, slot__gte=1, slot__isnull=False)
                | Q(purpose__in=(Purpose.CHECK, Purpose.REPEAT), slot__isnull=True),
                name="lease_counted_holds_a_slot",
            ),
            models.UniqueConstraint(fields=["candidate", "slot"], name="lease_slot_once"),
            models.UniqueConstraint(fields=["candidate", "person"], name="lease_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} on {self.candidate_id} until {self.expires_at:%H:%M:%S}"
