"""Splitting: shares of queries by largest remainder, twins together, the seed decides."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from annotate.splitting import DEFAULT_SPLITS, clusters_of, split_assign


def test_107_queries_at_ninety_percent_are_96_in_train() -> None:
    clusters = clusters_of([f"q{i}" for i in range(107)], [])
    counts = Counter(split_assign(clusters, {"train": 0.9, "dev": 0.05, "test": 0.05}, 7).values())
    assert counts == {"train": 96, "dev": 6, "test": 5}


def test_a_chain_of_twins_is_one_cluster() -> None:
    clusters = clusters_of("abcde", [("b", "a"), ("b", "d")])
    assert clusters == [["a", "b", "d"], ["c"], ["e"]]


def test_another_seed_splits_otherwise_and_the_same_alike() -> None:
    clusters = clusters_of([f"q{i}" for i in range(50)], [])
    first = split_assign(clusters, DEFAULT_SPLITS, 1)
    assert first == split_assign(list(reversed(clusters)), DEFAULT_SPLITS, 1)
    assert first != split_assign(clusters, DEFAULT_SPLITS, 2)


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=40),
    train=st.floats(0.1, 1.0),
    seed=st.integers(0, 99),
)
def test_no_cluster_is_ever_cut(sizes: list[int], train: float, seed: int) -> None:
    clusters = [[f"{i}-{j}" for j in range(size)] for i, size in enumerate(sizes)]
    rest = (1 - train) / 2
    assigned = split_assign(clusters, {"train": train, "dev": rest, "test": rest}, seed)
    assert len(assigned) == sum(sizes)
    assert all(len({assigned[key] for key in cluster}) == 1 for cluster in clusters)
