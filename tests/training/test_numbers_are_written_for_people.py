"""Small numbers and settings stand on the pages as people write them, with all their digits."""

from typing import Any

import pytest

from training.templatetags.values import rate, setting


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not set"), (True, "yes"), (False, "no"), (1_000_000, "1000000"), (-1, "-1"),
        (1.0, "1"), (0.1, "0.1"), (5e-5, "5 × 10⁻⁵"), (1.2345e-5, "1.2345 × 10⁻⁵"),
        (1e22, "1 × 10²²"), ("Query: {query} ", "Query: {query} "),
    ],
)  # fmt: skip
def test_a_setting(value: Any, words: str) -> None:
    assert setting(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(None, "–"), (0, "0"), (5e-5, "5.00 × 10⁻⁵"), (0.01, "1.00 × 10⁻²")]
)
def test_a_learning_rate(value: float | None, words: str) -> None:
    assert rate(value) == words
