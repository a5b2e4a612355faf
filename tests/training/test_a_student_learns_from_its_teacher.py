"""What a teacher says of the training pairs is learned, beside the grades or in their place."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.tiny_run import (
    RecordingReporter,
    TinyRun,
    tiny_base,
    tiny_pairs,
    tiny_run,
    tiny_snapshot,
    tiny_spec,
)
from tests.training.silver import tiny_teacher
from training.ml.data import Pair, Snapshot
from training.ml.errors import DataError
from training.ml.models.find import Base, BaseRequest, base_find
from training.ml.models.published import published_load
from training.ml.models.save import METADATA
from training.ml.recipe.asked import Place
from training.ml.recipe.learning import NOTHING, loss_of
from training.ml.recipe.run import Outcome, recipe_run
from training.ml.recipe.teaching import COSINES, Taught, blended, teacher_ask
from training.ml.scoring import logits
from training.ml.sets.compiling import Example
from training.ml.sets.mining import Mined
from training.spec.base import SpecError
from training.spec.teaching import TAUGHT
from training.spec.train import TrainSpec

NAME = "tests/teacher"


def teacher() -> Base:
    """A version that has learned what is relevant, with templates of its own."""
    return base_find(BaseRequest(NAME, folder=tiny_run("court-cases").outcome.folder))


def shuffled(run: TinyRun) -> Snapshot:
    """The same pairs with grades that say nothing: all that is right comes from the teacher."""
    rng = np.random.default_rng(1)
    train = run.snapshot.splits["train"]
    wrong = [
        replace(pair, target=float(good), gain=float(good), grade=float(good), relevant=bool(good))
        for pair, good in zip(train, rng.integers(0, 2, len(train)), strict=True)
    ]
    return tiny_snapshot(train=wrong)


def taught_run(folder: Path, snapshot: Snapshot, **changes: Any) -> tuple[Outcome, list[str]]:
    reporter = RecordingReporter()
    spec = {"teacher": NAME, "num_train_epochs": 8, "learning_rate": 5e-3, **changes}
    outcome = recipe_run(
        snapshot=snapshot,
        spec=tiny_spec("agro", **spec),
        base=tiny_base(folder / "base"),
        folder=folder / "model",
        reporter=reporter,
        place=Place(device="cpu", cache=folder / "cache"),
        teacher=teacher(),
    )
    assert "teach" in reporter.stages
    return outcome, reporter.lines


@pytest.mark.parametrize("loss", TAUGHT)
def test_it_ranks_better_than_its_base_where_only_the_teacher_knows_why(
    tmp_path: Path, loss: str
) -> None:
    snapshot = shuffled(tiny_run("court-cases"))
    outcome, lines = taught_run(tmp_path, snapshot, loss=loss, teacher_weight=1)
    rows = [row for row in outcome.evaluations["test"].rows if row.metric == "nDCG@10"]
    values = {row.system: row.value for row in rows}
    assert values["model"] > values["base"] + 0.1, (values, outcome.facts["log"])
    facts = outcome.facts["teacher"]
    assert (facts["loaded"], facts["kind"], facts["weight"]) == (NAME, "reranker", 1)
    assert (facts["pairs"], facts["scored"]) == (120, 120)
    assert 0.3 < facts["agreement"]["value"] < 0.7  # the grades say nothing
    assert any(line.startswith(f"The teacher {NAME} (reranker) scored 120") for line in lines)


def asked(folder: Path, base: Base, **changes: Any) -> tuple[Taught, Sequence[Pair]]:
    snapshot = tiny_snapshot(train=tiny_pairs("train", 4))
    spec = tiny_spec("agro", teacher=NAME, **changes)
    reporter = RecordingReporter()
    reporter.stage("teach")
    taught = teacher_ask(base, snapshot, spec, NOTHING, reporter, cache=folder, device="cpu")
    return taught, snapshot.splits["train"]


def test_a_version_reads_by_its_own_templates_and_says_logits(tmp_path: Path) -> None:
    base = teacher()
    assert "Candidate: " in (base.folder / METADATA).read_text(encoding="utf-8")
    taught, pairs = asked(tmp_path, base, teacher_weight=1)
    version = published_load(base)
    texts = [version.templates.pair(query=p.query, title=p.title, text=p.text) for p in pairs]
    assert texts[0][0].startswith("Query: ")
    expected = logits(version.model, texts, batch_size=8)
    assert [taught.target(pair) for pair in pairs] == pytest.approx(list(expected), abs=1e-4)
    assert taught.facts["agreement"]["value"] > 0.9
    assert taught.facts["agreement"]["n"] == 4 * 2 * 4


def test_an_embedder_says_cosines_on_the_scale_of_logits(tmp_path: Path) -> None:
    taught, pairs = asked(tmp_path / "cache", tiny_teacher(tmp_path), teacher_weight=1)
    found = [taught.target(pair) for pair in pairs]
    assert taught.facts["kind"] == "embedder"
    assert max(map(abs, found)) <= COSINES
    assert max(map(abs, found)) > 1


def test_scores_are_kept_for_the_next_job_and_made_anew_for_other_weights(tmp_path: Path) -> None:
    first, pairs = asked(tmp_path / "cache", teacher())
    again, _ = asked(tmp_path / "cache", teacher(), teacher_weight=0.25)
    assert (first.facts["scored"], again.facts["scored"]) == (24, 0)
    other, _ = asked(tmp_path / "cache", tiny_base(tmp_path / "other"))
    assert other.facts["scored"] == 24
    for entry in (tmp_path / "cache").glob("*/*.npy"):
        entry.write_bytes(b"damaged")
    mended, _ = asked(tmp_path / "cache", teacher())
    assert mended.facts["scored"] == 24
    assert [mended.target(p) for p in pairs] == [first.target(p) for p in pairs]


def test_grades_are_put_on_the_teachers_scale_before_the_two_are_mixed() -> None:
    pairs = tiny_pairs("train", 6)
    scores = np.linspace(-4, 9, len(pairs), dtype=np.float32)
    people = blended(scores, pairs, 0)
    assert people.mean() == pytest.approx(scores.mean())
    assert people.std() == pytest.approx(scores.std())
    assert len({*people.round(6)}) == 2
    assert blended(scores, pairs, 1) == pytest.approx(scores)
    assert blended(scores, pairs, 0.5) == pytest.approx((people + scores) / 2)
    with pytest.raises(DataError, match="the same score"):
        blended(np.full(len(pairs), 3.0, dtype=np.float32), pairs, 0.5)


def test_a_teacher_chooses_the_loss_and_other_losses_refuse_one() -> None:
    snapshot = tiny_snapshot()
    chosen = loss_of(snapshot, TrainSpec.from_dict({"teacher": NAME}), NOTHING)
    assert chosen.name == "MarginMSELoss"
    with pytest.raises(SpecError, match="learn from a teacher"):
        TrainSpec.from_dict({"teacher": NAME, "loss": "LambdaLoss"})


def test_mined_passages_have_the_teacher_alone_and_are_known_by_their_texts(tmp_path: Path) -> None:
    snapshot = tiny_snapshot(train=tiny_pairs("train", 4))
    first = snapshot.splits["train"][0]
    reporter = RecordingReporter()
    reporter.stage("teach")

    def scored(text: str) -> Taught:
        found = replace(first, passage_id="m", title="", text=text, target=0.0, relevant=False)
        mined = Mined({first.query_id: [Example(found, "bm25")]}, too_close=0, alike=0)
        return teacher_ask(
            teacher(), snapshot, tiny_spec("agro", teacher=NAME, teacher_weight=0), mined, reporter,
            cache=tmp_path, device="cpu",
        )  # fmt: skip

    one = scored("open and read the file number 7")
    other = scored("close the file number 7")  # the same name, worded anew
    assert (one.facts["scored"], other.facts["scored"]) == (25, 1)
    assert one.targets[first.query_id, "m"] > other.targets[first.query_id, "m"]
    # Judged pairs are people's alone with this weight: two grades, two targets.
    judged = {round(one.target(pair), 6) for pair in snapshot.splits["train"]}
    assert len(judged) == 2
    assert scored("close the file number 7").facts["scored"] == 0
