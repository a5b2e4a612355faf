"""One run of the recipe leaves a complete model, its figures and its course; twice, the same."""

import hashlib
import json
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import CrossEncoder

from tests.tiny_run import (
    RecordingReporter,
    TinyRun,
    tiny_base,
    tiny_pairs,
    tiny_run,
    tiny_snapshot,
    tiny_spec,
    unranked,
)
from training.ml.data import Pair
from training.ml.measures.evaluation import evaluate
from training.ml.models.save import METADATA
from training.ml.recipe.asked import Place
from training.ml.recipe.run import STAGES, recipe_run
from training.ml.scoring import pairs_score


def weights_digest(folder: Path) -> str:
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_the_stages_come_in_order_and_progress_reaches_its_total() -> None:
    reporter = tiny_run("court-cases").reporter
    left_out = ("silver", "mine", "teach")
    assert reporter.stages == [name for name in STAGES if name not in left_out]
    for stage in ("baseline", "train"):
        done = [(n, total) for name, n, total in reporter.done if name == stage]
        assert done[-1][0] == done[-1][1]
    steps = [n for name, n, _ in reporter.done if name == "train"]
    assert steps == list(range(9))  # 120 pairs in batches of 16


def test_loss_and_dev_metrics_are_told_while_training_runs() -> None:
    metrics = tiny_run("court-cases").reporter.metrics
    losses = [step for step, _, values in metrics if "loss" in values]
    measured = {step for step, _, values in metrics if "val_average_precision" in values}
    assert losses == [1, 4, 8]
    assert measured == {4, 8}
    assert all("val_ndcg@10" in v for _, _, v in metrics if "val_average_precision" in v)


def test_the_training_log_has_the_evaluation_column_under_the_validation_name() -> None:
    log = tiny_run("court-cases").outcome.log
    assert [line["Step"] for line in log] == [1, 4, 8]
    assert all(0 <= line["val_average_precision"] <= 1 for line in log[1:])


def test_without_evaluation_on_the_way_the_last_line_of_the_log_still_has_it() -> None:
    log = tiny_run("agro").outcome.log
    assert "dev_average_precision" not in log[0]
    assert "dev_average_precision" in log[-1]


def test_the_folder_is_complete_readable_and_free_of_pickles() -> None:
    folder = tiny_run("agro").outcome.folder
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "arbiter.json",
        "golden.json",
        "config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}


def test_nothing_in_the_folder_or_the_facts_names_a_path_of_this_machine() -> None:
    outcome = tiny_run("agro").outcome
    root = str(outcome.folder.parent)
    for path in outcome.folder.glob("*.json"):
        assert root not in path.read_text(encoding="utf-8")
    assert root not in json.dumps(outcome.facts)


def test_the_sigmoid_is_written_where_old_and_new_clients_look() -> None:
    folder = tiny_run("agro").outcome.folder
    config = json.loads((folder / "config.json").read_text())
    newer = json.loads((folder / "config_sentence_transformers.json").read_text())
    sigmoid = "torch.nn.modules.activation.Sigmoid"
    assert config["sentence_transformers"]["activation_fn"] == sigmoid
    assert newer["activation_fn"] == sigmoid


def test_the_templates_are_published_with_the_model() -> None:
    run = tiny_run("court-cases")
    metadata = json.loads((run.outcome.folder / METADATA).read_text("utf-8"))
    assert metadata["query_template"] == "Query: {query}"
    assert metadata["passage_template"] == "Candidate: {text}"
    assert metadata["snapshot"] == run.snapshot.digest


def changed_run(preset: str, folder: Path, **changes: object) -> TinyRun:
    reporter, snapshot = RecordingReporter(), tiny_snapshot()
    spec = tiny_spec(preset, **changes)
    outcome = recipe_run(
        snapshot=snapshot,
        spec=spec,
        base=tiny_base(folder / "base"),
        folder=folder / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    return TinyRun(outcome, reporter, snapshot, spec)


@pytest.mark.parametrize(
    ("preset", "changes"),
    [
        ("agro", {}),
        ("court-cases", {}),
        ("balanced", {"bf16": True}),
        ("balanced", {"bf16": True, "seeds": 2}),
    ],
    ids=["agro", "court-cases", "bfloat16", "bfloat16-of-two-seeds"],
)
def test_a_plain_cross_encoder_gives_the_figures_of_the_run(
    preset: str, changes: dict[str, object], tmp_path: Path
) -> None:
    run = tiny_run(preset) if not changes else changed_run(preset, tmp_path, **changes)
    pairs = run.snapshot.splits["test"]
    model = CrossEncoder(str(run.outcome.folder), device="cpu")
    texts = [run.spec.templates.pair(query=p.query, title=p.title, text=p.text) for p in pairs]
    scores: dict[str, dict[str, float]] = {}
    for pair, score in zip(pairs, model.predict(texts), strict=True):
        assert 0 <= score <= 1
        scores.setdefault(pair.query_id, {})[pair.passage_id] = float(score)
    calibration = run.outcome.facts["calibration"]
    assert calibration["applied"] or calibration["reason"] == "scores hardly differ"
    for query, top in run.outcome.rankings["model"].items():
        assert dict(top) == pytest.approx({name: scores[query][name] for name, _ in top}, abs=1e-4)
    again = evaluate(pairs, {"model": scores}, seed=run.spec.seed)
    reported = run.outcome.evaluations["test"]
    assert again.per_query["model"] == reported.per_query["model"]
    precision = {r.metric: r.value for r in again.rows}["average_precision"]
    assert precision == pytest.approx(
        next(
            r.value for r in reported.rows if (r.system, r.metric) == ("model", "average_precision")
        )
    )


def test_the_model_learns_and_every_system_is_measured_on_the_same_candidates() -> None:
    for split in ("dev", "test"):
        evaluation = tiny_run("court-cases").outcome.evaluations[split]
        assert list(evaluation.per_query) == ["first_stage", "bm25", "base", "model"]
        ndcg = {r.system: r.value for r in evaluation.rows if r.metric == "nDCG@10"}
        assert ndcg["model"] > ndcg["base"]
        assert {r.n for r in evaluation.rows if r.metric == "nDCG@10"} == {8}


def test_test_figures_use_the_thresholds_that_dev_chose() -> None:
    evaluations = tiny_run("court-cases").outcome.evaluations
    dev = {(r.system, r.metric): r.value for r in evaluations["dev"].rows}
    test = {(r.system, r.metric): r.value for r in evaluations["test"].rows}
    assert test["model", "f1_dev_threshold"] == dev["model", "f1_threshold"]


def german(pair: Pair) -> Pair:
    """The same pair in German: only stems say which passages are relevant."""
    text = "Ein Haus wurde gekauft." if pair.relevant else "Ein Baum wurde gefällt."
    return replace(pair, query="Häuser kaufen", title="", text=text)


def test_a_short_run_without_ranks_has_no_first_stage_and_yet_its_losses(tmp_path: Path) -> None:
    """Its baseline reads the language of the recipe."""
    splits = {name: unranked(tiny_pairs(name, 4)) for name in ("dev", "test")}
    splits["test"] = tuple(german(pair) for pair in splits["test"])
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=tiny_snapshot(**splits),
        spec=tiny_spec("agro", max_steps=3, logging_steps=1000, language="de"),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    assert list(outcome.evaluations["test"].per_query) == ["bm25", "base", "model"]
    bm25 = outcome.evaluations["test"].per_query["bm25"]
    assert {values["nDCG@10"] for values in bm25.values()} == {1}
    assert "stemmed for German" in outcome.facts["methods"]["bm25"]["terms"]
    assert [step for step, _, values in reporter.metrics if "loss" in values] == [1, 3]
    assert [line["Step"] for line in outcome.log if "Training Loss" in line] == [1, 3]
    assert reporter.bases == [outcome.base.to_dict()]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    digests = [weights_digest(tiny_run("agro").outcome.folder)]
    for number, seed in enumerate((42, 43)):
        outcome = recipe_run(
            snapshot=tiny_snapshot(),
            spec=tiny_spec("agro", seed=seed),
            base=tiny_base(tmp_path / f"base{number}"),
            folder=tmp_path / f"model{number}",
            reporter=RecordingReporter(),
            place=Place(device="cpu"),
        )
        digests.append(weights_digest(outcome.folder))
    assert digests[0] == digests[1]
    assert digests[1] != digests[2]


def test_the_best_weights_are_kept_where_the_recipe_says_so(tmp_path: Path) -> None:
    run = tiny_snapshot()
    spec = tiny_spec("balanced", num_train_epochs=4)
    outcome = recipe_run(
        snapshot=run,
        spec=spec,
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=RecordingReporter(),
        place=Place(device="cpu"),
    )
    measured = {line["Step"]: line["dev_ndcg@10"] for line in outcome.log if "dev_ndcg@10" in line}
    best = outcome.facts["log"]["best_step"]
    assert measured[best] == max(measured.values())
    model = CrossEncoder(str(outcome.folder), device="cpu")
    scores = pairs_score(model, run.splits["dev"], spec.templates, batch_size=16)
    rows = evaluate(run.splits["dev"], {"model": scores}).rows
    kept = next(row.value for row in rows if row.metric == "nDCG@10")
    assert kept == pytest.approx(measured[best])
    assert not np.isnan(kept)
