"""What came of a job that trained to learn about labels: a learning curve, or a check of labels."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

HEADLINE: Final = "nDCG@10"
TOLD: Final = "told"
BEYOND: Final = "beyond"
POOR: Final = 0.6  # AUC below which a model's doubts say little


@dataclass(frozen=True, slots=True)
class More:
    """So many more judgments, of so many queries; None where it is more than is looked ahead."""

    judgments: int
    queries: int


@dataclass(slots=True)
class CurveOutcome:
    """What a learning curve has measured, and what lies ahead.

    `today` counts queries of the training split, `queries` and `judgments` those of the snapshot;
    `measured` the held-out queries of all `draws`; `untouched` is the base's own nDCG@10 on them.
    `points` and `growth` are `measures.growth.Point` and `Growth` as JSON.
    """

    today: int = 0
    queries: int = 0
    judgments: int = 0
    per_query: float = 0.0
    share: float = 1.0
    measured: int = 0
    draws: int = 0
    untouched: float = 0.0
    points: Sequence[Mapping[str, Any]] = ()
    growth: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> Self:
        """Read what `to_dict` wrote."""
        return cls(**(stored or {}))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)

    def more(self, queries: int | None) -> More | None:
        """Say what so many more training queries take, with what goes to the other splits."""
        if queries is None:
            return None
        every = queries / self.share
        return More(round(every * self.per_query), round(every))

    @property
    def wanted(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.growth["wanted"]
        return found

    @property
    def verdict(self) -> str:
        """`told`, `beyond` or `open`; see `measures.growth.Wanted`."""
        return str(self.wanted["verdict"])

    @property
    def about(self) -> More | None:
        return self.more(self.wanted["queries"])

    @property
    def least(self) -> More | None:
        return self.more(self.wanted["low"])

    @property
    def highest(self) -> More | None:
        return self.more(self.wanted["high"])

    @property
    def most(self) -> More | None:
        return self.more(self.wanted["most"])

    @property
    def flat(self) -> bool:
        """Whether no growth is shown from the smallest to the largest size."""
        return bool(self.growth["grew_low"] <= 0)

    @property
    def ahead(self) -> list[tuple[Mapping[str, Any], More | None]]:
        """Each forecast with what it takes."""
        rows = self.growth["ahead"]
        return [(row, self.more(row["queries"] - self.today)) for row in rows]

    @property
    def drawn(self) -> list[dict[str, Any]]:
        """The curve with its band, and what was measured, by number of training queries."""
        measured = {row["queries"]: row["value"] for row in self.points}
        return [
            {"queries": n, "value": value, "low": low, "high": high, "measured": measured.get(n)}
            for n, value, low, high in self.growth["drawn"]
        ]

    @property
    def sentence(self) -> str:
        """The answer in one sentence, for people and logs."""
        goal = f"+{self.wanted['gain']:g} {HEADLINE}"
        about, least, highest, most = self.about, self.least, self.highest, self.most
        assert most is not None, "how far one looks ahead is known"
        if self.verdict == TOLD and about and least and highest:
            return (
                f"About {_said(about)} for {goal}: between {least.judgments:,} and"
                f" {highest.judgments:,} with 95% confidence."
            )
        if self.verdict == BEYOND:
            return f"Not within {_said(most)}: so many would not bring {goal}."
        seems = f" {_said(about, 'about')} seem likeliest," if about else ""
        start = f" fewer than {least.judgments:,} are unlikely," if least else ""
        return (
            f"It cannot be told how many more judgments bring {goal}:{seems}{start} and more than"
            f" {most.judgments:,} cannot be ruled out."
        )


@dataclass(slots=True)
class DoubtOutcome:
    """What a check of labels has counted: `kept` of its doubts are stored, the strongest ones.

    `auc` says how well models told relevant passages of unseen queries from others; `confident` is
    confident learning's estimate of how many labels are wrong; `gone` counts doubted labels whose
    candidates were withdrawn or erased meanwhile.
    """

    pairs: int = 0
    queries: int = 0
    relevant: int = 0
    folds: int = 0
    auc: float | None = None
    confident: int = 0
    kept: int = 0
    gone: int = 0

    @property
    def others(self) -> int:
        """Pairs that are not relevant."""
        return self.pairs - self.relevant

    @property
    def poor(self) -> bool:
        """Whether the models know too little for their doubts to mean much."""
        return self.auc is None or self.auc < POOR

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> Self:
        """Read what `to_dict` wrote."""
        return cls(**(stored or {}))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-able values."""
        return asdict(self)


def _said(more: More, about: str = "") -> str:
    start = f"{about} " if about else ""
    return f"{start}{more.judgments:,} more judgments ({more.queries:,} queries)"
