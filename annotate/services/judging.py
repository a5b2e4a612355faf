"""Judgments: idempotent, kept as history, never more counted ones than the overlap.

A batch is one transaction: what it answers is committed. See `annotate.services.leasing` for the
order of locks.
"""

import uuid
from collections.abc import Sequence
from typing import Final

from django.db import IntegrityError, OperationalError, transaction
from django.db.models.functions import Now

from accounts.locks import is_deadlock
from accounts.models import Project, User
from annotate.models import Judgment, Kind, Lease, Purpose
from annotate.selectors.judging import skips_wanted
from annotate.services.answers import (
    Answer,
    Recorded,
    Status,
    answer_problem,
    answer_repeats,
    answer_wordless,
)
from annotate.services.desks import KINDS, Batch, Desk, Own, batch_open
from annotate.services.first_grades import first_grades_record
from annotate.services.leasing import LEASE_MAX, judge_require, lease_length

BATCH_MAX: Final = 500
_TRIES: Final = 3


def judgments_record(
    *, project: Project, person: User, answers: Sequence[Answer]
) -> list[Recorded]:
    """Record a person's answers in the order given; returns one result per answer, in order.

    A repeat of the same id and content is answered with the first result, another content under the
    same id with CONFLICT. A changed grade replaces the earlier one and keeps its slot; a skip or an
    undo frees it; an undo leases the candidate back to the person, to come first, where it is still
    theirs to judge. An answer without a live lease counts where a slot is free and is kept as LATE
    where none is, as is one on an earlier revision of the passage or the query, or on what was
    withdrawn; on what was erased it is kept without its words, as history. What was leased as a
    check or a repeat is kept as such and fills no slot. In a closed project only what was leased
    still counts; other answers are LATE, corrections and undos CLOSED. Raises Http404 where the
    person has just left the project: nothing is stored, and the caller keeps what they sent.
    """
    for _ in range(_TRIES - 1):
        try:
            stored = first_grades_record(project=project, person=person, answers=answers)
            return _record(project, person, answers) if stored is None else stored
        except (IntegrityError, OperationalError) as error:
            # Another connection has just committed one of these ids: the next look finds it.
            if isinstance(error, OperationalError) and not is_deadlock(error):
                raise
            judge_require(project=project, person=person)
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


@transaction.atomic
def _record(project: Project, person: User, answers: Sequence[Answer]) -> list[Recorded]:
    undone = [answer.withdraw for answer in answers if answer.withdraw is not None]
    about = [answer.candidate for answer in answers if answer.candidate is not None]
    ids = [*(answer.id for answer in answers), *undone]
    batch = batch_open(project, person, about, ids)
    results = [_one(batch, answer) for answer in answers]
    batch.write()
    return results


def _one(batch: Batch, answer: Answer) -> Recorded:
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
    problem = answer_problem(answer, desk, batch.grades)
    if problem:
        return Recorded(answer.id, Status.INVALID, message=problem)
    if batch.closed and (desk.purpose in desk.own or answer.withdraw):
        return Recorded(answer.id, Status.CLOSED, message="This project is closed.")
    if answer.withdraw is not None:
        return _withdraw(batch, answer, desk)
    if desk.erased:
        message = f"The {desk.erased} was erased meanwhile; your answer is kept without words."
        return _stale(batch, answer, desk, message)
    for name, read, now in (
        ("passage", answer.revision, desk.passage_revision),
        ("query", answer.query_revision, desk.query_revision),
    ):
        if read not in (None, now):
            message = f"The {name} was edited meanwhile; judge its new text."
            return _stale(batch, answer, desk, message)
    return _answer(batch, answer, desk)


def _again(batch: Batch, answer: Answer, first: Judgment) -> Recorded:
    """Answer what comes under an id that is used: a repeat with the first result."""
    # What it said in words may have been erased since.
    said = (answer, answer_wordless(answer)) if batch.erased(first) else (answer,)
    if any(answer_repeats(each, first, batch.person) for each in said):
        return Recorded(answer.id, Status.REPEATED, first)
    message = "This id has been used for another answer."
    return Recorded(answer.id, Status.CONFLICT, message=message)


def _answer(batch: Batch, answer: Answer, desk: Desk) -> Recorded:
    """Store a grade or a skip in place of the person's earlier answer."""
    purpose = desk.purpose
    slot, kind = None, KINDS[purpose]
    if answer.grade is not None and purpose is Purpose.COUNTED:
        slot = _slot(batch, desk)
        kind = Kind.COUNTED if slot else Kind.LATE
    replaced = batch.retire(desk, purpose)
    row = _store(batch, answer, desk, kind=kind, slot=slot, replaces=replaced)
    batch.end_lease(desk, slot)
    return Recorded(answer.id, Status.LATE if kind == Kind.LATE else Status.CREATED, row)


def _slot(batch: Batch, desk: Desk) -> int | None:
    """Return the slot that a grade fills: that of the person's earlier one, or a free one."""
    if desk.withdrawn:
        return None
    own = desk.own.get(Purpose.COUNTED)
    if own is not None and own.slot is not None:
        return own.slot
    open_here = desk.lease is not None or not batch.closed
    return desk.slot(batch.overlap) if open_here else None


def _stale(batch: Batch, answer: Answer, desk: Desk, message: str) -> Recorded:
    """Keep an answer to a wording that is gone meanwhile: as history, and not current."""
    row = _store(batch, answer, desk, kind=Kind.LATE, current=False)
    return Recorded(answer.id, Status.LATE, row, message)


def _withdraw(batch: Batch, answer: Answer, desk: Desk) -> Recorded:
    """Undo an answer that holds and lease the candidate to its person again, to come first."""
    own = next((each for each in desk.own.values() if each.id == answer.withdraw), None)
    if own is None:
        message = "Only your own answer that still holds can be withdrawn."
        return Recorded(answer.id, Status.INVALID, message=message)
    batch.retire(desk, own.purpose)
    row = _store(batch, answer, desk, kind=own.kind, replaces=own, current=False)
    counted = own.purpose is Purpose.COUNTED
    slot = desk.slot(batch.overlap) if counted and desk.theirs else None
    back = not desk.withdrawn and (slot is not None or not counted)
    if back:
        batch.end_lease(desk, slot)
        batch.write()
        Lease.objects.create(
            candidate_id=desk.candidate,
            purpose=own.purpose,
            person=batch.person,
            slot=slot,
            expires_at=Now() + lease_length(),
            returned_at=Now(),
        )
        desk.lease = own.purpose, slot
    return Recorded(answer.id, Status.CREATED, row, leased=back)


def _store(
    batch: Batch,
    answer: Answer,
    desk: Desk,
    *,
    kind: Kind,
    slot: int | None = None,
    replaces: Own | None = None,
    current: bool = True,
) -> Judgment:
    row = Judgment(
        id=answer.id,
        project_id=batch.project.pk,
        candidate_id=desk.candidate,
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
        passage_revision=answer.revision or desk.passage_revision,
        query_revision=answer.query_revision or desk.query_revision,
        replaces_id=None if replaces is None else replaces.id,
        current=current,
    )
    batch.add(desk, row)
    return row
