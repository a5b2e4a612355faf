"""Adjudications: a reviewer's last word on a candidate, one at a time, revised only knowingly.

The candidate's row lock makes exactly one winner of several reviewers who decide at once; the
others learn who was first, and what they said.
"""

import uuid
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404

from accounts.models import Grade, Project, User
from accounts.problems import ConflictError
from annotate.models import Action, Candidate, Judgment, Kind
from annotate.services.answers import COMMENT_MAX, SECONDS_MAX

_TRIES: Final = 3


class DecidedError(ConflictError):
    """409: another adjudication holds; `decided` is it, None where none holds any more."""

    def __init__(self, decided: Judgment | None, message: str) -> None:
        super().__init__(message)
        self.decided = decided


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a reviewer says of a candidate.

    `id` is the client's UUID. `grade` is None for taking back the adjudication `replaces`, which is
    the id of the one that this one revises; None where the candidate has none. `reason` has to say
    something. `revision` and `query_revision` are what was read, where they are known.
    """

    id: uuid.UUID
    candidate: int
    grade: int | None
    reason: str
    replaces: uuid.UUID | None = None
    seconds: float | None = None
    revision: int | None = None
    query_revision: int | None = None

    @property
    def action(self) -> Action:
        return Action.WITHDRAW if self.grade is None else Action.GRADE


def adjudication_record(*, project: Project, person: User, ruling: Ruling) -> tuple[Judgment, bool]:
    """Record a ruling; returns the adjudication and whether it is new: a repeat is answered with
    the first result.

    Raises Http404 for a candidate of another project, ValidationError per field, DecidedError where
    another adjudication holds than the ruling knows of, and ConflictError in a closed project, for
    what was edited or withdrawn since, and for an id that means something else.
    """
    for _ in range(_TRIES - 1):
        try:
            return _record(project, person, ruling)
        except IntegrityError:
            # Another connection has just committed this id: the next look finds it.
            continue
    return _record(project, person, ruling)


def decided_words(row: Judgment) -> str:
    """Say who decided what, for whoever comes second."""
    who = row.person.display_name if row.person else ""
    return f"{who} has decided this candidate: {row.grade}. Reason: {row.comment}"


@transaction.atomic
def _record(project: Project, person: User, ruling: Ruling) -> tuple[Judgment, bool]:
    candidate = _held(project, ruling.candidate)
    _check(ruling)
    loaded = Judgment.objects.select_related("grade", "person")
    first = loaded.filter(pk=ruling.id).first()
    if first is not None:
        if _repeats(ruling, first, person):
            return first, False
        raise ConflictError("This id has been used for another answer.")
    grade = _grade(project, ruling.grade)
    _require_open(project, candidate, ruling)
    holds = loaded.filter(candidate=candidate, current=True, kind=Kind.ADJUDICATION).first()
    _require_known(holds, ruling)
    if holds is not None:
        Judgment.objects.filter(pk=holds.pk).update(current=False)
    row = Judgment.objects.create(
        id=ruling.id,
        project=project,
        candidate=candidate,
        person=person,
        kind=Kind.ADJUDICATION,
        action=ruling.action,
        grade=grade,
        seconds=ruling.seconds,
        comment=ruling.reason,
        passage_revision=candidate.passage.revision,
        query_revision=candidate.query.revision,
        replaces=holds,
        current=grade is not None,
    )
    return row, True


def _held(project: Project, pk: int) -> Candidate:
    """Lock the candidate, then read it: what was committed during the wait counts."""
    locked = Candidate.objects.select_for_update(no_key=True).filter(project=project, pk=pk)
    if locked.first() is None:
        raise Http404("There is no such candidate in this project.")
    return Candidate.objects.select_related("query", "passage").get(pk=pk)


def _check(ruling: Ruling) -> None:
    if not ruling.reason.strip():
        raise ValidationError({"reason": "Say why: an adjudication has a reason."})
    if len(ruling.reason) > COMMENT_MAX:
        raise ValidationError({"reason": f"A reason has at most {COMMENT_MAX} characters."})
    if ruling.seconds is not None and not 0 <= ruling.seconds <= SECONDS_MAX:
        raise ValidationError({"seconds": f"Seconds are from 0 to {SECONDS_MAX}."})
    if ruling.grade is None and ruling.replaces is None:
        raise ValidationError({"replaces": "Name the adjudication that is taken back."})


def _repeats(ruling: Ruling, row: Judgment, person: User) -> bool:
    return (
        row.kind == Kind.ADJUDICATION
        and row.person_id == person.pk
        and row.candidate_id == ruling.candidate
        and row.action == ruling.action
        and (row.grade.value if row.grade else None) == ruling.grade
        and row.comment == ruling.reason
        and row.replaces_id == ruling.replaces
    )


def _grade(project: Project, value: int | None) -> Grade | None:
    if value is None:
        return None
    found = {grade.value: grade for grade in project.scheme}.get(value)
    if found is None:
        known = ", ".join(str(grade.value) for grade in project.scheme)
        raise ValidationError({"grade": f"Grades of this project are {known}."})
    return found


def _require_open(project: Project, candidate: Candidate, ruling: Ruling) -> None:
    if Project.objects.filter(pk=project.pk, closed_at__isnull=False).exists():
        raise ConflictError("This project is closed.")
    parts = (candidate, candidate.query, candidate.passage)
    if any(part.withdrawn_at is not None for part in parts):
        raise ConflictError("This candidate has been withdrawn.")
    for name, read, now in (
        ("passage", ruling.revision, candidate.passage.revision),
        ("query", ruling.query_revision, candidate.query.revision),
    ):
        if read not in (None, now):
            raise ConflictError(f"The {name} was edited meanwhile; read its new text first.")


def _require_known(holds: Judgment | None, ruling: Ruling) -> None:
    """Refuse a ruling that overlooks the adjudication that holds, or revises one that does not."""
    if holds is None and ruling.replaces is not None:
        raise DecidedError(None, "The adjudication to be revised no longer holds.")
    if holds is not None and ruling.replaces != holds.pk:
        raise DecidedError(holds, decided_words(holds))
