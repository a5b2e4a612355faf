"""Who said what of a case, with names or without, and where they found it in the text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from uuid import UUID

from accounts.models import User
from annotate.models import Judgment
from annotate.selectors.adjudication import Case
from annotate.texts.evidence import Segment, evidence_segments

_LINES = 6  # how many ways of underlining tell people apart


@dataclass(frozen=True, slots=True)
class Voice:
    """A judgment as a reviewer meets it. `letter` and `line` mark its author's evidence.

    `fate` says what became of it: holds, replaced, withdrawn or retired (by an edit of the text).
    """

    row: Judgment
    name: str
    letter: str
    line: int
    fate: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the passage, underlined as `line`, or not at all where that is None."""

    segment: Segment
    line: int | None


@dataclass(frozen=True, slots=True)
class Hearing:
    """A case told: voices by the lists of the case, and the passage with everybody's evidence."""

    opinions: list[Voice]
    labels: list[Voice]
    decision: Voice | None
    history: list[Voice]
    passage: list[Stretch]


def hearing_of(case: Case, viewer: User, *, names: bool) -> Hearing:
    """Tell a case; without `names` people are letters, in the order in which they first spoke."""
    people = dict.fromkeys(row.person_id for row in case.history if row.person_id is not None)
    letters = {pk: _letter(place) for place, pk in enumerate(people)}
    ended = {row.replaces_id: row.action for row in case.history if row.replaces_id}
    told = {row.pk: _voice(row, viewer, letters, ended, names) for row in case.history}
    spans = {
        told[row.pk].letter: row.evidence
        for row in case.opinions
        if row.evidence and row.passage_revision == case.candidate.passage.revision
    }
    places = {letter: place % _LINES for place, letter in enumerate(letters.values())}
    return Hearing(
        opinions=[told[row.pk] for row in case.opinions],
        labels=[told[row.pk] for row in case.labels],
        decision=told[case.decision.pk] if case.decision else None,
        history=list(told.values()),
        passage=_stretches(case.candidate.passage.text.text, spans, places),
    )


def _voice(
    row: Judgment,
    viewer: User,
    letters: Mapping[int, str],
    ended: Mapping[UUID, str],
    names: bool,
) -> Voice:
    letter = letters.get(row.person_id or 0, "")
    if row.person is None:
        name = f"{row.source} (imported)"
    elif row.person_id == viewer.pk:
        name = "You"
    else:
        name = row.person.display_name if names else f"Judge {letter}"
    place = list(letters.values()).index(letter) % _LINES if letter else 0
    return Voice(row, name, letter, place, _fate(row, ended))


def _fate(row: Judgment, ended: Mapping[UUID, str]) -> str:
    if row.current:
        return "holds"
    if row.action == "withdraw":
        return ""
    if row.pk in ended:
        return "withdrawn" if ended[row.pk] == "withdraw" else "replaced"
    return "retired"


def _stretches(
    text: str, spans: Mapping[str, Sequence[Sequence[int]]], places: Mapping[str, int]
) -> list[Stretch]:
    return [
        Stretch(segment, places[segment.marks[0]] if segment.marks else None)
        for segment in evidence_segments(text, spans)
    ]


def _letter(place: int) -> str:
    """Return A to Z, then AA, AB and so on."""
    first, last = divmod(place, len(ascii_uppercase))
    return (_letter(first - 1) if first else "") + ascii_uppercase[last]
