"""Leases: who works on which candidate, in which slot, until when on the database's clock.

Whoever changes a candidate's slots holds the project's overlap (shared) and then the candidate's
row lock, in this order and candidates by id, so that nobody waits in a circle. Leasing never
waits for a candidate while it holds another.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404

from accounts.models import Project, User
from annotate.models import Candidate, Judgment, Lease
from annotate.selectors.judging import answer_last, candidates_open_to, leases_of

LEASE_MAX: Final = 100  # items that one call hands out
_ROUNDS: Final = 5
# A person far ahead of their colleagues has answered most of what is open near the start. Look at
# this many positions there, then go on where the person was, and over everything only at the end.
_NEAR: Final = 500


def tasks_lease(
    *,
    project: Project,
    person: User,
    count: int,
    query: int | None = None,
    besides: Sequence[int] = (),
) -> list[Lease]:
    """Lease the person's next items in queue order: first what they hold already, renewed.

    With `query` they are all of this one; with `besides` none is of these queries.

    Never hands out more slots than the overlap, nor a candidate that the person has answered; an
    expired lease of somebody else is taken over. Returns at most `count` (and LEASE_MAX) leases
    with their texts, none in a closed project. Empty means that nothing is open to the person now.
    """
    count = min(count, LEASE_MAX)
    if project.closed or count < 1:
        return []
    among = ~Q(query__in=besides) if query is None else Q(query=query)
    leases: list[Lease] = []
    for attempt in range(_ROUNDS):
        with transaction.atomic():
            leases = _lease(project, person, count, among, patient=attempt > 0)
        # What a colleague's call had locked for a moment was passed over: look again, waiting.
        if leases or not candidates_open_to(project, person).filter(among).exists():
            break
    loaded = Lease.objects.select_related("candidate__query", "candidate__passage__text")
    rows = loaded.in_bulk([lease.pk for lease in leases])
    return [rows[lease.pk] for lease in leases if lease.pk in rows]


def leases_expire() -> int:
    """Delete leases that have expired; returns their number. Only tidies: they bind nobody."""
    with transaction.atomic():
        expired = Lease.objects.select_for_update(skip_locked=True).filter(expires_at__lte=Now())
        number, _ = Lease.objects.filter(pk__in=list(expired.values_list("pk", flat=True))).delete()
    return number


def overlap_hold(project: Project) -> int:
    """Return the project's overlap, which nobody changes until this transaction ends.

    Raises Http404 where the project has been deleted meanwhile.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT annotate_overlap_of(%s)", [project.pk])
        overlap = cursor.fetchone()[0]
    if overlap is None:
        raise Http404("This project has been deleted.")
    return int(overlap)


def lease_length() -> timedelta:
    """Return how long a lease lasts from now."""
    return timedelta(seconds=settings.JUDGING_LEASE_SECONDS)


def slot_free(overlap: int, filled: Collection[int], held: Collection[int]) -> int | None:
    """Return the lowest slot that is neither filled nor held, or None where all are taken."""
    if len(filled) + len(held) >= overlap:
        return None
    taken = {*filled, *held}
    return next(slot for slot in range(1, overlap + len(taken) + 1) if slot not in taken)


def _lease(project: Project, person: User, count: int, among: Q, *, patient: bool) -> list[Lease]:
    overlap = overlap_hold(project)
    leases = _renew(project, person, count, among)
    seen = {lease.candidate_id for lease in leases}
    for stretch in _stretches(project, person, overlap):
        while len(leases) < count:
            wanted = 1 if patient else count - len(leases)
            rows = candidates_open_to(project, person, overlap).filter(stretch, among)
            picked = _lock(rows.exclude(pk__in=seen), wanted, patient=patient)
            leases += _take(person, picked, overlap)
            seen.update(picked)
            if len(picked) < wanted or patient:
                break
    return leases


def _renew(project: Project, person: User, count: int, among: Q) -> list[Lease]:
    """Prolong what the person holds; an expired lease is theirs as long as nobody took it."""
    within = Candidate.objects.filter(among, wanted=True)
    rows = leases_of(project, person).filter(candidate__in=within)
    leases = list(rows.select_for_update(of=("self",))[:count])
    Lease.objects.filter(pk__in=[lease.pk for lease in leases]).update(
        expires_at=Now() + lease_length()
    )
    return leases


def _stretches(project: Project, person: User, overlap: int) -> Iterator[Q]:
    """Yield which part of the queue to search next; the last is all of it."""
    if overlap > 1:
        head = Candidate.objects.filter(project=project, wanted=True, withdrawn_at=None)
        beyond = head.order_by("position", "pk").values_list("position", flat=True)[_NEAR:].first()
        last = answer_last(project, person)
        if beyond is not None and last is not None:
            yield Q(position__lte=beyond)
            yield Q(position__gte=last.candidate.position)
    yield Q()


def _lock(rows: QuerySet[Candidate], wanted: int, *, patient: bool) -> list[int]:
    locked = rows.select_for_update(of=("self",), no_key=True, skip_locked=not patient)
    return list(locked.order_by("position", "pk").values_list("pk", flat=True)[:wanted])


def _take(person: User, picked: Sequence[int], overlap: int) -> list[Lease]:
    """Lease what is still free of the locked candidates; what changed before the lock shows now."""
    expired = Lease.objects.filter(candidate__in=picked, expires_at__lte=Now())
    over = expired.exclude(person=person).select_for_update(skip_locked=True)
    Lease.objects.filter(pk__in=list(over.values_list("pk", flat=True))).delete()
    filled: dict[int, set[int]] = defaultdict(set)
    held: dict[int, set[int]] = defaultdict(set)
    for row in Judgment.objects.counted().filter(candidate__in=picked):
        filled[row.candidate_id].add(row.slot or 0)
    own = set()
    for lease in Lease.objects.filter(candidate__in=picked):
        held[lease.candidate_id].add(lease.slot)
        if lease.person_id == person.pk:
            own.add(lease.candidate_id)
    slots = {pk: slot_free(overlap, filled[pk], held[pk]) for pk in picked if pk not in own}
    return Lease.objects.bulk_create(
        Lease(candidate_id=pk, person=person, slot=slot, expires_at=Now() + lease_length())
        for pk, slot in slots.items()
        if slot is not None
    )
