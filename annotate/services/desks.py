"""What a batch of answers is about: locked candidates with their slots, and what is to be stored.

One call of the database (`annotate_desks`, migration 0005) takes the locks and looks under them;
what the answers make is written at the end, by another (`annotate_answers_write`).
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import Http404

from accounts.models import Grade, Project, User
from annotate.models import Judgment, Kind, Purpose
from annotate.services.leasing import slot_free
from config.database.base import prepared_cursor

# The kind of judgment that an answer to a lease becomes, where it fills its slot.
KINDS = {
    Purpose.COUNTED: Kind.COUNTED,
    Purpose.CHECK: Kind.CHECK,
    Purpose.REPEAT: Kind.REPEAT,
}
_OPEN: Final = "SELECT annotate_desks(%s, %s, %s::bigint[], %s::uuid[])::text"
_WRITE: Final = "SELECT annotate_answers_write(%s, %s::bigint[], %s::smallint[], %s::text::jsonb)"
_BEYOND: Final = 1 << 63  # no id is so large
_PURPOSES = {
    Kind.COUNTED: Purpose.COUNTED,
    Kind.LATE: Purpose.COUNTED,
    Kind.CHECK: Purpose.CHECK,
    Kind.REPEAT: Purpose.REPEAT,
}


@dataclass(frozen=True, slots=True)
class Own:
    """An answer of the person that holds."""

    id: uuid.UUID
    kind: Kind
    slot: int | None

    @property
    def purpose(self) -> Purpose:
        return _PURPOSES[self.kind]


@dataclass(slots=True)
class Desk:
    """A locked candidate: its slots, and the person's answers and lease.

    `own` holds one answer per purpose, the newest last; `lease` is the person's purpose and slot,
    where it is live or holds no slot; `held` are the slots of others' live leases.
    """

    candidate: int
    passage_revision: int
    query_revision: int
    length: int
    withdrawn: bool
    theirs: bool  # assigned to the person, or to nobody
    erased: str  # "query" or "passage", which of the texts was; else empty
    own: dict[Purpose, Own] = field(default_factory=dict)
    lease: tuple[Purpose, int | None] | None = None
    filled: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)

    @property
    def purpose(self) -> Purpose:
        """What an answer is to: the lease in hand, else the newest answer that it corrects."""
        if self.lease is not None:
            return self.lease[0]
        return next(reversed(self.own), Purpose.COUNTED)

    def slot(self, overlap: int) -> int | None:
        """Return the slot that a new answer fills: the lease's own, else a free one, if any."""
        kept = self.lease[1] if self.lease else None
        if kept is None:
            return slot_free(overlap, self.filled, self.held)
        if len(self.filled) < overlap and kept <= overlap and kept not in self.filled:
            return kept
        return slot_free(overlap, self.filled, ())


@dataclass(slots=True)
class Batch:
    """One transaction's view of what the answers are about, kept up to date as rows are added."""

    project: Project
    person: User
    overlap: int
    closed: bool
    desks: dict[int, Desk]
    grades: dict[int, Grade]
    known: dict[uuid.UUID, Judgment]
    new: list[Judgment] = field(default_factory=list)
    served: list[tuple[int, int | None]] = field(default_factory=list)

    def erased(self, judgment: Judgment) -> bool:
        """Say whether a text that a judgment is about was erased."""
        desk = self.desks.get(judgment.candidate_id)
        return desk is not None and desk.erased != ""

    def retire(self, desk: Desk, purpose: Purpose) -> Own | None:
        """Make the person's answer history, which frees its slot; return it, if there is one."""
        own = desk.own.pop(purpose, None)
        if own is not None:
            self.write()
            Judgment.objects.filter(pk=own.id).update(current=False)
            if own.slot is not None:
                desk.filled.discard(own.slot)
        return own

    def add(self, desk: Desk, row: Judgment) -> None:
        """Note a row to be stored."""
        self.new.append(row)
        self.known[row.pk] = row
        if row.slot is not None:
            desk.filled.add(row.slot)
        if row.current:
            own = Own(row.pk, Kind(row.kind), row.slot)
            desk.own[own.purpose] = own

    def end_lease(self, desk: Desk, slot: int | None) -> None:
        """Note that the person's lease has served, and an expired one of this slot is over."""
        desk.lease = None
        self.served.append((desk.candidate, slot))

    def write(self) -> None:
        """Store what was noted, by one statement."""
        if not self.new and not self.served:
            return
        candidates, slots = zip(*self.served, strict=True) if self.served else ((), ())
        rows = json.dumps([_columns(row) for row in self.new])
        with prepared_cursor() as cursor:
            cursor.execute(_WRITE, [self.person.pk, list(candidates), list(slots), rows])
        self.new.clear()
        self.served.clear()


def _columns(row: Judgment) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "project_id": row.project_id,
        "candidate_id": row.candidate_id,
        "kind": row.kind,
        "action": row.action,
        "grade_id": row.grade_id,
        "slot": row.slot,
        "skip_reason": row.skip_reason,
        "seconds": row.seconds,
        "comment": row.comment,
        "flagged": row.flagged,
        "evidence": row.evidence,
        "passage_revision": row.passage_revision,
        "query_revision": row.query_revision,
        "replaces_id": str(row.replaces_id) if row.replaces_id else None,
        "current": row.current,
    }


def batch_open(
    project: Project, person: User, about: Iterable[int], ids: Sequence[uuid.UUID]
) -> Batch:
    """Lock the candidates, by id, that are asked about or that answers among `ids` are about.

    The overlap holds until the transaction ends. Raises Http404 where the project is gone.
    """
    with prepared_cursor() as cursor:
        keys = sorted({pk for pk in about if 0 < pk < _BEYOND})
        cursor.execute(_OPEN, [project.pk, person.pk, keys, list(ids)])
        found = json.loads(cursor.fetchone()[0])
    if found["overlap"] is None:
        raise Http404("This project has been deleted.")
    known = Judgment.objects.select_related("grade").in_bulk(ids) if found["known"] else {}
    return Batch(
        project=project,
        person=person,
        overlap=found["overlap"],
        closed=found["closed"],
        desks={row["candidate"]: _desk(row) for row in found["desks"] or ()},
        grades={
            int(value): Grade(pk=pk, value=int(value)) for value, pk in found["grades"].items()
        },
        known={row.pk: row for row in known.values()},
    )


def _desk(row: dict[str, Any]) -> Desk:
    own = [Own(uuid.UUID(pk), Kind(kind), slot) for pk, kind, slot in row.pop("own") or ()]
    lease = row.pop("lease")
    return Desk(
        **{**row, "filled": set(row["filled"] or ()), "held": set(row["held"] or ())},
        own={each.purpose: each for each in own},
        lease=(Purpose(lease[0]), lease[1]) if lease else None,
    )
