"""One item of a batch of judgments: what it may hold, and whether a stored row says the same."""

import math
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus
from typing import Final, Protocol

from accounts.models import User
from annotate.models import Action, Judgment

COMMENT_MAX: Final = 10_000
REASON_MAX: Final = 200
SECONDS_MAX: Final = 86_400
EVIDENCE_MAX: Final = 200


class Status(Enum):
    """What became of an item; `code` is its HTTP status."""

    CREATED = "created"
    LATE = "late"  # kept, but fills no slot: somebody else has it
    REPEATED = "repeated"  # the same item again: the first result holds
    CONFLICT = "conflict"  # the same id with another content
    CLOSED = "closed"  # a correction or an undo in a closed project
    INVALID = "invalid"

    @property
    def code(self) -> int:
        return int(_CODES[self])


_CODES: Final = {
    Status.CREATED: HTTPStatus.CREATED,
    Status.LATE: HTTPStatus.CREATED,
    Status.REPEATED: HTTPStatus.OK,
    Status.CONFLICT: HTTPStatus.CONFLICT,
    Status.CLOSED: HTTPStatus.CONFLICT,
    Status.INVALID: HTTPStatus.BAD_REQUEST,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A grade, a skip (its reason, or "") or the withdrawal of an earlier answer: exactly one.

    `id` is the client's UUID. `withdraw` is the id of the person's answer that this one undoes; it
    needs no candidate. `seconds` is active time; `evidence` holds [start, end) code point offsets
    into the passage text; `revision` is the passage's revision that was read, `query_revision` the
    query's, where they are known.
    """

    id: uuid.UUID
    candidate: int | None = None
    grade: int | None = None
    skip: str | None = None
    withdraw: uuid.UUID | None = None
    seconds: float | None = None
    comment: str = ""
    flagged: bool = False
    evidence: tuple[tuple[int, int], ...] = ()
    revision: int | None = None
    query_revision: int | None = None

    @property
    def action(self) -> Action:
        if self.withdraw is not None:
            return Action.WITHDRAW
        return Action.SKIP if self.skip is not None else Action.GRADE


@dataclass(frozen=True, slots=True)
class Recorded:
    """The result of one item. `leased` says that an undo gave the candidate back to the person."""

    id: uuid.UUID
    status: Status
    judgment: Judgment | None = None
    message: str = ""
    leased: bool = False


class Facts(Protocol):
    """What an answer is held against: its candidate, the revisions that hold, the text's length."""

    candidate: int
    passage_revision: int
    query_revision: int
    length: int


def answer_repeats(answer: Answer, row: Judgment, person: User) -> bool:
    """Say whether `row`, stored under the answer's id, is this very answer of this person."""
    if row.person_id != person.pk or row.action != answer.action:
        return False
    if answer.withdraw is not None:
        return row.replaces_id == answer.withdraw
    return (
        row.candidate_id == answer.candidate
        and (row.grade.value if row.grade else None) == answer.grade
        and row.skip_reason == (answer.skip or "")
        and answer.revision in (None, row.passage_revision)
        and answer.query_revision in (None, row.query_revision)
        and row.seconds == answer.seconds
        and row.comment == answer.comment
        and row.flagged == answer.flagged
        and [list(span) for span in answer.evidence] == row.evidence
    )


def answer_wordless(answer: Answer) -> Answer:
    """Return an answer without what may quote a text: comment, reason and evidence."""
    skip = None if answer.skip is None else ""
    return replace(answer, comment="", skip=skip, evidence=())


def answer_problem(answer: Answer, facts: Facts, grades: Collection[int]) -> str:
    """Return what is wrong with an answer on this candidate, for its author; "" if nothing is."""
    given = (answer.grade is not None, answer.skip is not None, answer.withdraw is not None)
    if sum(given) != 1:
        return "Give exactly one of grade, skip and withdraw."
    if answer.candidate not in (None, facts.candidate):
        return "The withdrawn answer is about another candidate."
    if answer.grade is not None and answer.grade not in grades:
        known = ", ".join(map(str, sorted(grades)))
        return f"There is no grade {answer.grade} in this project; it has {known}."
    seconds = 0.0 if answer.seconds is None else answer.seconds
    if not (math.isfinite(seconds) and 0 <= seconds <= SECONDS_MAX):
        return f"seconds is a number from 0 to {SECONDS_MAX}."
    if len(answer.comment) > COMMENT_MAX or len(answer.skip or "") > REASON_MAX:
        return f"A comment has at most {COMMENT_MAX} characters, a skip's reason {REASON_MAX}."
    if answer.revision is not None and not 1 <= answer.revision <= facts.passage_revision:
        return f"The passage has no revision {answer.revision}."
    read = answer.query_revision
    if read is not None and not 1 <= read <= facts.query_revision:
        return f"The query has no revision {read}."
    return _evidence_problem(answer, facts)


def _evidence_problem(answer: Answer, facts: Facts) -> str:
    if not answer.evidence or answer.revision not in (None, facts.passage_revision):
        return ""
    if len(answer.evidence) > EVIDENCE_MAX:
        return f"At most {EVIDENCE_MAX} spans of evidence."
    if all(0 <= start < end <= facts.length for start, end in answer.evidence):
        return ""
    return f"Evidence spans are [start, end] with 0 <= start < end <= {facts.length}."
