"""Two versions side by side: figures on the same splits, and what went in differently."""

from dataclasses import dataclass

from models_app.figures import Figure, figure_of, metric_unit, metrics_of, splits_of, systems_of
from models_app.lineage import Difference, differences
from models_app.models import Version


@dataclass(frozen=True, slots=True)
class Pairing:
    """One metric of one system on one split in both versions. `n` counts `unit`s."""

    split: str
    system: str
    metric: str
    unit: str
    a: Figure | None
    b: Figure | None

    @property
    def delta(self) -> float | None:
        """b minus a."""
        return self.b.value - self.a.value if self.a and self.b else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two versions measured and what differs in what they were made from.

    `same_snapshot` says whether figures were measured on the same frozen qrels; where not, a
    difference between them says nothing about the models.
    """

    a: Version
    b: Version
    same_snapshot: bool
    metrics: list[Pairing]
    recipe: list[Difference]
    dataset: list[Difference]
    packages: list[Difference]


def versions_compare(a: Version, b: Version) -> Comparison:
    """Compare two versions from their stored records alone."""
    return Comparison(
        a=a,
        b=b,
        same_snapshot=bool(a.snapshot_digest) and a.snapshot_digest == b.snapshot_digest,
        metrics=_pairings(a, b),
        recipe=differences(_recipe(a), _recipe(b)),
        dataset=differences(_data(a), _data(b)),
        packages=differences(a.lineage.get("packages", {}), b.lineage.get("packages", {})),
    )


def _pairings(a: Version, b: Version) -> list[Pairing]:
    both = [a.metrics, b.metrics]
    found = {
        (split, system, metric): None
        for metrics in both
        for split in splits_of(metrics)
        for system in systems_of(metrics, split)
        for metric in metrics_of(metrics, split)
    }
    pairings = [
        Pairing(
            split, system, metric, metric_unit(metric),
            *(figure_of(metrics, split, system, metric) for metrics in both),
        )
        for split, system, metric in found
    ]  # fmt: skip
    return [pairing for pairing in pairings if pairing.a or pairing.b]


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
