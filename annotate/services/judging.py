"""Judgments: idempotent, kept as history, never more counted ones than the overlap.

A batch is one transaction: what it answers is committed. See `annotate.services.leasing` for the
order of locks.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Grade, Project, User
from annotate.models import Candidate, Judgment, Kind, Lease
from annotate.models.judgments import ANSWER_KINDS
from annotate.selectors.judging import skips_wanted
from annotate.services.answers import (
    Answer,
    Recorded,
    Status,
    answer_problem,
    answer_repeats,
    answer_wordless,
)
from annotate.services.leasing import LEASE_MAX, lease_length, overlap_hold, slot_free

BATCH_MAX: Final = 500
_TRIES: Final = 3


def judgments_record(
    *, project: Project, person: User, answers: Sequence[Answer]
) -> list[Recorded]:
    """Record a person's answers in the order given; returns one result per answer, in order.

    A repeat of the same id and content is answered with the first result, another content under
    the same id with CONFLICT. A changed grade replaces the earlier one and keeps its slot; a skip
    or an undo frees it; an undo leases the candidate back to the person, to come first. An answer
    without a live lease counts where a slot is free and is kept as LATE where none is, as is one
    on an earlier revision of the passage or the query, or on what was withdrawn; on what was erased
    it is kept without its words, as history. In a closed
    project only what was leased still counts; other answers are LATE, corrections and undos CLOSED.
    """
    for _ in range(_TRIES - 1):
        try:
            return _record(project, person, answers)
        except IntegrityError:
            # Another connection has just committed one of these ids: the next look finds it.
            continue
    return _record(project, person, answers)


def skips_return(*, project: Project, person: User) -> int:
    """Take back a person's skips that still matter, LEASE_MAX at most, so that they come again.

    Returns how many; none in a closed project.
    """
    rows = skips_wanted(project, person).values_list("pk", flat=True)[:LEASE_MAX]
    # The last one to be taken back comes first.
    answers = [Answer(id=uuid.uuid4(), withdraw=pk) for pk in reversed(rows)]
    results = judgments_record(project=project, person=person, answers=answers)
    return sum(result.status is Status.CREATED for result in results)


@dataclass(slots=True)
class _Desk:
    """A locked candidate: its slots, and the person's own answer and lease."""

    candidate: Candidate
    own: Judgment | None = None
    lease: Lease | None = None  # the person's, if it is live
    filled: set[int] = field(default_factory=set)
    held: set[int] = field(default_factory=set)  # live leases of others

    @property
    def withdrawn(self) -> bool:
        parts = (self.candidate, self.candidate.query, self.candidate.passage)
        return any(part.withdrawn_at is not None for part in parts)

    @property
    def erased(self) -> str:
        """Return which of the two texts was erased, if one was."""
        if self.candidate.query.erased_at is not None:
            return "query"
        return "passage" if self.candidate.passage.erased_at is not None else ""

    def slot(self, overlap: int) -> int | None:
        """Return the slot that a new answer fills: the lease's own, else a free one, if any."""
        if self.lease is None:
            return slot_free(overlap, self.filled, self.held)
        kept = self.lease.slot
        if len(self.filled) < overlap and kept <= overlap and kept not in self.filled:
            return kept
        return slot_free(overlap, self.filled, ())


@dataclass(slots=True)
class _Batch:
    """One transaction's view of what the answers are about, kept up to date as rows are added."""

    project: Project
    person: User
    overlap: int
    desks: dict[int, _Desk]
    known: dict[object, Judgment]
    grades: dict[int, Grade]

    def erased(self, judgment: Judgment) -> bool:
        desk = self.desks.get(judgment.candidate_id)
        return desk is not None and desk.erased != ""


@transaction.atomic
def _record(project: Project, person: User, answers: Sequence[Answer]) -> list[Recorded]:
    overlap = overlap_hold(project)
    undone = [answer.withdraw for answer in answers if answer.withdraw is not None]
    about = {answer.candidate for answer in answers if answer.candidate is not None}
    if undone:
        rows = Judgment.objects.filter(pk__in=undone, person=person)
        about |= set(rows.values_list("candidate", flat=True))
    desks = _desks(project, person, about)
    ids = [*(answer.id for answer in answers), *undone]
    batch = _Batch(
        project=Project.objects.get(pk=project.pk),
        person=person,
        overlap=overlap,
        desks=desks,
        known={**Judgment.objects.select_related("grade").in_bulk(ids)},
        grades={grade.value: grade for grade in project.scheme},
    )
    return [_one(batch, answer) for answer in answers]


def _desks(project: Project, person: User, about: Iterable[int]) -> dict[int, _Desk]:
    """Lock the candidates, in the order of their ids, and lay out what is known of each."""
    locked = Candidate.objects.select_for_update(no_key=True).order_by("pk")
    keys = locked.filter(project=project, pk__in=set(about)).values_list("pk", flat=True)
    # A second look: what was committed during the wait for a lock does not show in the first.
    rows = Candidate.objects.select_related("query", "passage__text").in_bulk(list(keys))
    desks = {pk: _Desk(row) for pk, row in sorted(rows.items())}
    live = Lease.objects.filter(candidate__in=desks, expires_at__gt=Now())
    for lease in live:
        desk = desks[lease.candidate_id]
        if lease.person_id == person.pk:
            desk.lease = lease
        else:
            desk.held.add(lease.slot)
    mine = Q(person=person, kind__in=ANSWER_KINDS)
    current = Judgment.objects.filter(candidate__in=desks, current=True)
    for row in current.filter(mine | Q(slot__isnull=False)):
        desk = desks[row.candidate_id]
        if row.slot is not None:
            desk.filled.add(row.slot)
        if row.person_id == person.pk:
            desk.own = row
    return desks


def _one(batch: _Batch, answer: Answer) -> Recorded:
    """Store one answer, or say why not."""
    first = batch.known.get(answer.id)
    if first is not None:
        return _again(batch, answer, first)
    target = batch.known.get(answer.withdraw) if answer.withdraw else None
    about = target.candidate_id if target else answer.candidate
    desk = batch.desks.get(about) if about is not None else None
    if desk is None:
        message = "There is no such candidate in this project."
        return Recorded(answer.id, Status.INVALID, message=message)
    if desk.erased:
        answer = answer_wordless(answer)
    problem = answer_problem(answer, desk.candidate, batch.grades)
    if problem:
        return Recorded(answer.id, Status.INVALID, message=problem)
    if batch.project.closed and (desk.own or answer.withdraw):
        return Recorded(answer.id, Status.CLOSED, message="This project is closed.")
    if answer.withdraw is not None:
        return _withdraw(batch, answer, desk, target)
    if desk.erased:
        message = f"The {desk.erased} was erased meanwhile; your answer is kept without words."
        return _stale(batch, answer, desk, message)
    for name, read, now in (
        ("passage", answer.revision, desk.candidate.passage.revision),
        ("query", answer.query_revision, desk.candidate.query.revision),
    ):
        if read not in (None, now):
            message = f"The {name} was edited meanwhile; judge its new text."
            return _stale(batch, answer, desk, message)
    return _answer(batch, answer, desk)


def _again(batch: _Batch, answer: Answer, first: Judgment) -> Recorded:
    """Answer what comes under an id that is used: a repeat with the first result."""
    # What it said in words may have been erased since.
    said = (answer, answer_wordless(answer)) if batch.erased(first) else (answer,)
    if any(answer_repeats(each, first, batch.person) for each in said):
        return Recorded(answer.id, Status.REPEATED, first)
    message = "This id has been used for another answer."
    return Recorded(answer.id, Status.CONFLICT, message=message)


def _answer(batch: _Batch, answer: Answer, desk: _Desk) -> Recorded:
    """Store a grade or a skip in place of the person's earlier answer."""
    slot, kind = None, Kind.COUNTED
    if answer.grade is not None:
        slot = desk.own.slot if desk.own else None
        open_here = desk.lease is not None or not batch.project.closed
        if desk.withdrawn:
            slot = None
        elif slot is None and open_here:
            slot = desk.slot(batch.overlap)
        kind = Kind.COUNTED if slot else Kind.LATE
    replaced = desk.own
    _retire(desk)
    row = _store(batch, answer, desk, kind=kind, slot=slot, replaces=replaced)
    # The person's lease has served; an expired one of somebody else must not come back to life.
    over = Q(person=batch.person) | Q(slot=slot, expires_at__lte=Now())
    Lease.objects.filter(over, candidate=desk.candidate).delete()
    desk.own, desk.lease = row, None
    return Recorded(answer.id, Status.LATE if kind == Kind.LATE else Status.CREATED, row)


def _stale(batch: _Batch, answer: Answer, desk: _Desk, message: str) -> Recorded:
    """Keep an answer to a wording that is gone meanwhile: as history, and not current."""
    row = _store(batch, answer, desk, kind=Kind.LATE, current=False)
    return Recorded(answer.id, Status.LATE, row, message)


def _withdraw(batch: _Batch, answer: Answer, desk: _Desk, target: Judgment | None) -> Recorded:
    """Undo the person's current answer and lease the candidate to them again, to come first."""
    own = desk.own
    if target is None or own is None or own.pk != target.pk:
        message = "Only your own answer that still holds can be withdrawn."
        return Recorded(answer.id, Status.INVALID, message=message)
    _retire(desk)
    row = _store(batch, answer, desk, kind=Kind(own.kind), replaces=own, current=False)
    desk.own = None
    slot = desk.slot(batch.overlap)
    if slot is not None:
        over = Q(person=batch.person) | Q(slot=slot, expires_at__lte=Now())
        Lease.objects.filter(over, candidate=desk.candidate).delete()
        desk.lease = Lease.objects.create(
            candidate=desk.candidate,
            person=batch.person,
            slot=slot,
            expires_at=Now() + lease_length(),
            returned_at=Now(),
        )
    return Recorded(answer.id, Status.CREATED, row, leased=slot is not None)


def _retire(desk: _Desk) -> None:
    """Make the person's current answer history, which frees its slot."""
    if desk.own is not None:
        Judgment.objects.filter(pk=desk.own.pk).update(current=False)
        if desk.own.slot is not None:
            desk.filled.discard(desk.own.slot)


def _store(
    batch: _Batch,
    answer: Answer,
    desk: _Desk,
    *,
    kind: Kind,
    slot: int | None = None,
    replaces: Judgment | None = None,
    current: bool = True,
) -> Judgment:
    row = Judgment.objects.create(
        id=answer.id,
        project=batch.project,
        candidate=desk.candidate,
        person=batch.person,
        kind=kind,
        action=answer.action,
        grade=None if answer.grade is None else batch.grades[answer.grade],
        slot=slot,
        skip_reason=answer.skip or "",
        seconds=answer.seconds,
        comment=answer.comment,
        flagged=answer.flagged,
        evidence=[list(span) for span in answer.evidence],
        passage_revision=answer.revision or desk.candidate.passage.revision,
        query_revision=answer.query_revision or desk.candidate.query.revision,
        replaces=replaces,
        current=current,
    )
    batch.known[row.pk] = row
    if slot is not None:
        desk.filled.add(slot)
    return row
