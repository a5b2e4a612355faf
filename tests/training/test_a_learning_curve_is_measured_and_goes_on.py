"""A learning curve trains nested subsets, keeps every point, and never looks at the test split."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot
from tests.training.silver import TinySilver
from training.ml.data import Snapshot
from training.ml.errors import DataError
from training.ml.measures.plan import cost_of, sizes_of
from training.ml.recipe import curve
from training.ml.recipe.asked import Place
from training.ml.recipe.curve import curve_run, draws_of
from training.ml.recipe.folds import held_out_train
from training.ml.silver.work import SilverWork
from training.spec.held_out import CurveSpec

SPEC = CurveSpec.from_dict(
    {"sizes": 3, "repeats": 2, "folds": 2, "max_steps": 3, "max_length": 64, "bf16": False,
     "learning_rate": 1e-2}
)  # fmt: skip


def groups_of(snapshot: Any) -> list[list[str]]:
    names = {pair.query_id for split in ("train", "dev") for pair in snapshot.splits[split]}
    return [[name] for name in sorted(names)]


def measured(folder: Path, reporter: RecordingReporter, snapshot: Any) -> dict[str, Any]:
    return curve_run(
        snapshot=snapshot, groups=groups_of(snapshot), spec=SPEC,
        base=tiny_base(folder / "base"), reporter=reporter,
        place=Place(work=folder / "work", device="cpu"),
    )  # fmt: skip


def test_a_curve_goes_on_after_its_last_point_and_comes_out_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = tiny_snapshot(train=tiny_pairs("train", 24))
    first = RecordingReporter()
    found = measured(tmp_path, first, snapshot)
    assert [point["queries"] for point in found["points"]] == [4, 8, 16]
    assert all(point["n"] == 32 and point["low"] <= point["high"] for point in found["points"])
    assert (found["today"], found["queries"], found["measured"]) == (24, 40, 32)
    assert found["per_query"] == 6
    done = [told for told in first.trials if told[3] == "done"]
    assert [told[2]["queries"] for told in done] == [4, 8, 16] * 2
    assert {told[2]["draw"] for told in done} == {1, 2}
    trained = [row for row in first.done if row[0] == "train"]
    assert trained[-1][1] == trained[-1][2] > 0

    # The last point is lost: the others are read, and all figures are the same.
    next((tmp_path / "work").rglob("point-2-16.json")).unlink()
    trainings: list[str] = []
    seen: set[str] = set()
    train = held_out_train

    def watched(bench: Any, one: Any) -> Any:
        if not (bench.work / f"{one.name}.json").exists():
            trainings.append(one.name)
        seen.update(pair.query_id.partition("-")[0] for pair in (*one.train, *one.scored))
        return train(bench, one)

    monkeypatch.setattr(curve, "held_out_train", watched)
    assert measured(tmp_path, RecordingReporter(), snapshot) == found
    assert trainings == ["point-2-16"]
    assert seen == {"train", "dev"}


def test_a_curve_begins_with_what_the_silver_stage_has_made_of_an_embedder(tmp_path: Path) -> None:
    tiny, snapshot = TinySilver(tmp_path), tiny_snapshot(train=tiny_pairs("train", 24))
    embedder = replace(tiny.teacher, info=replace(tiny.teacher.info, fresh_head=True))
    spec = CurveSpec.from_dict(SPEC.to_dict() | {"silver": "fresh_head", "silver_pairs": 64})

    def found(work: str, silver: SilverWork | None) -> tuple[dict[str, Any], RecordingReporter]:
        reporter = RecordingReporter()
        told = curve_run(
            snapshot=snapshot, groups=groups_of(snapshot), spec=spec, base=embedder,
            reporter=reporter, place=Place(work=tmp_path / work, device="cpu"), silver=silver,
        )  # fmt: skip
        return told, reporter

    one, reporter = found("one", tiny.work())
    assert reporter.stages == ["silver", "train", "evaluate"]
    assert any("Silver stage: " in line for line in reporter.lines)
    two, again = found("two", tiny.work())
    assert not any("made from" in line for line in again.lines)  # its result was kept
    without, _ = found("three", None)
    assert one == two
    assert one["points"] != without["points"]
    # Both are set against the order of the embedder's vectors, which no seed has drawn.
    assert one["untouched"] == without["untouched"]


def test_subsets_are_nested_and_apart_from_what_they_are_measured_on() -> None:
    snapshot = tiny_snapshot()
    pairs = [*snapshot.splits["train"], *snapshot.splits["dev"]]
    names = sorted({pair.query_id for pair in pairs})
    twins = [names[:5], *([name] for name in names[5:])]
    draws = draws_of(pairs, twins, SPEC)
    for draw in draws:
        assert not set(draw.learned) & set(draw.held_out)
        assert len(set(names[:5]) & set(draw.held_out)) in (0, 5)
    assert not set(draws[0].held_out) & set(draws[1].held_out)


def test_too_few_queries_are_refused_before_time_is_spent() -> None:
    assert sizes_of(100, 4) == [12, 25, 50, 100]
    with pytest.raises(DataError, match="15 queries to learn from are too few"):
        sizes_of(15, 8)


def test_what_a_curve_takes_is_known_before() -> None:
    spec = CurveSpec(sizes=3, repeats=2, folds=4, num_train_epochs=2)
    cost = cost_of(spec, queries=100, pairs=600)
    assert (cost.trainings, cost.pairs) == (6, 2 * 2 * 6 * (18 + 37 + 75))


def test_divided_votes_are_learned_as_the_grades_of_the_scheme(tmp_path: Path) -> None:
    """More different targets than a scheme has grades: each is its nearest grade to such a loss."""
    usual = tiny_snapshot(train=tiny_pairs("train", 24))
    train = [
        replace(pair, target=pair.target * 0.6 + place / 1000)
        for place, pair in enumerate(usual.splits["train"])
    ]
    scheme = [{"target": 0.0}, {"target": 1.0}]
    snapshot = Snapshot(
        {**usual.manifest, "label_scheme": scheme}, {**usual.splits, "train": train}
    )
    spec = CurveSpec.from_dict(SPEC.to_dict() | {"loss": "CrossEntropyLoss"})
    found = curve_run(
        snapshot=snapshot, groups=groups_of(snapshot), spec=spec,
        base=tiny_base(tmp_path / "base"), reporter=RecordingReporter(),
        place=Place(work=tmp_path / "work", device="cpu"),
    )  # fmt: skip
    assert len(found["points"]) == 3
