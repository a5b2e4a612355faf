"""The same passage judged differently under one query, or under its near-identical twins. Pure."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from annotate.agreement.observed import Floats, Ints

KEPT_MAX: Final = 500
"""The groups that are kept, those that differ most; how many there are is counted in full."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Candidates that are the same to a reader and have different grades.

    `difference` is that of the lowest and the highest mean grade, in grade values; `candidates`
    are in ascending order of their mean grade.
    """

    difference: float
    candidates: list[int]


def conflicts_of(
    candidate: Ints, group: Ints, passage: Ints, title: Ints, grade: Floats
) -> tuple[int, list[Conflict]]:
    """Return how many conflicts there are, and those that differ most, the largest first.

    One entry per judgment: its `candidate`, the `group` of its query and that query's twins, the
    `passage`'s text and `title` as numbers, and the grade's value. A conflict is two or more
    candidates of one group with the same text and title and different mean grades. Differences
    between judges on one and the same candidate are none: agreement is about these.
    """
    order = np.lexsort((candidate, title, passage, group))
    candidate, grade = candidate[order], grade[order]
    keys = np.stack([group[order], passage[order], title[order]])
    first = _changes(candidate[None, :])
    starts = np.flatnonzero(first)
    if not len(starts):
        return 0, []
    sizes = np.diff(np.append(starts, len(candidate)))
    means = np.add.reduceat(grade, starts) / sizes
    heads = np.flatnonzero(_changes(keys[:, starts]))
    several = np.diff(np.append(heads, len(starts))) > 1
    difference = np.maximum.reduceat(means, heads) - np.minimum.reduceat(means, heads)
    (found,) = np.nonzero(several & (difference > 1e-9))
    best = found[np.lexsort((candidate[starts[heads[found]]], -difference[found]))][:KEPT_MAX]
    ends = np.append(heads, len(starts))
    conflicts = []
    for row in best.tolist():
        inside = slice(ends[row], ends[row + 1])
        by_grade = np.argsort(means[inside], kind="stable")
        conflicts.append(
            Conflict(float(difference[row]), candidate[starts[inside]][by_grade].tolist())
        )
    return len(found), conflicts


def _changes(rows: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say where a column differs from the one before it."""
    differs = np.any(rows[:, 1:] != rows[:, :-1], axis=0)
    return np.append(np.ones(min(1, rows.shape[1]), dtype=np.bool_), differs)
