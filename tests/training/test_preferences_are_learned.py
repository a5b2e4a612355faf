"""Which of two passages people preferred is read from a snapshot, and learned by list losses."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models_app.cards import card_render
from tests.models_app.facts import facts_of
from tests.tiny_run import RecordingReporter, tiny_base, tiny_snapshot, tiny_spec
from training.ml.data import SPLITS, Preference, Snapshot, snapshot_read
from training.ml.recipe.asked import Place
from training.ml.recipe.learning import NOTHING, lesson_make, loss_of
from training.ml.recipe.run import Outcome, recipe_run
from training.process.lineage import labels_facts


def preferred(snapshot: Snapshot) -> tuple[Preference, ...]:
    """Of each training query a passage that reads before one that does not."""
    pairs = snapshot.splits["train"]
    found = []
    for query in dict.fromkeys(pair.query_id for pair in pairs):
        own = [pair for pair in pairs if pair.query_id == query]
        good = [pair for pair in own if pair.relevant]
        bad = [pair for pair in own if not pair.relevant]
        found += [
            Preference("train", replace(a, target=1.0), replace(b, target=0.0), 2, 1, 0)
            for a in good
            for b in bad
        ]
    return tuple(found)


def graded_at_random(**changes: Any) -> Snapshot:
    """Grades of two queries alone; all others are known by preferences, or not at all."""
    whole = tiny_snapshot()
    few = [pair for pair in whole.splits["train"] if pair.query_id in ("train-0", "train-1")]
    wrong = [
        replace(pair, target=1 - pair.target, relevant=not pair.relevant)
        if pair.query_id == "train-1"
        else pair
        for pair in few
    ]
    return Snapshot(whole.manifest, {**whole.splits, "train": wrong}, preferred(whole))


def run(folder: Path, snapshot: Snapshot, **changes: Any) -> tuple[Outcome, list[str]]:
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=snapshot,
        spec=tiny_spec("agro", num_train_epochs=4, learning_rate=5e-3, **changes),
        base=tiny_base(folder / "base"),
        folder=folder / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    return outcome, reporter.lines


def test_a_model_learns_from_preferences_what_few_grades_do_not_tell(tmp_path: Path) -> None:
    snapshot = graded_at_random()
    outcome, _ = run(tmp_path / "1", snapshot, loss="RankNetLoss")
    rows = [row for row in outcome.evaluations["test"].rows if row.metric == "nDCG@10"]
    values = {row.system: row.value for row in rows}
    assert values["model"] > values["base"] + 0.1, values
    facts = outcome.facts["training_set"]["preferences"]
    assert (facts["there"], facts["learned"], facts["queries"]) == (160, 160, 20)
    assert (facts["compared"], facts["as_graded"]) == (16, 8)
    ignored, _ = run(tmp_path / "2", snapshot, loss="RankNetLoss", preferences="ignore")
    rows = [row for row in ignored.evaluations["test"].rows if row.metric == "nDCG@10"]
    assert {row.system: row.value for row in rows}["model"] < values["model"] - 0.1
    assert ignored.facts["training_set"]["preferences"]["learned"] == 0
    assert ignored.facts["training_set"]["rows"] == 2


def test_a_loss_that_reads_no_lists_leaves_them_and_says_so(tmp_path: Path) -> None:
    snapshot = tiny_snapshot()
    snapshot = Snapshot(snapshot.manifest, snapshot.splits, preferred(snapshot))
    spec = tiny_spec("agro")
    loss = loss_of(snapshot, spec, NOTHING)
    lesson = lesson_make(snapshot, spec, NOTHING)
    assert loss.name == "BinaryCrossEntropyLoss"
    assert lesson.statistics["preferences"]["learned"] == 0
    assert len(lesson.shaped.dataset) == len(snapshot.splits["train"])
    _, lines = run(tmp_path, snapshot, max_steps=1)
    assert "160 preferences are not learned: a loss that reads lists would, such as RankNetLoss." \
        in lines  # fmt: skip
    assert lesson_make(tiny_snapshot(), spec, NOTHING).statistics["preferences"] is None


def test_they_are_read_from_the_snapshots_file(tmp_path: Path) -> None:
    for split in SPLITS:
        line = {"query_id": "q", "query": "how to read", "passage_id": "p", "title": "",
                "text": "open", "grade": 1, "gain": 1, "target": 1, "relevant": True}  # fmt: skip
        (tmp_path / f"{split}.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    assert snapshot_read(tmp_path).preferences == ()
    said = {"query_id": "q", "query": "how to read", "split": "dev", "for": 2, "against": 1,
            "ties": 0, "salt": "x", "better": {"passage_id": "a", "title": "A", "text": "open"},
            "worse": {"passage_id": "b", "title": "", "text": "close"}}  # fmt: skip
    (tmp_path / "preferences.jsonl").write_text(json.dumps(said) + "\n", encoding="utf-8")
    (found,) = snapshot_read(tmp_path).preferences
    assert (found.split, found.votes, found.against) == ("dev", 2, 1)
    assert (found.better.passage_id, found.better.title, found.better.target) == ("a", "A", 1)
    assert (found.worse.text, found.worse.relevant) == ("close", False)


@pytest.mark.parametrize("agreement_n", [0, 12])
def test_a_card_says_how_often_people_compared(agreement_n: int) -> None:
    splits = {"train": {"pairs": 30, "queries": 9}, "dev": {"pairs": 0, "queries": 0},
              "test": {"pairs": 4, "queries": 2}}  # fmt: skip
    told = {"splits": splits, "people": 3, "answers": 60, "ties": 5, "undecided": 2,
            "agreement": 0.75 if agreement_n else None, "agreement_n": agreement_n}  # fmt: skip
    labels = {"sources": {}, "human": 1, "people": 1, "agreement": None, "agreement_n": 0,
              "adjudicated": 0}  # fmt: skip
    facts = labels_facts({"labels": labels, "splits": {}, "preferences": told})
    card = card_render({**facts_of(), "labels": facts}).replace("\\", "")
    assert "60 answers of 3 people, 5 of them ties" in card
    assert "30 in train, 4 in test" in card
    assert ("0.75" in card.split("**Preferences:**")[1].split("\n")[0]) == bool(agreement_n)
    assert "**Preferences:**" not in card_render(facts_of())
