"""Two candidates of a query side by side: pairs, who holds them, and which one people prefer.

A preference is no judgment: it says nothing of a candidate alone, fills no slot of one, and none
of what reads labels has to leave it out. It is kept by the same rules, on pairs (migration 0013).
"""

from typing import Final, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models.candidates import Candidate, Run
from annotate.models.queue import Ordering
from annotate.models.texts import Query

DEPTH: Final = 10
DEPTH_MAX: Final = 100


class PairScheme(models.TextChoices):
    """Which two of a query's top candidates are compared."""

    NEIGHBOURS = "neighbours", "Neighbours in the ranking"
    ALL = "all", "Every two"


class PairQueue(models.Model):
    """A project's wish to have pairs compared; a project without a row wants none.

    Pairs are made of the candidates down to rank `depth` of `run`, or of the run with the most
    candidates where none is set, or in the order of their import where there is no run at all.
    `asked` counts the requests to make them, `made` and `total` how many queries the present one is
    through, `reached` the last of these.
    """

    project = models.OneToOneField(
        Project, models.CASCADE, primary_key=True, related_name="pair_queue"
    )
    on = models.BooleanField(default=False, db_default=False)
    scheme = models.CharField(
        max_length=10,
        choices=PairScheme.choices,
        default=PairScheme.NEIGHBOURS,
        db_default=PairScheme.NEIGHBOURS,
    )
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")
    depth = models.PositiveSmallIntegerField(default=DEPTH, db_default=DEPTH)
    status = models.CharField(
        max_length=8, choices=Ordering.choices, default=Ordering.DONE, db_default=Ordering.DONE
    )
    asked = models.PositiveIntegerField(default=0, db_default=0)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    made = models.BigIntegerField(default=0, db_default=0)
    total = models.BigIntegerField(default=0, db_default=0)
    reached = models.BigIntegerField(default=0, db_default=0)
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scheme__in=PairScheme.values), name="pair_queue_scheme_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=Ordering.values), name="pair_queue_status_known"
            ),
            models.CheckConstraint(
                condition=Q(depth__gte=2, depth__lte=DEPTH_MAX), name="pair_queue_depth_of_two"
            ),
        ]

    def __str__(self) -> str:
        return f"pairs of {self.project_id}: {self.scheme}"

    @property
    def finished(self) -> bool:
        return self.status in (Ordering.DONE, Ordering.FAILED)


class Pair(models.Model):
    """Two candidates of a query, to be compared; `first` is the one with the smaller id.

    `position` orders the queue, `lane` is the query's. `offered` says that the present settings ask
    for it; `wanted` that it has fewer counted preferences than the overlap, which only the database
    function `annotate_pair_settle` (migration 0013) writes.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="pairs", db_index=False)
    query = models.ForeignKey(Query, models.CASCADE, related_name="pairs")
    first = models.ForeignKey(Candidate, models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Candidate, models.CASCADE, related_name="+")
    position = models.BigIntegerField()
    lane = models.BigIntegerField(default=0, db_default=0, editable=False)
    offered = models.BooleanField(default=True, db_default=True)
    wanted = models.BooleanField(default=True, db_default=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(
                fields=["project", "lane", "position", "id"],
                condition=Q(wanted=True, offered=True),
                name="pair_open",
            ),
            models.Index(fields=["project"], name="pair_of_project"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_in_order"),
        ]

    def __str__(self) -> str:
        return f"candidates {self.first_id} and {self.second_id}"


class PairLease(models.Model):
    """A pair in one person's hands until it expires on the database's clock; it holds a slot.

    `returned_at` says when an undo gave the pair back, and such pairs come first.
    """

    pair = models.ForeignKey(Pair, models.CASCADE, related_name="leases", db_index=False)
    slot = models.PositiveSmallIntegerField()
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(slot__gte=1), name="pair_lease_holds_a_slot"),
            models.UniqueConstraint(fields=["pair", "slot"], name="pair_lease_slot_once"),
            models.UniqueConstraint(fields=["pair", "person"], name="pair_lease_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} on pair {self.pair_id} until {self.expires_at:%H:%M:%S}"


class PreferenceAction(models.TextChoices):
    """What the person did with the pair."""

    PREFER = "prefer", "One is better"
    TIE = "tie", "As good as one another"
    SKIP = "skip", "Skipped"
    WITHDRAW = "withdraw", "Withdrawn"


class PreferenceQuerySet(models.QuerySet["Preference"]):
    def counted(self) -> Self:
        """Preferences and ties that fill a slot."""
        return self.filter(current=True, slot__isnull=False)

    def answers(self) -> Self:
        """What people hold: preferences, ties and skips, counted or late."""
        return self.filter(current=True)

    def skips(self) -> Self:
        return self.filter(current=True, action=PreferenceAction.SKIP)


class Preference(models.Model):
    """One person, one pair: which candidate is better, or a tie, a skip, an undo.

    Never rewritten: a change is a new row. `id` is made by the client. `left` is the candidate that
    was shown on the left, or first. `slot` numbers the overlap from 1; a preference or a tie
    without one came late and does not count. `seconds` is active time. The revisions are those that
    were read.
    """

    id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="preferences", db_index=False)
    pair = models.ForeignKey(Pair, models.CASCADE, related_name="preferences", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="preferences", db_index=False)
    action = models.CharField(max_length=8, choices=PreferenceAction.choices)
    preferred = models.ForeignKey(
        Candidate, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False
    )  # one of the pair's, as `left` is; a trigger sees to it
    left = models.ForeignKey(
        Candidate, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    slot = models.PositiveSmallIntegerField(null=True)
    skip_reason = models.CharField(max_length=200, blank=True, db_default="")
    seconds = models.FloatField(null=True)
    comment = models.TextField(blank=True, db_default="")
    flagged = models.BooleanField(default=False, db_default=False)
    first_revision = models.PositiveIntegerField()
    second_revision = models.PositiveIntegerField()
    query_revision = models.PositiveIntegerField()
    replaces = models.ForeignKey(
        "self", models.CASCADE, null=True, related_name="replaced_by", db_index=False
    )
    current = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["pair", "current"], name="preference_of_pair"),
            models.Index(fields=["project", "person", "-created_at"], name="preference_of_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "pair"],
                condition=Q(current=True),
                name="preference_once_per_person",
            ),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=Q(replaces__isnull=False),
                name="preference_replaced_once",
            ),
            models.UniqueConstraint(
                fields=["pair", "slot"],
                condition=Q(current=True, slot__isnull=False),
                name="preference_slot_once",
            ),
            models.CheckConstraint(
                condition=Q(action__in=PreferenceAction.values), name="preference_action_known"
            ),
            models.CheckConstraint(
                condition=Q(action=PreferenceAction.PREFER, preferred__isnull=False)
                | (~Q(action=PreferenceAction.PREFER) & Q(preferred__isnull=True)),
                name="preference_prefers_one",
            ),
            models.CheckConstraint(
                condition=Q(slot__isnull=True)
                | Q(slot__gte=1, action__in=[PreferenceAction.PREFER, PreferenceAction.TIE]),
                name="preference_only_answers_count",
            ),
            models.CheckConstraint(
                condition=~Q(action=PreferenceAction.WITHDRAW)
                | Q(current=False, replaces__isnull=False),
                name="preference_withdraw_is_no_answer",
            ),
            models.CheckConstraint(
                condition=Q(seconds__isnull=True) | Q(seconds__gte=0),
                name="preference_seconds_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.preferred_id or ''} on pair {self.pair_id}"
