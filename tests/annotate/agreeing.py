"""Small words for the tests of agreement."""

from collections.abc import Sequence

import numpy as np

from annotate.agreement.observed import Judgments, Observed, Scheme, observe


def scheme_of(steps: int, *, relevant_from: int = 1) -> Scheme:
    values = tuple(range(steps))
    names = tuple(f"grade {value}" for value in values)
    relevant = tuple(value >= relevant_from for value in values)
    return Scheme(values, names, tuple(map(float, values)), relevant)


def judged(rows: Sequence[tuple[int, int, int, int]], steps: int) -> Observed:
    """Observe (query, candidate, judge, grade) rows under a scheme of so many steps from 0."""
    query, candidate, judge, grade = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    month = np.full(len(rows), 2026 * 12)
    return observe(Judgments(query, candidate, judge, grade, month), scheme_of(steps))


def from_counts(counts: Sequence[Sequence[int]]) -> Observed:
    """Observe units given as counts of grades, a query each; judges are numbered within a unit."""
    rows = []
    for unit, per_grade in enumerate(counts):
        grades = [grade for grade, count in enumerate(per_grade) for _ in range(count)]
        rows += [(unit, unit, judge, grade) for judge, grade in enumerate(grades)]
    return judged(rows, len(counts[0]))


def from_table(table: Sequence[Sequence[int]]) -> Observed:
    """Observe two judges whose candidates are counted by their grades, ten to a query."""
    rows: list[tuple[int, int, int, int]] = []
    for one, per_other in enumerate(table):
        for other, count in enumerate(per_other):
            for _ in range(count):
                unit = len(rows) // 2
                rows += [(unit // 10, unit, 1, one), (unit // 10, unit, 2, other)]
    return judged(rows, len(table))
