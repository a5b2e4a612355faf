"""Near-identical test queries are less evidence than they look; a verdict says how many."""

from dataclasses import replace
from typing import Any

import pytest

from models_app.verdict import verdict_of
from tests.tiny_run import RecordingReporter, tiny_pairs, tiny_snapshot
from training.process.telling import twins_said

VERDICT: dict[str, Any] = {
    "split": "test", "metric": "nDCG@10", "queries": 8, "positives": 30, "alpha": 0.05,
    "power": 0.8, "correction": "holm", "against": [], "warnings": [],
}  # fmt: skip


def test_queries_that_are_alike_are_counted_and_told() -> None:
    texts = [
        "how do I open a file for reading", "How do I open a file for reading?",
        "parse a date from a string", "send mail over a secure line", "sort a list in place",
    ]  # fmt: skip
    test = [
        replace(pair, query=texts[int(pair.query_id.split("-")[1])])
        for pair in tiny_pairs("test", len(texts))
    ]
    reporter = RecordingReporter()
    found = twins_said(tiny_snapshot(test=test), reporter)
    assert found == {"queries": 2, "groups": 1, "of": 5}
    assert reporter.lines == [
        "2 of the 5 test queries are near-identical to another one: 1 if alike ones count once."
    ]
    alone = [pair for pair in test if not pair.query_id.endswith("-1")]
    quiet = RecordingReporter()
    assert twins_said(tiny_snapshot(test=alone), quiet)["queries"] == 0
    assert quiet.lines == []


@pytest.mark.parametrize(("queries", "told"), [(0, False), (5, False), (6, True), (100, True)])
def test_a_verdict_says_so_where_they_are_many(queries: int, told: bool) -> None:
    verdict = verdict_of(
        {"verdict": VERDICT, "twins": {"queries": queries, "groups": 2, "of": 100}}
    )
    assert verdict is not None
    assert any("near-identical to another one" in line for line in verdict.warnings) == told
