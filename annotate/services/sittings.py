"""A sitting at the judging page: queries as a whole, and giving back at its end what is held."""

from collections.abc import Collection
from typing import Final

from accounts.models import Project, User
from annotate.models import Lease
from annotate.services.leasing import LEASE_MAX, tasks_lease

QUERIES_MAX: Final = 5  # that one call hands out


def queries_lease(
    *, project: Project, person: User, queries: int, known: Collection[int] = ()
) -> list[Lease]:
    """Lease all that is open to the person of their next `queries` queries, query by query.

    The first is the query of what `tasks_lease` would hand out next. Overlap and blindness hold as
    they do there; checks and repeats come as lists, each of one query, and look like the others.
    Returns at most LEASE_MAX leases with their texts, but for those of `known`: of a longer query
    its first candidates, and the others at the next call.
    """
    leases: list[Lease] = []
    begun: list[int] = []
    while len(begun) < queries and len(leases) < LEASE_MAX:
        first = tasks_lease(project=project, person=person, count=1, besides=begun, whole=True)
        if not first:
            break
        query, left = first[0].candidate.query_id, LEASE_MAX - len(leases)
        begun.append(query)
        leases += tasks_lease(
            project=project, person=person, count=left, query=query, whole=True, known=known
        )
    return leases


def sitting_finish(*, project: Project, person: User) -> int:
    """Give back what the person holds but has not answered, so that colleagues need not wait.

    What an undo gave back stays theirs until its lease expires, and checks and repeats, which hold
    no slot, stay what they are. Returns how many were given back.
    """
    held = Lease.objects.filter(
        candidate__project=project, person=person, returned_at=None, slot__isnull=False
    )
    number, _ = held.delete()
    return number
