"""Preferences: idempotent, kept as history, never more counted ones than the overlap.

A batch is one transaction: what it answers is committed. The rules are those of judgments
(`annotate.services.judging`); the order of locks stands in `annotate.services.pair_leasing`.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, OperationalError, transaction
from django.db.models.functions import Now

from accounts.locks import is_deadlock
from accounts.models import Project, User
from annotate.models import PairLease, Preference
from annotate.selectors.pairs import pair_skips_wanted
from annotate.services.answers import Status
from annotate.services.leasing import LEASE_MAX, judge_require, lease_length
from annotate.services.pair_desks import PairBatch, PairDesk, pair_batch_open
from annotate.services.preference_answers import (
    PairAnswer,
    PairRecorded,
    pair_answer_problem,
    pair_answer_repeats,
    pair_answer_revisions,
    pair_answer_wordless,
)

_TRIES: Final = 3


def preferences_record(
    *, project: Project, person: User, answers: Sequence[PairAnswer]
) -> list[PairRecorded]:
    """Record a person's answers in the order given; returns one result per answer, in order.

    A repeat of the same id and content is answered with the first result, another content under
    the same id with CONFLICT. A changed answer replaces the earlier one and keeps its slot; a skip
    or an undo frees it; an undo leases the pair back to the person, to come first, where it is
    still handed out, and to them. An answer without a live lease counts where a slot is free and is
    kept as LATE where none is, as is one on an earlier wording, or on what was withdrawn; on what
    was erased it is kept without its words, as history. In a closed project only what was leased
    still counts; other answers are LATE, corrections and undos CLOSED. What is answered after pairs
    were turned off counts: it is what was asked for. Raises Http404 where the person has just left
    the project.
    """
    for _ in range(_TRIES - 1):
        try:
            return _record(project, person, answers)
        except (IntegrityError, OperationalError) as error:
            # Another connection has just committed one of these ids: the next look finds it.
            if isinstance(error, OperationalError) and not is_deadlock(error):
                raise
            judge_require(project=project, person=person)
    return _record(project, person, answers)


def pair_skips_return(*, project: Project, person: User) -> int:
    """Take back a person's skips that still matter, LEASE_MAX at most, so that they come again."""
    rows = pair_skips_wanted(project, person).values_list("pk", flat=True)[:LEASE_MAX]
    # The last one to be taken back comes first.
    answers = [PairAnswer(id=uuid.uuid4(), withdraw=pk) for pk in reversed(rows)]
    results = preferences_record(project=project, person=person, answers=answers)
    return sum(result.status is Status.CREATED for result in results)


@transaction.atomic
def _record(project: Project, person: User, answers: Sequence[PairAnswer]) -> list[PairRecorded]:
    ids = [pk for answer in answers for pk in (answer.id, answer.withdraw) if pk is not None]
    about = [answer.pair for answer in answers if answer.pair is not None]
    batch = pair_batch_open(project, person, about, ids)
    return [_one(batch, answer) for answer in answers]


def _one(batch: PairBatch, answer: PairAnswer) -> PairRecorded:
    """Store one answer, or say why not."""
    first = batch.known.get(answer.id)
    if first is not None:
        return _again(batch, answer, first)
    target = batch.known.get(answer.withdraw) if answer.withdraw else None
    desk = batch.desks.get(target.pair_id if target else answer.pair or 0)
    if desk is None:
        message = "There is no such pair in this project."
        return PairRecorded(answer.id, Status.INVALID, message=message)
    if desk.erased:
        answer = pair_answer_wordless(answer)
    problem = pair_answer_problem(answer, desk)
    if problem:
        return PairRecorded(answer.id, Status.INVALID, message=problem)
    if batch.closed and (desk.own or answer.withdraw):
        return PairRecorded(answer.id, Status.CLOSED, message="This project is closed.")
    if answer.withdraw is not None:
        return _withdraw(batch, answer, desk)
    return _stale(batch, answer, desk) or _answer(batch, answer, desk)


def _again(batch: PairBatch, answer: PairAnswer, first: Preference) -> PairRecorded:
    """Answer what comes under an id that is used: a repeat with the first result."""
    desk = batch.desks.get(first.pair_id)
    # What it said in words may have been erased since.
    said = (answer, pair_answer_wordless(answer)) if desk and desk.erased else (answer,)
    if any(pair_answer_repeats(each, first, batch.person) for each in said):
        return PairRecorded(answer.id, Status.REPEATED, first)
    message = "This id has been used for another answer."
    return PairRecorded(answer.id, Status.CONFLICT, message=message)


def _stale(batch: PairBatch, answer: PairAnswer, desk: PairDesk) -> PairRecorded | None:
    """Keep an answer to a wording that is gone meanwhile: as history, and not current."""
    if desk.erased:
        message = f"The {desk.erased} was erased meanwhile; your answer is kept without words."
    elif pair_answer_revisions(answer, desk) != desk.revisions:
        message = "The query or a passage was edited meanwhile; compare the new texts."
    else:
        return None
    row = _store(batch, answer, desk, current=False)
    return PairRecorded(answer.id, Status.LATE, row, message)


def _answer(batch: PairBatch, answer: PairAnswer, desk: PairDesk) -> PairRecorded:
    """Store a preference, a tie or a skip in place of the person's earlier answer."""
    counts = answer.skip is None
    slot = _slot(batch, desk) if counts else None
    replaced = batch.retire(desk)
    row = _store(batch, answer, desk, slot=slot, replaces=replaced)
    batch.end_lease(desk, slot)
    late = counts and slot is None
    return PairRecorded(answer.id, Status.LATE if late else Status.CREATED, row)


def _slot(batch: PairBatch, desk: PairDesk) -> int | None:
    """Return the slot that an answer fills: that of the person's earlier one, or a free one."""
    if desk.withdrawn:
        return None
    if desk.own is not None and desk.own.slot is not None:
        return desk.own.slot
    open_here = desk.lease is not None or not batch.closed
    return desk.slot(batch.overlap) if open_here else None


def _withdraw(batch: PairBatch, answer: PairAnswer, desk: PairDesk) -> PairRecorded:
    """Undo an answer that holds and lease the pair to its person again, to come first."""
    own = desk.own
    if own is None or own.pk != answer.withdraw:
        message = "Only your own answer that still holds can be withdrawn."
        return PairRecorded(answer.id, Status.INVALID, message=message)
    batch.retire(desk)
    row = _store(batch, answer, desk, replaces=own, current=False)
    slot = desk.slot(batch.overlap) if batch.open_again(desk) else None
    if slot is not None:
        batch.end_lease(desk, slot)
        _lease_again(batch, desk, slot, lease_length())
    return PairRecorded(answer.id, Status.CREATED, row, leased=slot is not None)


def _lease_again(batch: PairBatch, desk: PairDesk, slot: int, length: timedelta) -> None:
    PairLease.objects.create(
        pair_id=desk.pair,
        person=batch.person,
        slot=slot,
        expires_at=Now() + length,
        returned_at=Now(),
    )
    desk.lease = slot


def _store(
    batch: PairBatch,
    answer: PairAnswer,
    desk: PairDesk,
    *,
    slot: int | None = None,
    replaces: Preference | None = None,
    current: bool = True,
) -> Preference:
    first, second, query = pair_answer_revisions(answer, desk)
    left = replaces.left_id if replaces and answer.withdraw else answer.left
    assert left is not None  # an answer that says it not is invalid
    row = Preference(
        id=answer.id,
        project_id=batch.project.pk,
        pair_id=desk.pair,
        person=batch.person,
        action=answer.action,
        preferred_id=answer.prefer,
        left_id=left,
        slot=slot,
        skip_reason=answer.skip or "",
        seconds=answer.seconds,
        comment=answer.comment,
        flagged=answer.flagged,
        first_revision=first,
        second_revision=second,
        query_revision=query,
        replaces=replaces,
        current=current,
    )
    batch.add(desk, row)
    return row
