"""How a project's queue is set: order, checks, and who judges what.

A lane is a set of people and groups who share queries; lane 0 is everybody's.
"""

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Grade, Member, Project, User
from annotate.models.candidates import Candidate, Run

RATE_MAX: Final = 0.5  # of all items that a person gets, checks and repeats together


class Strategy(models.TextChoices):
    """What the queue puts first; `annotate.strategies` says how."""

    RANDOM = "random", "Random"
    QUERY = "query", "Query by query"
    UNCERTAINTY = "uncertainty", "Where a model is unsure"
    DISAGREEMENT = "disagreement", "Where two rerankers disagree"
    UNJUDGED = "unjudged", "Unjudged top ranks first"


class Ordering(models.TextChoices):
    """Where the arranging of a queue stands."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Queue(models.Model):
    """A project's settings of its queue; a project without a row has the defaults.

    `run` and `other_run` are what the strategies by scores and ranks look at, `depth` how many
    ranks of a query come first. `gold_rate` and `repeat_rate` are shares of all items that a person
    gets; a gold candidate is a check once for each person, and more often only with `gold_again`. A
    pair comes again no sooner than `repeat_after` answers and `repeat_days` days after the person's
    own. `asked` counts the requests to arrange the candidates, `arranged` and `total` how
    far the present one is.
    """

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="queue")
    strategy = models.CharField(
        max_length=12, choices=Strategy.choices, default=Strategy.RANDOM, db_default=Strategy.RANDOM
    )
    seed = models.PositiveIntegerField(default=0, db_default=0)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")
    other_run = models.ForeignKey(Run, models.SET_NULL, null=True, blank=True, related_name="+")
    depth = models.PositiveSmallIntegerField(default=10, db_default=10)
    gold_rate = models.FloatField(default=0.0, db_default=0.0)
    gold_again = models.BooleanField(default=False, db_default=False)
    repeat_rate = models.FloatField(default=0.0, db_default=0.0)
    repeat_after = models.PositiveIntegerField(default=50, db_default=50)
    repeat_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    assigned_only = models.BooleanField(default=False, db_default=False)
    status = models.CharField(
        max_length=8, choices=Ordering.choices, default=Ordering.DONE, db_default=Ordering.DONE
    )
    asked = models.PositiveIntegerField(default=0, db_default=0)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    arranged = models.BigIntegerField(default=0, db_default=0)
    total = models.BigIntegerField(default=0, db_default=0)
    arranged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(strategy__in=Strategy.values), name="queue_strategy_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=Ordering.values), name="queue_status_known"
            ),
            models.CheckConstraint(
                condition=Q(gold_rate__gte=0, repeat_rate__gte=0)
                & Q(gold_rate__lte=RATE_MAX - models.F("repeat_rate")),
                name="queue_rates_leave_half",
            ),
            models.CheckConstraint(
                condition=Q(repeat_after__gte=1), name="queue_repeat_is_never_next"
            ),
            models.CheckConstraint(condition=Q(depth__gte=1), name="queue_depth_from_one"),
        ]

    def __str__(self) -> str:
        return f"queue of {self.project_id}: {self.strategy}"

    @property
    def finished(self) -> bool:
        return self.status in (Ordering.DONE, Ordering.FAILED)


class Gold(models.Model):
    """A candidate whose grade is known, to check judges against. Removing it keeps the row."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="golds")
    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="golds")
    grade = models.ForeignKey(Grade, models.RESTRICT, related_name="golds")
    explanation = models.TextField(blank=True)
    set_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField(db_default=Now())
    removed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["project", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate"], condition=Q(removed_at__isnull=True), name="gold_once"
            ),
        ]

    def __str__(self) -> str:
        return f"gold {self.grade} of {self.candidate_id}"


class Group(models.Model):
    """A named set of members, to whom queries are assigned together."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=80)
    members = models.ManyToManyField(Member, through="GroupMember", related_name="groups")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["project", "name"]
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="group_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="group_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A member of a group."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="seats", db_index=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "member"], name="group_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member} in {self.group}"


class Lane(models.Model):
    """Those to whom the same queries are assigned; without anybody left it is open to all.

    `key` names the set as it was made, so that the next query for the same people joins it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="lanes", db_index=False)
    key = models.TextField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="lane_once"),
        ]

    def __str__(self) -> str:
        return f"lane {self.key}"


class LaneSeat(models.Model):
    """A member, or a group, that a lane's queries are assigned to."""

    lane = models.ForeignKey(Lane, models.CASCADE, related_name="seats")
    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="+")
    group = models.ForeignKey(Group, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=False, group__isnull=True)
                | Q(member__isnull=True, group__isnull=False),
                name="lane_seat_is_somebodys",
            ),
            models.UniqueConstraint(fields=["lane", "member"], name="lane_member_once"),
            models.UniqueConstraint(fields=["lane", "group"], name="lane_group_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member or self.group} in {self.lane}"


class Turn(models.Model):
    """How many items a person has been given since checks are mixed in: their running number.

    What is leased as whole queries cannot have checks of other queries among it: they are owed, and
    come as a list of their own.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    served = models.BigIntegerField(default=0, db_default=0)
    checks_owed = models.PositiveIntegerField(default=0, db_default=0)
    repeats_owed = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person"], name="turn_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} was given {self.served}"
