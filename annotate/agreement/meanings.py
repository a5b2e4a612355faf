"""What the measures mean, and what to do about them, in sentences. Pure, and light to import."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

MEANINGS: Final[Mapping[str, str]] = {
    "percent": "How often two people give a candidate the same grade. Chance alone does that, too:"
    " the more often, the more common one grade is.",
    "cohen": "How far two people agree beyond chance: 0 is chance, 1 is perfect. Overall it is"
    " the mean over all pairs of judges, each by the candidates they share.",
    "cohen_linear": "The same, where a disagreement counts by the number of grades in between.",
    "cohen_quadratic": "The same, by the square of that number: far disagreements weigh most.",
    "fleiss": "How far all judges agree beyond chance, over the candidates that have the most"
    " common number of judgments.",
    "alpha_nominal": "How far all judges agree beyond chance, whoever judged how much; every"
    " disagreement counts the same.",
    "alpha_ordinal": "The same for grades in an order, which is the usual figure for relevance:"
    " 0.8 and more is reliable, on less than 0.667 nothing should rest.",
    "alpha_interval": "The same for grades whose values are equally far apart.",
}
DISAGREEMENTS_MIN: Final = 8
"""Disagreements below which no pattern is told."""
_RELIABLE, _TENTATIVE = 0.8, 0.667
_BY_CHANCE: Final = 0.3

Table = Sequence[Sequence[int]]
Grades = Sequence[Mapping[str, Any]]
"""The scheme's grades, worst first, as `{value, name}`."""


def advice_on_all(figures: Mapping[str, Any], tables: Sequence[Table], grades: Grades) -> list[str]:
    """Return what the figures of a project ask for; nothing where nothing is amiss.

    `tables` are the confusion tables of all pairs of judges.
    """
    percent, alpha = figures["percent"], figures["alpha_ordinal"]
    if not alpha["units"]:
        told = "Nobody can be compared yet: let two or more people judge each candidate."
        return [f"{told} The overlap in the settings says how many."]
    told_all = [*_level(alpha["value"]), *_by_chance(percent["value"], alpha["value"])]
    steps = range(len(grades))
    summed = [[sum(table[i][j] for table in tables) for j in steps] for i in steps]
    return told_all + _border(summed, grades, "Most disagreements are")


def advice_on_pair(table: Table, grades: Grades, one: str, other: str) -> list[str]:
    """Return what the confusion table of two judges asks for."""
    told = _border(table, grades, f"{one} and {other} disagree mostly")
    return told + _strictness(table, one, other)


def _level(alpha: float | None) -> list[str]:
    """Krippendorff 2004, Content Analysis, p. 241: rely on 0.8 or more, never on less than 2/3."""
    if alpha is None or alpha >= _RELIABLE:
        return []
    if alpha >= _TENTATIVE:
        return [
            "Labels that agree to this degree carry tentative conclusions only (alpha below 0.8)."
        ]
    told = "Labels that agree this little carry no conclusions (alpha below 0.667): sharpen the"
    return [f"{told} guidelines, judge some candidates together, adjudicate what is disputed."]


def _by_chance(percent: float | None, alpha: float | None) -> list[str]:
    if percent is None or alpha is None or percent - alpha < _BY_CHANCE:
        return []
    told = "People agree often, but much of that is chance, since one grade is by far the most"
    return [f"{told} common. The agreement on single grades says more."]


def _border(table: Table, grades: Grades, beginning: str) -> list[str]:
    steps = range(len(grades))
    found = {(i, j): table[i][j] + table[j][i] for i in steps for j in steps if i < j}
    total = sum(found.values())
    if total < DISAGREEMENTS_MIN or len(found) < 2:  # two grades have but one border
        return []
    (low, high), count = max(found.items(), key=lambda item: item[1])
    if count * 2 < total:
        return []
    names = " and ".join(f"“{grades[at]['value']} {grades[at]['name']}”" for at in (low, high))
    told = f"{beginning} between {names} ({count:,} of {total:,} disagreements):"
    return [f"{told} the guidelines need a sentence that tells the two apart."]


def _strictness(table: Table, one: str, other: str) -> list[str]:
    steps = range(len(table))
    higher = sum(table[i][j] for i in steps for j in steps if i > j)
    lower = sum(table[i][j] for i in steps for j in steps if i < j)
    most, total = max(higher, lower), higher + lower
    if total < DISAGREEMENTS_MIN or most * 4 < total * 3:
        return []
    kinder, stricter = (one, other) if higher > lower else (other, one)
    told = f"{kinder} gives the higher grade in {most:,} of {total:,} disagreements with {stricter}"
    return [f"{told}: let the two talk over where a grade begins."]
