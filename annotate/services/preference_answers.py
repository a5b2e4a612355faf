"""One item of a batch of preferences: what it may hold, and whether a stored row says the same."""

import math
import uuid
from dataclasses import dataclass, replace
from typing import Protocol

from accounts.models import User
from annotate.models import Preference, PreferenceAction
from annotate.services.answers import COMMENT_MAX, REASON_MAX, SECONDS_MAX, Status


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """The preferred candidate, a tie, a skip (its reason, or "") or the withdrawal of an earlier
    answer: exactly one.

    `id` is the client's UUID. `left` is the candidate that was shown on the left, or first. The
    revisions are those that were read, of the passages on the left and on the right and of the
    query, where they are known. `withdraw` needs no pair.
    """

    id: uuid.UUID
    pair: int | None = None
    left: int | None = None
    prefer: int | None = None
    tie: bool = False
    skip: str | None = None
    withdraw: uuid.UUID | None = None
    seconds: float | None = None
    comment: str = ""
    flagged: bool = False
    left_revision: int | None = None
    right_revision: int | None = None
    query_revision: int | None = None

    @property
    def action(self) -> PreferenceAction:
        if self.withdraw is not None:
            return PreferenceAction.WITHDRAW
        if self.skip is not None:
            return PreferenceAction.SKIP
        return PreferenceAction.TIE if self.tie else PreferenceAction.PREFER


@dataclass(frozen=True, slots=True)
class PairRecorded:
    """The result of one item. `leased` says that an undo gave the pair back to the person."""

    id: uuid.UUID
    status: Status
    preference: Preference | None = None
    message: str = ""
    leased: bool = False


class PairFacts(Protocol):
    """What an answer is held against: its pair, and the revisions that hold."""

    pair: int
    first: int
    second: int
    revisions: tuple[int, int, int]


def pair_answer_repeats(answer: PairAnswer, row: Preference, person: User) -> bool:
    """Say whether `row`, stored under the answer's id, is this very answer of this person."""
    if row.person_id != person.pk or row.action != answer.action:
        return False
    if answer.withdraw is not None:
        return row.replaces_id == answer.withdraw
    left, right = row.first_revision, row.second_revision
    if row.left_id != row.pair.first_id:
        left, right = right, left
    return (
        row.pair_id == answer.pair
        and row.left_id == answer.left
        and row.preferred_id == answer.prefer
        and row.skip_reason == (answer.skip or "")
        and answer.left_revision in (None, left)
        and answer.right_revision in (None, right)
        and answer.query_revision in (None, row.query_revision)
        and row.seconds == answer.seconds
        and row.comment == answer.comment
        and row.flagged == answer.flagged
    )


def pair_answer_wordless(answer: PairAnswer) -> PairAnswer:
    """Return an answer without what may quote a text: comment and reason."""
    return replace(answer, comment="", skip=None if answer.skip is None else "")


def pair_answer_revisions(answer: PairAnswer, facts: PairFacts) -> tuple[int, int, int]:
    """Return the revisions that were read, of first, second and query; those that hold where they
    are not given."""
    given = (answer.left_revision, answer.right_revision)
    first, second = given if answer.left == facts.first else (given[1], given[0])
    read = (first, second, answer.query_revision)
    pairs = zip(read, facts.revisions, strict=True)
    a, b, c = (now if one is None else one for one, now in pairs)
    return a, b, c


def pair_answer_problem(answer: PairAnswer, facts: PairFacts) -> str:
    """Return what is wrong with an answer on this pair, for its author; "" if nothing is."""
    given = (answer.prefer is not None, answer.tie, answer.skip is not None)
    if sum((*given, answer.withdraw is not None)) != 1:
        return "Give exactly one of prefer, tie, skip and withdraw."
    if answer.pair not in (None, facts.pair):
        return "The withdrawn answer is about another pair."
    candidates = (facts.first, facts.second)
    if answer.withdraw is None and answer.left not in candidates:
        return "Say which candidate of the pair was on the left."
    if answer.prefer is not None and answer.prefer not in candidates:
        return f"Candidate {answer.prefer} is not one of this pair's."
    seconds = 0.0 if answer.seconds is None else answer.seconds
    if not (math.isfinite(seconds) and 0 <= seconds <= SECONDS_MAX):
        return f"seconds is a number from 0 to {SECONDS_MAX}."
    if len(answer.comment) > COMMENT_MAX or len(answer.skip or "") > REASON_MAX:
        return f"A comment has at most {COMMENT_MAX} characters, a skip's reason {REASON_MAX}."
    read = zip(pair_answer_revisions(answer, facts), facts.revisions, strict=True)
    if not all(1 <= one <= now for one, now in read):
        return "There is no such revision of the query or of a passage."
    return ""
