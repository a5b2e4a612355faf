"""Lists show a version beside all it was measured against, and say when it beats not all of it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.factory import PASSWORD, Cast
from tests.models_app.published import differences_made, facts_made, figure, metrics_made, publish

LISTS = ("/rerankers/", "/projects/library/rerankers/", "/projects/library/")


def evidence(first_stage: float, low: float | None, high: float | None) -> dict[str, Any]:
    """A version at 0.81 whose best rival is the first stage, with the paired interval."""
    metrics, rows = metrics_made(), differences_made()
    metrics["test"]["first_stage"]["nDCG@10"] = figure(first_stage, n=48)
    metrics["test"]["model"]["nDCG@10"] = figure(0.81, n=48)
    for row in rows:
        if row["against"] == "first_stage":
            row |= {"delta": 0.81 - first_stage, "low": low, "high": high}
            row["p_holm"] = 0.02 if low is not None and low * (high or 0) > 0 else 0.4
    facts = facts_made()
    facts["evaluation"]["splits"][0]["differences"] = rows
    return {"metrics": metrics, "facts": facts}


def rows_of(client: Client, cast: Cast) -> list[str]:
    """The row of the one reranker in every list, as words."""
    client.login(username=cast.viewer.username, password=PASSWORD)
    found = []
    for path in LISTS:
        page = client.get(path).content.decode()
        (table,) = re.findall(r'<table class="metrics">.*?</table>', page, re.DOTALL)
        (row,) = re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", table, re.DOTALL)
        found.append(" ".join(re.sub(r"<[^>]*>", " ", row).split()))
    return found


@pytest.mark.parametrize(
    ("first_stage", "low", "high", "words"),
    [
        (0.82, -0.106, 0.096, "not shown to be better than the first stage -0.010 [-0.106, 0.096]"),
        (0.89, -0.2, -0.01, "worse than the first stage -0.080 [-0.200, -0.010]"),
        (0.75, 0.01, 0.2, "better than the first stage +0.060 [0.010, 0.200]"),
        (0.81, None, None, "not shown to be better than the first stage 0.000"),
    ],
)
def test_the_best_of_the_others_is_the_one_to_beat(
    client: Client,
    cast: Cast,
    tmp_path: Path,
    first_stage: float,
    low: float | None,
    high: float | None,
    words: str,
) -> None:
    publish(cast.project, tmp_path / "m", **evidence(first_stage, low, high))
    for row in rows_of(client, cast):
        assert row.endswith(f" 48 {words}")
        assert f"{first_stage:.3f}" in row
        assert "0.640" in row  # BM25
        assert "0.700" in row  # the untouched base


def test_the_newest_version_is_the_one_that_speaks(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "a", **evidence(0.89, -0.2, -0.01))
    publish(cast.project, tmp_path / "b", **evidence(0.75, 0.01, 0.2))
    for row in rows_of(client, cast):
        assert "v2" in row
        assert "worse" not in row


def test_without_a_paired_comparison_nothing_is_claimed(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "m", facts={})
    for row in rows_of(client, cast):
        assert row.endswith("40 not compared with the untouched base")


def test_a_version_without_figures_is_listed_too(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "m", metrics={}, facts={})
    for row in rows_of(client, cast):
        assert row.endswith("– – – – – –")
