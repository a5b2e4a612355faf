"""All measures of what was observed, each with what it rests on and its interval. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from annotate.agreement import forms
from annotate.agreement.estimates import alpha_of, cohen_mean_of, cohen_of, fleiss_of
from annotate.agreement.figures import ALPHA, COHEN, MEASURES, Basis, Figure, Figures
from annotate.agreement.observed import Floats, Ints, Observed
from annotate.agreement.resampling import draws, interval
from annotate.agreement.tallies import Tables, Tally, fleiss_size

PAIRS_MAX: Final = 500
"""Pairs of judges that kappa is taken of: those with the most candidates in common."""

NOBODY: Final = "no candidate has judgments of two people"
ONE_GRADE: Final = "all who can be compared gave one and the same grade"
NO_KAPPA: Final = "no two judges differ in what they gave to the candidates they share"
ONE_QUERY: Final = "no interval: one query says nothing of how much queries differ"
NO_SPREAD: Final = "no interval: it is the same, or not defined, whichever queries are drawn"


@dataclass(frozen=True, slots=True)
class JudgePair:
    """Two judges: their figures, and their candidates by the grade of the one and of the other."""

    one: int
    other: int
    table: Ints
    figures: Figures


@dataclass(slots=True)
class Measured:
    """The figures of all that was observed, of every grade, and of every two judges."""

    figures: dict[str, Figure]
    grades: list[Figure] = field(default_factory=list)
    relevant: Figure | None = None
    pairs: list[JudgePair] = field(default_factory=list)


def measure(observed: Observed, *, whole: bool = False) -> Measured:
    """Measure agreement; `whole` adds the grades and the pairs of judges."""
    n = _counted(observed)
    if not n.units:
        return Measured({name: figure_of(np.nan, None, n, NOBODY) for name in MEASURES})
    tally = Tally.of_queries(observed)
    tables = Tables.of_queries(observed, PAIRS_MAX)
    chosen = _chosen_grades(observed) if whole else []
    resampled = _Resampled(whole)
    beside = tables.rows.shape[0]
    for weights in draws(n.queries, beside=beside):
        resampled.add(tally.weighted(weights), tables.weighted(weights), observed, chosen)
    total = tally.weighted(np.ones((1, n.queries)))
    points = _points(observed, total, tables.total())
    found = Measured({name: _figure(points[name], resampled.all(name), n, name, observed)
                      for name in MEASURES})  # fmt: skip
    if whole:
        specifics = [
            _specific(total.pairs[0], grades, resampled.all(f"grade {row}"), n)
            for row, grades in enumerate(chosen)
        ]
        *found.grades, found.relevant = specifics
        found.pairs = _judge_pairs(tables, resampled, np.array(observed.scheme.values))
    return found


class _Resampled:
    """The measures on every resample, block by block."""

    def __init__(self, whole: bool) -> None:
        self._whole = whole
        self._blocks: dict[str, list[Floats]] = {}

    def add(
        self, tally: Tally, tables: Floats, observed: Observed, chosen: Iterable[Floats]
    ) -> None:
        values = np.array(observed.scheme.values)
        shared = tables.sum(axis=(-2, -1))
        self._keep("percent", forms.percent(tally.pairs))
        for name, kind in COHEN.items():
            kappas = forms.cohen(tables, forms.cohen_weights(len(values), kind))
            self._keep(name, forms.mean_over_pairs(kappas, shared))
            if self._whole:
                self._keep(f"pairs {name}", kappas)
        fleiss = (tally.fleiss_units, tally.fleiss_agreeing, tally.fleiss_counts)
        self._keep("fleiss", forms.fleiss(*fleiss))
        for name, level in ALPHA.items():
            self._keep(name, forms.alpha(tally.coincidences, level, values))
        for row, grades in enumerate(chosen):
            self._keep(f"grade {row}", forms.specific(tally.pairs, grades))
        if self._whole:
            for name, of_pairs in pair_forms(tables, values).items():
                self._keep(f"pairs {name}", of_pairs)

    def all(self, name: str) -> Floats:
        return np.concatenate(self._blocks[name])

    def _keep(self, name: str, values: Floats) -> None:
        self._blocks.setdefault(name, []).append(values)


def pair_forms(tables: Floats, values: Ints) -> dict[str, Floats]:
    """Return the measures but Cohen's of every two judges, from tables (…, k, k)."""
    both = tables + np.swapaxes(tables, -2, -1)  # two judgments each: every pair, in both orders
    candidates, agreeing = tables.sum(axis=(-2, -1)), np.trace(tables, axis1=-2, axis2=-1)
    found = {
        "percent": forms.percent(tables),
        "fleiss": forms.fleiss(candidates, agreeing, both.sum(axis=-1)),
    }
    return found | {name: forms.alpha(both, level, values) for name, level in ALPHA.items()}


def _points(observed: Observed, total: Tally, tables: Floats) -> dict[str, float]:
    values = np.array(observed.scheme.values)
    return {
        "percent": float(forms.percent(total.pairs[0])),
        **{name: cohen_mean_of(tables, name) for name in COHEN},
        "fleiss": fleiss_of(observed.units),
        **{name: alpha_of(total.coincidences[0], name, values) for name in ALPHA},
    }


def _counted(observed: Observed) -> Basis:
    units = observed.units
    return Basis(
        units=len(units.candidate),
        pairs=len(observed.pairs.unit),
        judges=observed.judges,
        queries=len(units.queries),
    )


def _figure(value: float, sampled: Floats, n: Basis, name: str, observed: Observed) -> Figure:
    if name == "fleiss":  # the others rest on all there is
        sizes = observed.units.sizes
        size = fleiss_size(sizes)
        alike = observed.units.query[sizes == size]
        pairs = len(alike) * size * (size - 1) // 2
        n = n._replace(units=len(alike), pairs=pairs, queries=len(np.unique(alike)))
    return figure_of(value, sampled, n, NO_KAPPA if name in COHEN else ONE_GRADE)


def figure_of(value: float, sampled: Floats | None, n: Basis, why: str) -> Figure:
    """Return a figure; `why` is told where the value is NaN, and why there is no interval."""
    if np.isnan(value) or sampled is None:
        return Figure(None, None, None, *n, why=f"not defined, because {why}")
    found = interval(sampled, n.queries)
    if found is None:
        return Figure(value, None, None, *n, why=ONE_QUERY if n.queries < 2 else NO_SPREAD)
    # A skewed resampling may leave the value itself outside by a hair.
    return Figure(value, min(found[0], value), max(found[1], value), *n)


def _chosen_grades(observed: Observed) -> list[Floats]:
    """Return the grades whose specific agreement is asked for: each alone, then the relevant."""
    return [*np.eye(len(observed.scheme)), np.array(observed.scheme.relevant, dtype=np.float64)]


def _specific(pairs: Floats, chosen: Floats, sampled: Floats, n: Basis) -> Figure:
    both = float(np.einsum("ij,i,j->", pairs, chosen, chosen))
    given = float(np.einsum("ij,i->", pairs, chosen))
    rests = n._replace(pairs=round(given - both / 2))
    return figure_of(float(forms.specific(pairs, chosen)), sampled, rests, "nobody gave it")


def _judge_pairs(tables: Tables, resampled: _Resampled, values: Ints) -> list[JudgePair]:
    sampled = {name: resampled.all(f"pairs {name}") for name in MEASURES}
    total = tables.total()
    points = pair_forms(total, values)
    points |= {name: np.array([cohen_of(table, name) for table in total]) for name in COHEN}
    candidates, queries = total.sum(axis=(1, 2)).astype(int), tables.queries()
    return [
        JudgePair(
            one=int(tables.one[row]),
            other=int(tables.other[row]),
            table=total[row].astype(np.int64),
            figures={
                name: figure_of(
                    float(points[name][row]),
                    sampled[name][:, row],
                    Basis(int(candidates[row]), int(candidates[row]), 2, int(queries[row])),
                    ONE_GRADE,
                )
                for name in MEASURES
            },
        )
        for row in range(len(total))
    ]  # fmt: skip
