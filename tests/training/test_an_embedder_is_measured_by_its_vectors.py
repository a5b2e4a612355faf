"""A base without an output layer ranks by its vectors, not by a layer that was drawn at random."""

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests.tiny import tiny_bi_encoder
from tests.tiny_run import RecordingReporter, tiny_snapshot, tiny_spec
from training.ml.measures.evaluation import evaluate
from training.ml.models.find import Base, BaseRequest, base_find
from training.ml.recipe.asked import Place
from training.ml.recipe.evaluating import evaluation_run
from training.ml.recipe.run import recipe_run
from training.spec.evaluate import EvaluateSpec

SNAPSHOT = tiny_snapshot()


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Base:
    folder = tiny_bi_encoder(tmp_path_factory.mktemp("embedder"))
    return base_find(BaseRequest("tests/tiny-embedder", folder=folder))


def by_cosines(base: Base, split: str) -> float:
    """nDCG@10 of the cosines, by sentence-transformers itself."""
    model = SentenceTransformer(str(base.folder), device="cpu")
    scores: dict[str, dict[str, float]] = {}
    for pair in SNAPSHOT.splits[split]:
        text = f"{pair.title} {pair.text}".strip()
        one, two = model.encode([pair.query, text], normalize_embeddings=True)
        scores.setdefault(pair.query_id, {})[pair.passage_id] = float(np.dot(one, two))
    rows = evaluate(SNAPSHOT.splits[split], {"model": scores}, seed=42).rows
    return next(row.value for row in rows if row.metric == "nDCG@10")


@pytest.mark.parametrize("seed", [42, 43])
def test_what_a_training_is_set_against_is_the_order_of_the_vectors(
    embedder: Base, tmp_path: Path, seed: int
) -> None:
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=SNAPSHOT,
        spec=tiny_spec("agro", max_steps=2, seed=seed),
        base=embedder,
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    for split in ("dev", "test"):
        rows = outcome.evaluations[split].rows
        found = next(r.value for r in rows if (r.system, r.metric) == ("base", "nDCG@10"))
        assert found == pytest.approx(by_cosines(embedder, split), abs=1e-9)
    assert "base" in {row["system"] for row in outcome.facts["verdict"]["against"]}
    assert any("ranks by the cosines of its vectors" in line for line in reporter.lines)


def test_an_embedder_is_evaluated_as_one(embedder: Base) -> None:
    measured = evaluation_run(
        snapshot=SNAPSHOT,
        spec=EvaluateSpec(),
        model=embedder,
        reporter=RecordingReporter(),
        untouched=embedder,
    )
    rows = {
        (row.system, row.metric): row.value
        for row in measured.evaluations["test"].rows
        if row.metric == "nDCG@10"
    }
    assert rows["model", "nDCG@10"] == pytest.approx(by_cosines(embedder, "test"), abs=1e-9)
    assert rows["model", "nDCG@10"] == rows["base", "nDCG@10"]
