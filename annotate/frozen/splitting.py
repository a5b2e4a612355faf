"""Queries into splits: pure functions. A query and its near-identical twins stay together."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

SPLITS: Final = ("train", "dev", "test")
DEFAULT_SPLITS: Final[Mapping[str, float]] = {"train": 0.8, "dev": 0.1, "test": 0.1}


def shares_text(shares: Mapping[str, float]) -> str:
    """Return the shares in the order of SPLITS, "0.8 / 0.1 / 0.1"."""
    return " / ".join(f"{shares.get(name, 0):g}" for name in SPLITS)


def clusters_of(keys: Iterable[str], twins: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Group keys that are linked by pairs of twins; groups and members in ascending order."""
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for left, right in twins:
        a, b = root(left), root(right)
        parent[max(a, b)] = min(a, b)
    groups: dict[str, list[str]] = {}
    for key in sorted(parent):
        groups.setdefault(root(key), []).append(key)
    return [groups[key] for key in sorted(groups)]


def split_assign(
    clusters: Sequence[Sequence[str]], shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Assign each key of each cluster to a split.

    Clusters are shuffled by a seeded hash, so that the order does not depend on how many there
    are, and dealt out until each split has its share of the keys: the counts come from the
    largest remainders, and a cluster goes where the most keys are still wanting.
    """
    total = sum(len(cluster) for cluster in clusters)
    wanting = _counts(total, shares)
    assigned: dict[str, str] = {}
    shuffled = sorted(clusters, key=lambda cluster: _shuffle_key(seed, cluster[0]))
    # Large clusters first, so that the last ones are small enough to even the counts out.
    for cluster in sorted(shuffled, key=len, reverse=True):
        split = max(SPLITS, key=lambda name: (wanting[name] >= len(cluster), wanting[name]))
        wanting[split] -= len(cluster)
        assigned.update(dict.fromkeys(cluster, split))
    return assigned


def _counts(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    exact = {name: total * shares.get(name, 0.0) for name in SPLITS}
    counts = {name: int(exact[name] + 1e-9) for name in SPLITS}
    left = total - sum(counts.values())
    by_remainder = sorted(SPLITS, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[:left]:
        counts[name] += 1
    return counts


def _shuffle_key(seed: int, key: str) -> str:
    return hashlib.sha256(f"{seed}\0{key}".encode()).hexdigest()
