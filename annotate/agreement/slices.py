"""Parts of what was observed, each measured on its own. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from annotate.agreement.figures import Figures
from annotate.agreement.measures import measure
from annotate.agreement.observed import Ints, Mask, Observed

UNITS_MIN: Final = 20
QUERIES_MIN: Final = 3
RUNS_MAX: Final = 10
MONTHS_MAX: Final = 12

LENGTH: Final = "Query length"
RUN: Final = "Run"
MONTH: Final = "Month of the last judgment"


@dataclass(frozen=True, slots=True)
class Slice:
    """A part with its figures; empty where it is too small to say anything, as `why` tells."""

    kind: str
    name: str
    units: int
    queries: int
    figures: Figures
    why: str = ""


def slices_of(
    observed: Observed,
    whole: Figures,
    lengths: Mapping[int, int],
    runs: Mapping[str, Ints],
    facets: Mapping[str, Mapping[str, Ints]] | None = None,
) -> list[Slice]:
    """Measure by the team's own metadata, by the length of the query (in thirds), by run, by month.

    `whole` are the figures of all that was observed, which a slice of all of it has, too;
    `lengths` are the characters of each query, `runs` the candidates that each run proposed,
    `facets` those of each value under the name of what they are values of. A
    slice of less than UNITS_MIN candidates or QUERIES_MIN queries is listed without figures. A
    kind with a single slice is not listed: it would be the whole once more. Nor are values of
    metadata of which none is large enough: most are names of things, such as ids, and no parts.
    """
    kinds = (
        *(_by_facet(observed, name, values) for name, values in (facets or {}).items()),
        list(_by_length(observed, lengths)),
        list(_by_run(observed, runs)),
        list(_by_month(observed)),
    )
    return [
        _measured(observed, whole, kind, name, chosen)
        for slices in kinds
        if len(slices) > 1
        for kind, name, chosen in slices
    ]


def _measured(observed: Observed, whole: Figures, kind: str, name: str, chosen: Mask) -> Slice:
    part = observed.within(chosen)
    units, queries = len(part.units.candidate), len(part.units.queries)
    if not _large(units, queries):
        why = (
            f"too small: {units} candidate{'s' * (units != 1)} with several judgments in {queries}"
            f" quer{'y' if queries == 1 else 'ies'}; at least {UNITS_MIN} in {QUERIES_MIN} are"
            " needed"
        )
        return Slice(kind, name, units, queries, {}, why)
    figures = whole if chosen.all() else measure(part).figures
    return Slice(kind, name, units, queries, figures)


def _large(units: int, queries: int) -> bool:
    return units >= UNITS_MIN and queries >= QUERIES_MIN


def _by_facet(
    observed: Observed, kind: str, values: Mapping[str, Ints]
) -> list[tuple[str, str, Mask]]:
    units = observed.units
    found = {value: np.isin(units.candidate, ids) for value, ids in values.items()}
    if not any(
        _large(int(mask.sum()), len(np.unique(units.query[mask]))) for mask in found.values()
    ):
        return []
    ordered = sorted(found, key=lambda value: (-int(found[value].sum()), value))
    rest = ~np.any(list(found.values()), axis=0)
    parts = [(kind, value, found[value]) for value in ordered if found[value].any()]
    return [*parts, (kind, "without", rest)] if rest.any() else parts


def _by_length(observed: Observed, lengths: Mapping[int, int]) -> Iterator[tuple[str, str, Mask]]:
    per_query = np.array([lengths[query] for query in observed.units.queries.tolist()], dtype=int)
    if not len(per_query):
        return
    low, high = np.quantile(per_query, [1 / 3, 2 / 3], method="inverted_cdf").astype(int)
    mine = per_query[observed.units.query]
    yield LENGTH, f"short: up to {low} characters", mine <= low
    if low < high:
        yield LENGTH, f"middling: {low + 1} to {high}", (mine > low) & (mine <= high)
    if high < per_query.max():
        yield LENGTH, f"long: {high + 1} and more", mine > high


def _by_run(observed: Observed, runs: Mapping[str, Ints]) -> Iterator[tuple[str, str, Mask]]:
    found = {name: np.isin(observed.units.candidate, ids) for name, ids in runs.items()}
    largest = sorted(found, key=lambda name: (-int(found[name].sum()), name))[:RUNS_MAX]
    for name in largest:
        if found[name].any():
            yield RUN, name, found[name]
    if runs:
        nowhere = ~np.any(list(found.values()), axis=0)
        if nowhere.any():
            yield RUN, "in no run", nowhere


def _by_month(observed: Observed) -> Iterator[tuple[str, str, Mask]]:
    for month in np.unique(observed.units.month)[-MONTHS_MAX:].tolist():
        yield MONTH, f"{month // 12:04d}-{month % 12 + 1:02d}", observed.units.month == month
