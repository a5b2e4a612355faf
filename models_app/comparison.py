"""Two versions side by side: figures on the same splits, and what went in differently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models_app.evidence import Difference as Lead
from models_app.figures import (
    BINARY,
    HEADLINE,
    HEADLINE_SPLIT,
    MODEL,
    Figure,
    figure_of,
    metric_unit,
    metrics_of,
    split_title,
    splits_of,
    system_title,
    systems_of,
)
from models_app.lineage import Difference, differences
from models_app.models import Version

Metrics = Mapping[str, Any]
"""Split -> system -> metric -> figure, as `Version.metrics` holds them."""


@dataclass(frozen=True, slots=True)
class Met:
    """Where two versions were measured on the same qrels, if not at their making.

    `snapshot` names these; `a` and `b` are their figures there, `warnings` what one of them knew of
    the test queries beforehand.
    """

    snapshot: str
    a: Metrics
    b: Metrics
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Pairing:
    """One metric of one system on one split in both versions. `n` counts `unit`s.

    `paired` is b minus a over the same queries with its test, where that is known.
    """

    split: str
    system: str
    metric: str
    unit: str
    a: Figure | None
    b: Figure | None
    paired: Lead | None = None

    @property
    def split_title(self) -> str:
        return split_title(self.split)

    @property
    def system_title(self) -> str:
        return "The version" if self.system == MODEL else system_title(self.system)

    @property
    def title(self) -> str:
        return BINARY.get(self.metric, self.metric)

    @property
    def counts(self) -> str:
        """The n of each, once where they are the same."""
        return " / ".join(dict.fromkeys(f"{side.n:,}" for side in (self.a, self.b) if side))

    @property
    def is_model(self) -> bool:
        return self.system == MODEL

    @property
    def decides(self) -> bool:
        """Whether this is the one comparison that was asked; all others are read beside it."""
        return (self.split, self.system, self.metric) == (HEADLINE_SPLIT, MODEL, HEADLINE)

    @property
    def delta(self) -> float | None:
        """b minus a."""
        return self.b.value - self.a.value if self.a and self.b else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two versions measured and what differs in what they were made from.

    `same_snapshot` says whether figures were measured on the same frozen qrels; where not, a
    difference between them says nothing about the models. `measured_on` names the snapshot on which
    both were evaluated later, whose figures these are then.
    """

    a: Version
    b: Version
    same_snapshot: bool
    metrics: list[Pairing]
    recipe: list[Difference]
    dataset: list[Difference]
    packages: list[Difference]
    measured_on: str = ""
    warnings: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        """What the figures show about the two, and what they do not, in a sentence."""
        a, b = self.a.tag, self.b.tag
        if self.a == self.b:
            return f"{a} is compared with itself."
        if not self.same_snapshot:
            return (
                f"{a} and {b} were measured on different snapshots: a difference between their"
                " figures says nothing about the models. Evaluate both on one snapshot to compare"
                " them."
            )
        wanted = (HEADLINE_SPLIT, MODEL, HEADLINE)
        rows = (row for row in self.metrics if (row.split, row.system, row.metric) == wanted)
        lead = next((row.paired for row in rows), None)
        if lead is None:
            return f"Scores per query are not stored for both {a} and {b}: nothing was tested."
        said = {"better": "ranks better than", "worse": "ranks worse than"}
        words = said.get(lead.word, "is not shown to differ from")
        where = f" of snapshot {self.measured_on}" if self.measured_on else ""
        return f"On {lead.n} test quer{'y' if lead.n == 1 else 'ies'}{where} {b} {words} {a}."


def same_snapshot(a: Version, b: Version) -> bool:
    """Say whether two versions were measured on the same frozen qrels."""
    return bool(a.snapshot_digest) and a.snapshot_digest == b.snapshot_digest


def versions_compare(
    a: Version,
    b: Version,
    *,
    paired: Mapping[tuple[str, str], Lead] | None = None,
    met: Met | None = None,
) -> Comparison:
    """Compare two versions from their stored records alone, or by what they came to where they met.

    `paired` holds b minus a by (split, metric), from who keeps the scores per query.
    """
    return Comparison(
        a=a,
        b=b,
        same_snapshot=met is not None or same_snapshot(a, b),
        metrics=_pairings(met.a if met else a.metrics, met.b if met else b.metrics, paired or {}),
        recipe=differences(*_known_to_both(_recipe(a), _recipe(b))),
        dataset=differences(_data(a), _data(b)),
        packages=differences(_software(a), _software(b)),
        measured_on=met.snapshot if met else "",
        warnings=met.warnings if met else (),
    )


def _pairings(a: Metrics, b: Metrics, paired: Mapping[tuple[str, str], Lead]) -> list[Pairing]:
    found = {
        (split, system, metric): None
        for split in dict.fromkeys(split for metrics in (a, b) for split in splits_of(metrics))
        for metrics in (a, b)
        for system in systems_of(metrics, split)
        for metric in metrics_of(metrics, split)
    }
    pairings = [
        Pairing(
            split, system, metric, metric_unit(metric),
            a=figure_of(a, split, system, metric),
            b=figure_of(b, split, system, metric),
            paired=paired.get((split, metric)) if system == MODEL else None,
        )
        for split, system, metric in found
    ]  # fmt: skip
    return [pairing for pairing in pairings if pairing.a or pairing.b]


def _known_to_both(
    a: Mapping[str, object], b: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Leave out keys that either recipe is older than: nobody was asked for them."""
    both = [key for key in a if key in b]
    return {key: a[key] for key in both}, {key: b[key] for key in both}


def _software(version: Version) -> dict[str, object]:
    """What computed: packages, the commit of this program, and the precision that it trained in."""
    precision = version.facts.get("precision") or {}
    return {
        **version.lineage.get("packages", {}),
        "arbiter": (version.lineage.get("code") or {}).get("git_commit"),
        "bfloat16": precision.get("bf16"),
    }


def _recipe(version: Version) -> dict[str, object]:
    return {
        **version.lineage.get("recipe", {}),
        "seed": version.lineage.get("seed"),
        "base_model": version.base_model,
        "base_revision": version.lineage.get("base_model", {}).get("revision"),
    }


def _data(version: Version) -> dict[str, object]:
    """Digest and, where the facts have them, sizes of the data per split."""
    dataset = version.facts.get("dataset") or {}
    splits = {split["split"]: dict(split) for split in dataset.get("splits") or []}
    return {
        "snapshot_digest": version.snapshot_digest or None,
        "training_pairs": dataset.get("size"),
        "splits": splits,
    }
