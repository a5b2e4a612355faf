"""Labels that were turned round are found far above chance by models that have not seen them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot
from training.ml.data import Pair
from training.ml.errors import DataError
from training.ml.measures.doubts import Doubts, doubts_find
from training.ml.recipe.asked import Place
from training.ml.recipe.doubts import doubts_run
from training.ml.recipe.folds import folds_deal, learnable_first
from training.spec.held_out import DoubtSpec


def turned(pairs: Sequence[Pair], share: float, seed: int = 0) -> tuple[list[Pair], set[int]]:
    """Turn a share of the labels round; returns the pairs and which rows are wrong."""
    rng = np.random.default_rng(seed)
    wrong = set(rng.permutation(len(pairs))[: round(share * len(pairs))].tolist())
    return [_other(p) if row in wrong else p for row, p in enumerate(pairs)], wrong


def _other(pair: Pair) -> Pair:
    value = 1.0 - pair.target
    return replace(pair, grade=value, gain=value, target=value, relevant=not pair.relevant)


def alike(pairs: Sequence[Pair]) -> list[int]:
    """Say that one model scored all of them."""
    return [0] * len(pairs)


def precision(doubts: Doubts, wrong: set[int], most: int) -> float:
    return sum(row.place in wrong for row in doubts.rows[:most]) / most


def test_turned_labels_come_first_after_real_trainings(tmp_path: Path) -> None:
    pairs, wrong = turned(tiny_pairs("train", 40), 0.1)
    snapshot = tiny_snapshot(train=tuple(pairs), dev=(), test=())
    spec = DoubtSpec.from_dict(
        {"folds": 2, "num_train_epochs": 8, "max_length": 64, "bf16": False, "learning_rate": 5e-3,
         "per_device_train_batch_size": 8}
    )  # fmt: skip
    reporter = RecordingReporter()
    found = doubts_run(
        snapshot=snapshot, groups=[[name] for name in sorted({p.query_id for p in pairs})],
        spec=spec, base=tiny_base(tmp_path / "base"), reporter=reporter,
        place=Place(work=tmp_path / "work", device="cpu"),
    )  # fmt: skip
    assert found.facts["pairs"] == 240
    # Chance would find 10%.
    assert precision(found.doubts, wrong, len(wrong)) >= 0.5
    assert [told[3] for told in reporter.trials] == ["running", "done"] * 2


def test_graded_labels_are_doubted_by_score_and_by_order() -> None:
    rng = np.random.default_rng(5)
    clean = [
        replace(pair, target=(row % 4) / 3, relevant=row % 4 > 1)
        for row, pair in enumerate(tiny_pairs("train", 100))
    ]
    # A model that knows the truth, roughly, with a level of its own for each query.
    level = {f"train-{query}": value for query, value in enumerate(rng.normal(0, 1, 100))}
    logits = [4 * p.target - 2 + level[p.query_id] + rng.normal(0, 0.7) for p in clean]
    scores = 1 / (1 + np.exp(-np.array(logits)))
    rows = rng.permutation(len(clean))[:60].tolist()
    wrong = set(rows)
    noisy = [
        replace(pair, target=(pair.target + 2 / 3) % (4 / 3), relevant=not pair.relevant)
        if row in wrong
        else pair
        for row, pair in enumerate(clean)
    ]
    doubts = doubts_find(noisy, scores, alike(noisy))
    assert precision(doubts, wrong, 60) >= 0.6
    assert sorted(row.place for row in doubts.rows) == list(range(len(clean)))
    assert doubts.auc is not None
    assert 0.5 < doubts.auc < 1
    assert all(1 <= row.rank <= row.of == 6 for row in doubts.rows)


def test_rare_relevant_passages_are_not_all_doubted() -> None:
    """Where one in forty is relevant, all relevant ones score low: that alone is no doubt."""
    rng = np.random.default_rng(7)
    rare = [
        replace(pair, target=float(row % 40 == 0), relevant=row % 40 == 0)
        for row, pair in enumerate(tiny_pairs("train", 200))
    ]
    scores = 1 / (1 + np.exp(-np.array([1.5 * p.target + rng.normal(0, 1) for p in rare])))
    noisy, wrong = turned(rare, 0.02, seed=1)
    doubts = doubts_find(noisy, scores, alike(noisy))
    first = [row.place for row in doubts.rows[:24]]
    honest = [row for row in first if rare[row].relevant and row not in wrong]
    assert len(honest) <= 6


def test_labels_of_one_kind_and_equal_scores_are_no_trouble() -> None:
    pairs = [replace(pair, target=1.0, relevant=True) for pair in tiny_pairs("train", 2)]
    doubts = doubts_find(pairs, np.full(12, 0.5), alike(pairs))
    assert (doubts.auc, doubts.confident) == (None, 0)
    assert all(row.misplaced is None and row.rank == 1 for row in doubts.rows)


def test_twins_share_a_fold_and_too_few_queries_are_refused() -> None:
    groups = [["a", "b", "c"], ["d"], ["e"], ["f"]]
    folds = folds_deal(groups, 2, seed=1)
    assert sorted(map(len, folds)) == [3, 3]
    assert sorted(next(fold for fold in folds if "a" in fold)) == ["a", "b", "c"]
    assert folds == folds_deal(groups, 2, seed=1)
    with pytest.raises(DataError, match="cannot be dealt out to 5 folds"):
        folds_deal(groups, 5, seed=1)
    same = [replace(pair, relevant=False) for pair in tiny_pairs("train", 2)]
    with pytest.raises(DataError, match="the same label"):
        learnable_first(same, ["train-0", "train-1"])


def test_targets_that_all_differ_are_doubted_as_well() -> None:
    """Soft targets, of which hardly two are the same, have a usual distance too."""
    rng = np.random.default_rng(3)
    pairs = tiny_pairs("train", 100)
    truth = np.array([float(row % 3 == 0) for row in range(len(pairs))])
    scores = 1 / (1 + np.exp(-(4 * truth - 2 + rng.normal(0, 1, len(pairs)))))
    wrong = set(rng.permutation(len(pairs))[:60].tolist())
    said = [1 - value if row in wrong else value for row, value in enumerate(truth)]
    soft = [abs(value - 0.15 * rng.random()) for value in said]
    noisy = [
        replace(pair, target=value, relevant=value >= 0.5)
        for pair, value in zip(pairs, soft, strict=True)
    ]
    # Chance would find 10%.
    assert precision(doubts_find(noisy, scores, alike(noisy)), wrong, 60) >= 0.7


def test_models_of_two_folds_may_score_on_levels_of_their_own() -> None:
    rng = np.random.default_rng(11)
    clean = tiny_pairs("train", 120)
    noisy, wrong = turned(clean, 0.1)
    logits = np.array([5 * pair.target - 2.5 for pair in clean]) + rng.normal(0, 1, len(clean))
    folds = [row // (len(clean) // 2) for row in range(len(clean))]
    even = 1 / (1 + np.exp(-logits))
    apart = 1 / (1 + np.exp(-(logits * np.array([1.0, 0.6])[folds] + np.array([0, 4.0])[folds])))
    found = [precision(doubts_find(noisy, scores, folds), wrong, 72) for scores in (even, apart)]
    assert found[1] == pytest.approx(found[0], abs=0.03)
    assert found[1] >= 0.8
    # What levels would cost if one calibration had to serve both.
    assert precision(doubts_find(noisy, apart, alike(noisy)), wrong, 72) < found[1]
