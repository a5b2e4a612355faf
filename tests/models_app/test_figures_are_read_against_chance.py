"""What no model is needed for stands beside the figures, and a figure that is no better says so."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from models_app.cards import card_render
from models_app.evidence import headline_of
from tests.factory import Cast
from tests.models_app.facts import facts_of
from tests.models_app.published import figure, metrics_made, publish


def split_of(facts: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(s for s in facts["evaluation"]["splits"] if s["split"] == name)
    return found


def set_value(split: dict[str, Any], system: str, metric: str, value: float) -> None:
    row = next(r for r in split["rows"] if (r["system"], r["metric"]) == (system, metric))
    row["value"] = value


def limits_of(card: str) -> str:
    return card.split("## Bias, Risks and Limitations")[1].split("\n## ")[0]


def test_the_card_says_what_one_answer_for_all_and_a_random_order_would_have() -> None:
    card = card_render(facts_of())
    said = (
        "33.3% of the pairs are relevant: calling none of them relevant has an accuracy of 0.6667."
    )
    assert card.count(said) == 2  # with the stock figures, and with those at the dev threshold
    stock = card.split("#### Cross Encoder Binary Classification")[1].split("####")[0]
    assert "| accuracy              | 1.0     | 0.6667             |" in stock
    test = card.split("#### Ranking on test")[1].split("####")[0]
    assert "| This version | Random order | Best possible order | n " in test
    assert "a random order (the mean of 200 shuffles) and the best possible one" in test
    assert "is not above" not in limits_of(card)


@pytest.mark.parametrize(
    ("split", "metric", "value", "said"),
    [
        ("dev", "accuracy", 2 / 3, "accuracy (0.6667) is not above that of one answer for all"),
        ("dev", "f1", 0.5, "F1 (0.5) is not above that of calling every pair relevant (0.5)"),
        ("test", "accuracy_at_dev_threshold", 0.6, "accuracy (0.6) is not above that of one"),
        ("test", "average_precision", 0.3, "average precision (0.3) is not above that of a random"),
    ],
)
def test_a_figure_that_does_not_beat_chance_is_a_limit(
    split: str, metric: str, value: float, said: str
) -> None:
    facts = facts_of()
    set_value(split_of(facts, split), "model", metric, value)
    limits = limits_of(card_render(facts))
    assert limits.count(f"On {split}, this version's {said}") == 1
    assert limits.count("is not above") == 1


def test_a_headline_that_does_not_beat_chance_is_said_once_beside_the_verdict() -> None:
    facts = facts_of()
    set_value(split_of(facts, "test"), "model", "nDCG@10", 0.5)
    limits = limits_of(card_render(facts))
    assert limits.count("nDCG@10 of 0.500 is not above the 0.6") == 1
    assert limits.count("is not above") == 1


def test_where_most_pairs_are_relevant_the_answer_is_to_call_all_so() -> None:
    facts = facts_of()
    facts["evaluation"]["validation"] |= {"pairs": 48, "positives": 40}
    card = card_render(facts)
    assert "83.3% of the pairs are relevant: calling all of them relevant has an accuracy" in card


def test_the_card_says_how_long_the_lists_were_and_what_was_left_out() -> None:
    facts = facts_of()
    assert (
        "* Candidates per query: 6; so any order has the best possible Recall@10."
        in card_render(facts)
    )
    for split in facts["evaluation"]["splits"]:
        split["candidates"] = {"mean": 20.71, "min": 8, "max": 40}
    card = card_render(facts)
    said = (
        "* Candidates per query: 20.71 on average, 8 to 40. Candidates that nobody judged are left"
    )
    assert said in card
    assert re.search(r"\| Judged@10 +\| 1\.0 +\| 1\.0 ", card)
    assert "- **Judged@10:** share of the first ten" in card


@pytest.mark.django_db
def test_the_version_s_page_shows_references_as_no_systems(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    references = {
        "random_order": {"nDCG@10": figure(0.31, None)},
        "best_order": {"nDCG@10": figure(0.95, None)},
        "one_answer": {"accuracy": figure(0.87, None), "average_precision": figure(0.13, None)},
    }
    metrics = {"test": metrics_made()["test"] | references}
    version = publish(cast.project, tmp_path / "m", metrics=metrics)
    assert [point.name for point in headline_of(version)][-1] == "model"
    client.force_login(cast.viewer)
    page = client.get("/library/finder/versions/1/").content.decode().split('<h2 id="card">')[0]
    assert page.count('<tr class="reference">') == 2
    rows = page.split('<tr class="reference">')
    assert "Random order" in rows[1]
    assert "0.310" in rows[1]
    assert "Best possible order" in rows[2]
    assert "0.950" in rows[2]
    binary = strip_tags(page.split('<h2 id="binary">')[1])
    assert "One answer for all is no system: its accuracy is that of calling nothing" in binary
    assert "0.870" in binary
