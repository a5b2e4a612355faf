"""Quality against the number of labelled queries: a curve through what was measured, and onwards.

The curve is q(u) = a + b (1 - u^-c) / c, with u the number of queries over today's. It is the
inverse power law a' - b' u^-c, written so that its limit c = 0 is the straight line in ln u: the
one family has both. For a given c it is linear in a and b, so that all c of a grid are fitted
exactly and at once, and no fit starts badly or does not end. Sources: the power law of learning
curves, Mukherjee et al. 2003 and Figueroa et al. 2012; the transform, Box and Cox 1964.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from training.ml.measures.intervals import Floats, interval_level
from training.ml.measures.plan import SIZES_LEAST

SAMPLES: Final = 2_000
FACTORS: Final = (1.5, 2.0, 4.0)
"""What a forecast is made for, in times of today's labels; beyond the last nothing is told."""
EXPONENTS: Final = np.arange(16) / 10
DRAWS_LEAST: Final = 2

Verdict = Literal["told", "beyond", "open"]


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured after training on `queries`: the mean over all held-out queries of all
    draws, n of them, its 95% interval, and how far draws differ beside their level (deviation).
    """

    queries: int
    value: float
    low: float
    high: float
    deviation: float
    n: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """The forecast for `factor` times today's labels, with 95% intervals; the gain is on today."""

    factor: float
    queries: int
    value: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many labelled queries more bring `gain`, between `low` and `high`.

    `verdict` is `told`; `beyond` where even the interval's lower end is more than `most`; `open`
    where the interval reaches beyond that, so that it cannot be told. What is beyond is None.
    """

    gain: float
    verdict: Verdict
    queries: int | None
    low: int | None
    high: int | None
    most: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A fitted curve: today's quality, forecasts, the answer, and what grew from the smallest size.

    `drawn` is the curve with its band at the sizes and between them, as (queries, value, low,
    high). `grew` is the gain from the smallest to the largest measured size, with its interval:
    where that holds 0, no growth is shown.
    """

    exponent: float
    today: float
    low: float
    high: float
    grew: float
    grew_low: float
    grew_high: float
    ahead: tuple[Ahead, ...]
    wanted: Wanted
    drawn: tuple[tuple[int, float, float, float], ...]


def growth_fit(
    sizes: Sequence[int], draws: Sequence[Floats], *, today: int, gain: float, seed: int
) -> Growth:
    """Fit a curve to measured sizes, and look ahead from `today` labelled queries.

    `sizes` are numbers of training queries, ascending, SIZES_LEAST at least. Each draw has the
    values of its own held-out queries, of shape (sizes, queries), after training on its own nested
    subsets. Intervals come from resampling draws, and the queries within each: how queries differ,
    which were drawn to learn from, and chance in training are all in them. Raises ValueError for
    fewer sizes or fewer than DRAWS_LEAST draws.
    """
    if len(sizes) < SIZES_LEAST or len(draws) < DRAWS_LEAST:
        raise ValueError(f"needs {SIZES_LEAST} sizes and {DRAWS_LEAST} draws")
    at = np.asarray(sizes, dtype=np.float64) / today
    whole = np.concatenate(list(draws), axis=1).mean(axis=1)[None, :]
    own = _fit(at, whole)
    sampled = _fit(at, _resampled(draws, seed))
    level = interval_level(_units(draws))
    points = [_ahead(factor, today, own, sampled, level) for factor in FACTORS]
    first, last = (np.array([size]) for size in (at[0], at[-1]))
    grew = _between(own, first, last)
    grew_low, grew_high = _ends(_between(sampled, first, last), level)
    low, high = _ends(_at(sampled, np.ones(1))[:, 0], level)
    return Growth(
        exponent=float(own.c[0]),
        today=float(_at(own, np.ones(1))[0, 0]),
        low=low,
        high=high,
        grew=float(grew[0]),
        grew_low=grew_low,
        grew_high=grew_high,
        ahead=tuple(points),
        wanted=_wanted(own, sampled, today, gain, level),
        drawn=_drawn(sizes, today, own, sampled, level),
    )


def points_measured(sizes: Sequence[int], draws: Sequence[Floats], *, seed: int) -> list[Point]:
    """Sum up what was measured at each size; arguments as in `growth_fit`."""
    level = interval_level(_units(draws))
    bands = np.quantile(_resampled(draws, seed), [level, 1 - level], axis=0)
    values = np.concatenate(list(draws), axis=1)
    by_draw = np.stack([each.mean(axis=1) for each in draws])
    spread = (by_draw - by_draw.mean(axis=1, keepdims=True)).std(axis=0, ddof=1)
    columns = zip(sizes, values.mean(axis=1), *bands, spread, strict=True)
    return [
        Point(size, float(value), float(low), float(high), float(deviation), values.shape[1])
        for size, value, low, high, deviation in columns
    ]


@dataclass(frozen=True, slots=True)
class _Curves:
    """Curves by row: a, b and c, each of shape (n,)."""

    a: Floats
    b: Floats
    c: Floats


def _fit(at: Floats, values: Floats) -> _Curves:
    """Fit a curve to each row of `values`, shape (n, sizes), by least squares.

    A curve that would end above 1, which no measure does, is not among those to choose from; the
    line in ln u is, and its forecast is cut at 1.
    """
    rows = len(values)
    best = np.full(rows, np.inf)
    a, b, c = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    for exponent in EXPONENTS:
        x = _bent(at, np.array([exponent]))[0]
        design = np.stack([np.ones_like(x), x], axis=1)
        found = values @ np.linalg.pinv(design).T
        rest = ((values - found @ design.T) ** 2).sum(axis=1)
        ends = found[:, 0] + found[:, 1] / exponent if exponent else found[:, 0]
        better = (rest < best - 1e-15) & (ends <= 1.0)
        if exponent == 0:
            better = np.ones(rows, dtype=np.bool_)
        best[better] = rest[better]
        a[better], b[better], c[better] = found[better, 0], found[better, 1], exponent
    return _Curves(a, b, c)


def _bent(at: Floats, c: Floats) -> Floats:
    """(1 - u^-c) / c, and ln u where c is 0; shape (c, u)."""
    logs = np.log(at)[None, :]
    safe = np.where(c == 0, 1.0, c)[:, None]
    return np.where(c[:, None] == 0, logs, -np.expm1(-safe * logs) / safe)


def _at(curves: _Curves, at: Floats) -> Floats:
    return np.clip(curves.a[:, None] + curves.b[:, None] * _bent(at, curves.c), 0.0, 1.0)


def _between(curves: _Curves, first: Floats, last: Floats) -> Floats:
    return (_at(curves, last) - _at(curves, first))[:, 0]


def _resampled(draws: Sequence[Floats], seed: int) -> Floats:
    """Means of resampled draws with resampled queries, shape (SAMPLES, sizes)."""
    rng = np.random.default_rng([seed, 11])
    chosen = rng.multinomial(len(draws), np.full(len(draws), 1 / len(draws)), size=SAMPLES)
    total = np.zeros((SAMPLES, len(draws[0])))
    counted = np.zeros(SAMPLES)
    for place, values in enumerate(draws):
        queries = values.shape[1]
        times = chosen[:, place] * queries
        weights = rng.multinomial(times, np.full(queries, 1 / queries)).astype(np.float64)
        total += weights @ values.T
        counted += times
    return np.asarray(total / counted[:, None], dtype=np.float64)


def _units(draws: Sequence[Floats]) -> int:
    """What the intervals' t counts: nearer to the few draws than to the many queries of each.

    Found by simulation: tests/training/test_a_forecast_covers_what_it_claims.py.
    """
    return 3 * len(draws)


def _ends(sampled: Floats, level: float) -> tuple[float, float]:
    low, high = np.quantile(sampled, [level, 1 - level])
    return float(low), float(high)


def _ahead(factor: float, today: int, own: _Curves, sampled: _Curves, level: float) -> Ahead:
    now, then = np.ones(1), np.array([factor])
    low, high = _ends(_at(sampled, then)[:, 0], level)
    gain_low, gain_high = _ends(_between(sampled, now, then), level)
    return Ahead(
        factor=factor,
        queries=round(factor * today),
        value=float(_at(own, then)[0, 0]),
        low=low,
        high=high,
        gain=float(_between(own, now, then)[0]),
        gain_low=gain_low,
        gain_high=gain_high,
    )


def _wanted(own: _Curves, sampled: _Curves, today: int, gain: float, level: float) -> Wanted:
    most = FACTORS[-1]
    point = _reached(own, gain)[0]
    low, high = _ends(np.minimum(_reached(sampled, gain), 1e9), level)
    verdict: Verdict = "beyond" if low > most else "told" if max(point, high) <= most else "open"

    def more(times: float) -> int | None:
        return max(1, round((times - 1) * today)) if times <= most else None

    return Wanted(gain, verdict, more(point), more(low), more(high), round((most - 1) * today))


def _reached(curves: _Curves, gain: float) -> NDArray[np.float64]:
    """The u at which a curve is `gain` above today's; infinite where it never is."""
    found = np.full(len(curves.a), np.inf)
    rising = (curves.b > 0) & (np.clip(curves.a, 0.0, 1.0) + gain <= 1.0)
    x = gain / np.where(rising, curves.b, 1.0)
    line = rising & (curves.c == 0)
    found[line] = np.exp(np.minimum(x[line], 50.0))
    bent = rising & (curves.c > 0) & (curves.c * x < 1)
    c = curves.c[bent]
    found[bent] = np.exp(np.minimum(-np.log1p(-c * x[bent]) / c, 50.0))
    return found


def _drawn(
    sizes: Sequence[int], today: int, own: _Curves, sampled: _Curves, level: float
) -> tuple[tuple[int, float, float, float], ...]:
    ahead = [round(factor * today) for factor in FACTORS]
    places = sorted({*sizes, today, *ahead})
    at = np.asarray(places, dtype=np.float64) / today
    values = _at(own, at)[0]
    bands = np.quantile(_at(sampled, at), [level, 1 - level], axis=0)
    return tuple(
        (place, float(value), float(low), float(high))
        for place, value, low, high in zip(places, values, *bands, strict=True)
    )
