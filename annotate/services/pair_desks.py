"""What a batch of preferences is about: locked pairs with their slots."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now
from django.http import Http404

from accounts.models import Project, User
from annotate.models import Pair, PairLease, Preference
from annotate.selectors.judging import lanes_of
from annotate.selectors.pairs import pairs_on
from annotate.services.leasing import slot_free

_BEYOND = 1 << 63  # no id is so large
_TEXTS = ("query", "first__passage", "second__passage")


@dataclass(slots=True)
class PairDesk:
    """A locked pair: its slots, and the person's answer and lease.

    `revisions` are those of the first and second passage and of the query that hold; `lease` is
    the slot of the person's live lease, `held` are those of others' live ones.
    """

    pair: int
    first: int
    second: int
    revisions: tuple[int, int, int]
    withdrawn: bool
    lane: int | None  # its query's, or None where the present settings do not ask for the pair
    erased: str  # "query" or "passage", which of the texts was; else empty
    own: Preference | None = None
    lease: int | None = None
    filled: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)

    def slot(self, overlap: int) -> int | None:
        """Return the slot that a new answer fills: the lease's own, else a free one, if any."""
        if self.lease is None:
            return slot_free(overlap, self.filled, self.held)
        if len(self.filled) < overlap and self.lease <= overlap and self.lease not in self.filled:
            return self.lease
        return slot_free(overlap, self.filled, ())


@dataclass(slots=True)
class PairBatch:
    """One transaction's view of what the answers are about, kept up to date as rows are stored."""

    project: Project
    person: User
    overlap: int
    closed: bool
    desks: dict[int, PairDesk]
    known: dict[uuid.UUID, Preference]
    lanes: list[int] | None = None

    def open_again(self, desk: PairDesk) -> bool:
        """Say whether a pair is handed out at present, and to the person or to anybody."""
        if self.lanes is None:
            on = pairs_on(self.project)
            self.lanes = lanes_of(self.project, self.person) if on else []
        return not desk.withdrawn and desk.lane in self.lanes

    def retire(self, desk: PairDesk) -> Preference | None:
        """Make the person's answer history, which frees its slot; return it, if there is one."""
        own, desk.own = desk.own, None
        if own is not None:
            Preference.objects.filter(pk=own.pk).update(current=False)
            if own.slot is not None:
                desk.filled.discard(own.slot)
        return own

    def add(self, desk: PairDesk, row: Preference) -> None:
        """Store a row."""
        self.known[row.pk] = row
        # Answers of one batch are moments apart, so that the newest is known.
        row.created_at = _ClockNow()
        row.save(force_insert=True)
        if row.slot is not None:
            desk.filled.add(row.slot)
        if row.current:
            desk.own = row

    def end_lease(self, desk: PairDesk, slot: int | None) -> None:
        """End the person's lease; an expired one of somebody else must not come back to life."""
        desk.lease = None
        over = Q(slot=slot, expires_at__lte=Now()) if slot is not None else Q(pk=None)
        PairLease.objects.filter(Q(person=self.person) | over, pair=desk.pair).delete()


class _ClockNow(Now):
    """The moment itself, where Now() is that of the statement."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="CLOCK_TIMESTAMP()", **context)


def pair_batch_open(
    project: Project, person: User, about: Iterable[int], ids: Sequence[uuid.UUID]
) -> PairBatch:
    """Lock the pairs, by id, that are asked about or that answers among `ids` are about.

    Then, by id as well, what answers to them end: the person's leases and expired ones. The overlap
    holds until the transaction ends. Raises Http404 where the project is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT annotate_overlap_for(%s, %s)", [project.pk, person.pk])
        overlap = cursor.fetchone()[0]
    if overlap is None:
        raise Http404("This project has been deleted.")
    earlier = Preference.objects.filter(pk__in=ids, person=person).values_list("pair", flat=True)
    keys = {pk for pk in about if pk < _BEYOND} | set(earlier)
    rows = Pair.objects.filter(pk__in=keys, project=project)
    locked = rows.order_by("pk").select_for_update(no_key=True)
    held = list(locked.values_list("pk", flat=True))
    ending = PairLease.objects.filter(Q(person=person) | Q(expires_at__lte=Now()), pair__in=held)
    list(ending.order_by("pk").select_for_update().values_list("pk"))
    desks = _desks(held, person)
    return PairBatch(
        project=project,
        person=person,
        overlap=overlap,
        closed=Project.objects.filter(pk=project.pk, closed_at__isnull=False).exists(),
        desks=desks,
        known=Preference.objects.select_related("pair").in_bulk(ids),
    )


def _desks(keys: Sequence[int], person: User) -> dict[int, PairDesk]:
    """Return what holds under the locks."""
    rows = Pair.objects.filter(pk__in=keys).select_related(*_TEXTS)
    desks = {row.pk: _desk(row) for row in rows.defer("query__text")}
    for row in Preference.objects.answers().filter(pair__in=keys):
        desk = desks[row.pair_id]
        if row.slot is not None:
            desk.filled.add(row.slot)
        if row.person_id == person.pk:
            desk.own = row
    for lease in PairLease.objects.filter(pair__in=keys, expires_at__gt=Now()):
        if lease.person_id == person.pk:
            desks[lease.pair_id].lease = lease.slot
        else:
            desks[lease.pair_id].held.add(lease.slot)
    return desks


def _desk(pair: Pair) -> PairDesk:
    passages = (pair.first.passage, pair.second.passage)
    things = (pair.query, pair.first, pair.second, *passages)
    erased = "query" if pair.query.erased_at else ""
    if not erased and any(passage.erased_at for passage in passages):
        erased = "passage"
    return PairDesk(
        pair=pair.pk,
        first=pair.first_id,
        second=pair.second_id,
        revisions=(passages[0].revision, passages[1].revision, pair.query.revision),
        withdrawn=any(thing.withdrawn_at is not None for thing in things),
        lane=pair.lane if pair.offered else None,
        erased=erased,
    )
