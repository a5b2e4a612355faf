"""Every run ends better, worse or not shown to differ, from base, BM25, first stage, champion."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from models_app.cards import card_render
from models_app.verdict import verdict_of
from tests.tiny_run import (
    RecordingReporter,
    tiny_base,
    tiny_pairs,
    tiny_run,
    tiny_snapshot,
    tiny_spec,
)
from training.ml.measures.evaluation import evaluate
from training.ml.measures.paired import holm
from training.ml.measures.verdict import RIVALS, family_adjusted, verdict_facts
from training.ml.models.find import BaseRequest, base_find
from training.ml.recipe.asked import Place
from training.ml.recipe.run import Outcome, recipe_run


@cache
def second_run() -> tuple[Outcome, RecordingReporter]:
    """A run whose champion is the version that the first one made."""
    reporter = RecordingReporter()
    champion = base_find(BaseRequest("library/finder@v1", folder=tiny_run("agro").outcome.folder))
    with TemporaryDirectory() as folder:
        outcome = recipe_run(
            snapshot=tiny_snapshot(),
            spec=replace(tiny_spec("agro"), seed=7, passage_template="{text}"),
            base=tiny_base(Path(folder) / "base"),
            folder=Path(folder) / "model",
            reporter=reporter,
            place=Place(device="cpu"),
            champion=champion,
        )
    return outcome, reporter


def test_the_verdict_is_stored_with_the_run() -> None:
    facts = tiny_run("agro").outcome.facts
    stored = facts["verdict"]
    assert (stored["queries"], stored["positives"]) == (8, 16)
    assert [each["system"] for each in stored["against"]] == ["base", "bm25", "first_stage"]
    test = next(split for split in facts["evaluation"]["splits"] if split["split"] == "test")
    family = {
        row["against"]: row
        for row in test["differences"]
        if (row["system"], row["metric"]) == ("model", "nDCG@10")
    }
    for each in stored["against"]:
        row = family[each["system"]]
        assert (each["delta"], each["p"], each["p_holm"]) == (row["delta"], row["p"], row["p_holm"])
    assert sorted(row["p_holm"] for row in family.values()) == pytest.approx(
        sorted(holm([row["p"] for row in family.values()]))
    )
    others = [row for row in test["differences"] if row["metric"] != "nDCG@10"]
    assert {row["p_holm"] for row in others} == {None}
    (said,) = stored["warnings"]
    assert said.startswith("The test split has only 8 queries and 16 relevant pairs: ")


def test_the_card_begins_with_it() -> None:
    facts = tiny_run("agro").outcome.facts
    verdict = verdict_of(facts)
    assert verdict is not None
    card = card_render(facts)
    assert "> **Verdict:** On 8 test queries this version " in card.split("\n## ")[0]
    assert "8 queries and 16 relevant pairs" in card.split("\n## ")[0]


def test_the_champion_is_measured_with_its_own_templates_on_the_same_candidates() -> None:
    outcome, reporter = second_run()
    assert outcome.facts["champion"] == {"version": "library/finder@v1", "missing": None}
    first = tiny_run("agro").outcome
    before, after = first.evaluations["test"], outcome.evaluations["test"]
    # What it was measured at when it was published is what it is measured at now.
    for query_id, values in before.per_query["model"].items():
        assert after.per_query["champion"][query_id] == pytest.approx(values)
    rows = {row.metric: row.value for row in after.rows if row.system == "champion"}
    own = {row.metric: row.value for row in before.rows if row.system == "model"}
    for metric in ("average_precision", "f1_threshold", "f1_at_dev_threshold"):
        assert rows[metric] == pytest.approx(own[metric], abs=1e-5)
    against = [each["system"] for each in outcome.facts["verdict"]["against"]]
    assert against == list(RIVALS)
    assert any(line.startswith("test: previous champion has nDCG@10") for line in reporter.lines)
    assert set(outcome.rankings) == {"first_stage", "bm25", "base", "champion", "model"}


def test_a_champion_that_does_not_load_stops_no_run(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")  # it has no arbiter.json: nobody knows its templates
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=tiny_snapshot(),
        spec=tiny_spec("agro"),
        base=base,
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
        champion=base,
    )
    assert "does not say in arbiter.json" in outcome.facts["champion"]["missing"]
    assert "champion" not in {row.system for row in outcome.evaluations["test"].rows}
    assert any("is not measured" in line for line in reporter.lines)


def test_words_go_by_the_adjusted_test_and_the_sign() -> None:
    pairs = tiny_pairs("test", 24)
    right: dict[str, dict[str, float]] = {pair.query_id: {} for pair in pairs}
    for pair in pairs:
        right[pair.query_id][pair.passage_id] = float(pair.relevant)
    wrong = {q: {name: -score for name, score in own.items()} for q, own in right.items()}
    good = verdict_facts(
        family_adjusted(evaluate(pairs, {"bm25": wrong, "base": right, "model": right}))
    )
    assert [(each["system"], each["word"]) for each in good["against"]] == [
        ("base", "undecided"),
        ("bm25", "better"),
    ]
    bad = verdict_facts(family_adjusted(evaluate(pairs, {"bm25": right, "model": wrong})))
    assert [each["word"] for each in bad["against"]] == ["worse"]
    # A base that is the champion is one question, and not two.
    systems = {"bm25": wrong, "base": right, "champion": right, "model": right}
    once = verdict_facts(family_adjusted(evaluate(pairs, systems)))
    family = {each["system"]: each["p_holm"] for each in once["against"]}
    assert family["bm25"] == good["against"][1]["p_holm"]
    assert family["champion"] == family["base"]
    said = verdict_of({"verdict": good})
    assert said is not None
    assert said.sentence == (
        "On 24 test queries this version ranks better than BM25; it has for each of them the"
        " nDCG@10 of the untouched base."
    )


def test_what_a_test_set_can_show_is_told_before_training() -> None:
    run = tiny_run("agro")
    expected = run.outcome.facts["expected"]
    assert expected["systems"] == ["first_stage", "bm25", "base"]
    assert not expected["assumed"]
    line = next(row for row, line in enumerate(run.reporter.lines) if "four times in five" in line)
    assert line < run.reporter.said_before["train"]
