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
    """Assign each key of each cluster to a split; each split gets its share of the keys.

    Counts come from the largest remainders. A cluster's place is the highest of its keys' numbers,
    which are made from the seed and the key: from the lowest place on, clusters go to test, then to
    dev, then to train, each as long as it fits. So hardly a query changes its split when others
    come or a twin of it does, and with dev between the two, what was learned from is not tested on
    later: see docs/adr/0020.
    """
    wanting = _counts(sum(len(cluster) for cluster in clusters), shares)
    assigned: dict[str, str] = {}
    for cluster in sorted(clusters, key=lambda cluster: _place(seed, cluster)):
        fitting = [name for name in reversed(SPLITS) if wanting[name] >= len(cluster)]
        split = fitting[0] if fitting else max(SPLITS, key=lambda name: wanting[name])
        wanting[split] -= len(cluster)
        assigned.update(dict.fromkeys(cluster, split))
    return assigned


def _place(seed: int, cluster: Sequence[str]) -> str:
    return max(hashlib.sha256(f"{seed}\0{key}".encode()).hexdigest() for key in cluster)


def _counts(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    exact = {name: total * shares.get(name, 0.0) for name in SPLITS}
    counts = {name: int(exact[name] + 1e-9) for name in SPLITS}
    left = total - sum(counts.values())
    by_remainder = sorted(SPLITS, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[:left]:
        counts[name] += 1
    return counts
