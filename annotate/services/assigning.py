"""Who judges which queries: groups of members, and queries assigned to people and groups.

Queries that are assigned to the same people share a lane. A lane empties as its people leave the
project, and then its queries are everybody's again.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import Member, Project, User
from annotate.models import Candidate, Group, GroupMember, Lane, LaneSeat, Query
from annotate.services.arranging import queue_reorder

_AT_ONCE: Final = 5_000  # candidates that change lanes here; a worker moves more


@transaction.atomic
def group_set(
    *, project: Project, name: str, people: Iterable[User], group: Group | None = None
) -> Group:
    """Create a group, or rename it and give it these members.

    Raises ValidationError for a taken name and for people who are no members.
    """
    row = group or Group(project=project)
    row.name = name.strip()
    row.full_clean(exclude=["members"])
    members = _members(project, people)
    row.save()
    kept = [member.pk for member in members]
    GroupMember.objects.filter(group=row).exclude(member__in=kept).delete()
    GroupMember.objects.bulk_create(
        [GroupMember(group=row, member=member) for member in members], ignore_conflicts=True
    )
    return row


def group_remove(*, group: Group) -> None:
    """Delete a group; what was assigned to it alone is everybody's."""
    group.delete()


@transaction.atomic
def queries_assign(
    *,
    project: Project,
    queries: QuerySet[Query],
    people: Sequence[User] = (),
    groups: Sequence[Group] = (),
    by: User,
) -> int:
    """Assign queries to exactly these people and groups; to nobody makes them everybody's.

    Returns how many queries changed. What somebody holds at the time they may still answer. Few
    candidates follow at once, many with the next arranging of the queue, which a worker does.
    Raises ValidationError for people who are no members, and groups of other projects.
    """
    lane = _lane(project, _members(project, people), _groups(project, groups), by)
    moved = queries.filter(project=project).exclude(lane=lane)
    keys = list(moved.order_by("pk").values_list("pk", flat=True))
    if not keys:
        return 0
    Query.objects.filter(pk__in=keys).update(lane=lane)
    if Candidate.objects.filter(query__in=keys)[: _AT_ONCE + 1].count() > _AT_ONCE:
        queue_reorder(project=project)
    else:
        with connection.cursor() as cursor:
            cursor.execute(_FOLLOW, {"queries": keys, "lane": lane})
    return len(keys)


# Candidates are locked by id, as everywhere.
_FOLLOW: Final = """
WITH next AS (
    SELECT id FROM annotate_candidate WHERE query_id = ANY (%(queries)s) ORDER BY id
    FOR NO KEY UPDATE
)
UPDATE annotate_candidate c SET lane = %(lane)s FROM next WHERE c.id = next.id
"""


def _lane(project: Project, members: Sequence[Member], groups: Sequence[Group], by: User) -> int:
    """Return the lane of these people, made where there is none; 0 for nobody in particular."""
    if not members and not groups:
        return 0
    names = [f"m{member.pk}" for member in members] + [f"g{group.pk}" for group in groups]
    lane, fresh = Lane.objects.get_or_create(
        project=project, key=",".join(names), defaults={"created_by": by}
    )
    if fresh:
        LaneSeat.objects.bulk_create(
            [LaneSeat(lane=lane, member=member) for member in members]
            + [LaneSeat(lane=lane, group=group) for group in groups]
        )
    return int(lane.pk)


def _members(project: Project, people: Iterable[User]) -> list[Member]:
    wanted = {user.pk: user for user in people}
    members = list(project.members.filter(user__in=wanted).order_by("pk"))
    strangers = sorted(
        user.username for pk, user in wanted.items() if pk not in {row.user_id for row in members}
    )
    if strangers:
        raise ValidationError({"people": f"No members of this project: {', '.join(strangers)}."})
    return members


def _groups(project: Project, groups: Iterable[Group]) -> list[Group]:
    wanted = sorted(groups, key=lambda group: group.pk)
    if any(group.project_id != project.pk for group in wanted):
        raise ValidationError({"groups": "A group of another project."})
    return wanted
