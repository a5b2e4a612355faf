"""Reads of the queue's settings: gold candidates, groups, and what is assigned to whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.http import Http404

from accounts.models import Project, User
from annotate.models import Candidate, Gold, Group, Lane, Query, Queue, Run


@dataclass(frozen=True, slots=True)
class Assignment:
    """Those who share a lane, by name, and how many queries they have; `open` says that nobody of
    them is left, so that the queries are everybody's."""

    lane: int
    people: Sequence[str]
    groups: Sequence[str]
    queries: int
    open: bool


def golds_of(project: Project) -> QuerySet[Gold]:
    """Return a project's gold candidates with their texts, the newest first."""
    rows = Gold.objects.filter(project=project, removed_at=None)
    return rows.select_related("grade", "set_by", "candidate__query", "candidate__passage__text")


def gold_lasts(queue: Queue) -> int | None:
    """Return after about how many items one person has had all gold candidates as checks.

    None where no checks are mixed in.
    """
    return round(golds_live(queue.project) / queue.gold_rate) if queue.gold_rate else None


def golds_live(project: Project) -> int:
    """Count the gold candidates that can come as checks."""
    live = {"withdrawn_at": None, "query__withdrawn_at": None, "passage__withdrawn_at": None}
    within = {f"candidate__{name}": value for name, value in live.items()}
    return Gold.objects.filter(project=project, removed_at=None, **within).count()


def candidates_for_gold(project: Project, query: int) -> list[Candidate]:
    """Return the candidates of a query with their texts, to choose gold ones among."""
    rows = Candidate.objects.filter(project=project, query=query, withdrawn_at=None)
    return list(rows.select_related("query", "passage__text").order_by("pk"))


def groups_of(project: Project) -> QuerySet[Group]:
    """Return a project's groups with their members, by name."""
    return project.groups.prefetch_related("members__user").order_by("name")


def group_by(project: Project, pk: int) -> Group:
    """Return a project's group. Raises Http404 with a sentence."""
    group = project.groups.filter(pk=pk).first()
    if group is None:
        raise Http404(f"There is no group {pk} in this project.")
    return group


def runs_of(project: Project) -> QuerySet[Run]:
    """Return a project's runs by name."""
    return project.runs.order_by("name")


def judges_of(project: Project) -> QuerySet[User]:
    """Return the members who may judge, by name."""
    roles = ("owner", "manager", "reviewer", "annotator")
    rows = User.objects.filter(memberships__project=project, memberships__role__in=roles)
    return rows.order_by("username")


def assignments_of(project: Project) -> list[Assignment]:
    """Return who has how many queries, most first, in four queries."""
    rows = Query.objects.filter(project=project, lane__gt=0, withdrawn_at=None)
    counts = dict(rows.values_list("lane").annotate(n=Count("pk")).order_by())
    seats = "seats__member__user", "seats__group__members__user"
    lanes = Lane.objects.filter(project=project, pk__in=counts).prefetch_related(*seats)
    found = [_assignment(lane, counts[lane.pk]) for lane in lanes]
    return sorted(found, key=lambda each: (-each.queries, each.lane))


def _assignment(lane: Lane, queries: int) -> Assignment:
    seats = list(lane.seats.all())
    people = [seat.member for seat in seats if seat.member is not None]
    groups = [seat.group for seat in seats if seat.group is not None]
    reached = [*people, *(member for group in groups for member in group.members.all())]
    return Assignment(
        lane=lane.pk,
        people=sorted(member.user.username for member in people),
        groups=sorted(group.name for group in groups),
        queries=queries,
        open=all(member.role == "viewer" for member in reached),
    )
