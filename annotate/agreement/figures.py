"""A measure's value with what it rests on, and the names of the measures. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

COHEN: Final = {"cohen": "nominal", "cohen_linear": "linear", "cohen_quadratic": "quadratic"}
ALPHA: Final = {
    "alpha_nominal": "nominal",
    "alpha_ordinal": "ordinal",
    "alpha_interval": "interval",
}
MEASURES: Final = ("percent", *COHEN, "fleiss", *ALPHA)
NOMINAL: Final = ("percent", "cohen", "fleiss", "alpha_nominal")
"""The measures of what has no order, such as preferences."""

NAMES: Final[Mapping[str, str]] = {
    "percent": "Percent agreement",
    "cohen": "Cohen's kappa",
    "cohen_linear": "Cohen's kappa, linear weights",
    "cohen_quadratic": "Cohen's kappa, quadratic weights",
    "fleiss": "Fleiss' kappa",
    "alpha_nominal": "Krippendorff's alpha, nominal",
    "alpha_ordinal": "Krippendorff's alpha, ordinal",
    "alpha_interval": "Krippendorff's alpha, interval",
}


class Basis(NamedTuple):
    """What a figure rests on: see `Figure`."""

    units: int
    pairs: int
    judges: int
    queries: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure with its 95% interval, and what it rests on; `why` says why a part is missing.

    `units` are candidates with several judgments, `pairs` the pairs of judgments on them,
    `judges` and `queries` those they come from.
    """

    value: float | None
    low: float | None
    high: float | None
    units: int
    pairs: int
    judges: int
    queries: int
    why: str = ""


Figures = Mapping[str, Figure]
