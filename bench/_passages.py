"""Pairs of texts whose lengths vary as the court-case card's do: real words, no real queries."""

from collections.abc import Iterator

import numpy as np

from training.sample import sample_passages

CHARACTERS = (136, 1_057, 3_620)  # of a passage: fewest, mean and most
QUERY = 74  # characters of a query


def pairs_make(count: int, *, seed: int = 0) -> list[tuple[str, str]]:
    """Stretches of the standard library's docstrings, log-normal in length, each with a query."""
    text = " ".join(passage.text for passage in sample_passages())
    rng = np.random.default_rng(seed)
    return [(_stretch(text, QUERY, rng), _stretch(text, size, rng)) for size in _sizes(count, rng)]


def _sizes(count: int, rng: np.random.Generator) -> Iterator[int]:
    fewest, mean, most = CHARACTERS
    drawn = rng.lognormal(np.log(mean) - 0.24, 0.7, size=count)
    yield from np.clip(drawn, fewest, most).astype(int).tolist()


def _stretch(text: str, size: int, rng: np.random.Generator) -> str:
    start = int(rng.integers(0, len(text) - size))
    return text[start : start + size]
