"""A card has no empty, silly or repeated sentences: each stands where it says something."""

from pathlib import Path

import pytest

from models_app.cards import card_render
from tests.factory import Cast
from tests.models_app.facts import facts_of
from tests.models_app.published import facts_made, publish


@pytest.mark.parametrize(
    ("activation", "score", "snippet"),
    [
        (
            "torch.nn.modules.activation.Sigmoid",
            "between 0 and 1: the `Sigmoid` of the model's output",
            "logits.squeeze(-1).sigmoid()",
        ),
        (
            "torch.nn.modules.linear.Identity",
            "the model's output as it is, without bounds (`Identity`)",
            "logits.squeeze(-1)",
        ),
        ("some.Tanh", "`Tanh` of the model's output", "logits.squeeze(-1)"),
    ],
)
def test_the_score_is_that_of_the_model_s_own_activation(
    activation: str, score: str, snippet: str
) -> None:
    facts = facts_of()
    facts["model"]["activation"] = activation
    lines = card_render(facts).splitlines()
    assert f"- **Score:** {score}" in lines
    assert f"    scores = model(**batch).{snippet}" in lines


def test_the_base_that_was_asked_for_is_named_where_it_is_another_one() -> None:
    facts = facts_of()
    assert "Base model asked for" not in card_render(facts)
    facts["base"] |= {"requested": "some/other", "fell_back": True}
    assert "- **Base model asked for:** `some/other`" in card_render(facts)


def test_titles_are_spoken_of_where_the_template_has_them() -> None:
    facts = facts_of()
    assert "A passage without a title" not in card_render(facts)
    facts["templates"]["passage"] = "{title} {text}"
    assert "A passage without a title drops `{title}`" in card_render(facts)


def test_templates_that_add_nothing_are_not_to_be_filled_in() -> None:
    text = card_render(facts_of(templates={"query": "{query}", "passage": "{text}"}))
    assert "queries and passages as they are" in text
    assert "fill them in" not in text
    assert "Keep the templates" not in text


def test_queries_without_a_relevant_passage_are_counted_where_there_are_any() -> None:
    facts = facts_of()
    assert "of 8 queries, all with a relevant passage" in card_render(facts)
    for split in facts["evaluation"]["splits"]:
        split["counts"]["queries_with_relevant"] = 5
    assert "of 8 queries, 5 with a relevant passage" in card_render(facts)


def test_ranks_are_explained_where_they_are_cut_at() -> None:
    facts = facts_of()
    assert "The first stage gives ranks instead of scores" in card_render(facts)
    for split in facts["evaluation"]["splits"]:
        split["rows"] = [row for row in split["rows"] if row["system"] != "first_stage"]
    assert "The first stage gives ranks" not in card_render(facts)


def test_a_difference_of_nothing_is_no_gain() -> None:
    facts = facts_of()
    test = next(s for s in facts["evaluation"]["splits"] if s["split"] == "test")
    for row in test["differences"]:
        row |= {"delta": 0.0, "low": None, "high": None, "p": 1.0, "p_holm": 1.0}
    text = card_render(facts)
    said = "On test, nDCG@10 is not shown to differ from that of BM25: p = 1.00 among all"
    assert said in text


@pytest.mark.parametrize(
    ("sources", "name"),
    [
        ([("import", "triplets.jsonl", 526)], "triplets.jsonl"),
        ([("person", "Judged here", 40)], "judgments of library"),
        (
            [("person", "Judged here", 40), ("import", "triplets.jsonl", 526)],
            "triplets.jsonl and judgments of library",
        ),
        (
            [("import", name, 10 - row) for row, name in enumerate("abcde")],
            "a, b, c and 2 more",
        ),
        ([], "Unnamed Dataset"),
    ],
)
def test_a_published_dataset_is_called_after_its_sources(
    cast: Cast, tmp_path: Path, sources: list[tuple[str, str, int]], name: str
) -> None:
    facts = facts_made()
    facts["dataset"]["name"] = None
    facts["labels"] = {
        "sources": [dict(zip(("kind", "name", "judgments"), row, strict=True)) for row in sources]
    }
    version = publish(cast.project, tmp_path / "m", facts=facts)
    text = card_render(version.facts)
    assert f"- **Training Dataset:** {name} (snapshot <code>" in text
    assert f"\n#### {name}\n" in text


def test_a_dataset_with_a_name_keeps_it(cast: Cast, tmp_path: Path) -> None:
    facts = facts_made() | {
        "labels": {"sources": [{"kind": "import", "name": "x", "judgments": 1}]}
    }
    version = publish(cast.project, tmp_path / "m", facts=facts)
    assert version.facts["dataset"]["name"] == "Library"
