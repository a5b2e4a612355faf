"""Which loss ranks best where: each is cross-fitted on the same folds, base and silver stage.

    python -m bench.losses [--data sample | FILE.jsonl] [--losses NAME ...] [--folds 3]
                           [--cache FOLDER] [--set key=value ...]

A file holds pairs (`query, query_id, candidate, candidate_id, label`) or triplets (`query,
positive_text, negative_texts`). The base is the packaged one, which learns from the corpus in a
silver stage first; every query is then scored by a model that has not seen its labels. Differences
are to BinaryCrossEntropyLoss, with the paired test and 95% intervals over queries.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench._folds import cross_fit, report, silver_scores, spec_of
from bench.sample import sample_pairs
from training.ml.data import Pair
from training.ml.measures.evaluation import bm25_scores
from training.ml.models.find import BaseRequest, base_find
from training.ml.models.names import PACKAGED
from training.ml.silver.queries import Passage
from training.ml.silver.work import SilverWork, corpus_draw
from training.sample import sample_passages
from training.sample.recipe import sample_recipe
from training.spec.losses import LOSSES
from training.spec.train import TrainSpec

USUAL: Final = "BinaryCrossEntropyLoss"
# The cached one computes the same as the other, and a teacher's losses want a teacher.
COMPARED: Final = [
    name
    for name in LOSSES
    if name not in ("CachedMultipleNegativesRankingLoss", "MSELoss", "MarginMSELoss")
]


def file_pairs(path: Path) -> list[Pair]:
    """The pairs of a file; of equal ones the first."""
    found: dict[tuple[str, str], Pair] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        for pair in _pairs_of(json.loads(line)):
            found.setdefault((pair.query_id, pair.passage_id), pair)
    return list(found.values())


def _pairs_of(row: Mapping[str, Any]) -> Iterator[Pair]:
    texts = [(row["positive_text"], 1)] if "positive_text" in row else []
    texts += [(text, 0) for text in row.get("negative_texts", ())]
    if not texts:
        texts = [(row["candidate"], row["label"])]
    for text, label in texts:
        yield Pair(
            query_id=str(row.get("query_id", row["query"])),
            query=row["query"],
            passage_id=str(row.get("candidate_id") or sha256(text.encode()).hexdigest()[:16]),
            title="",
            text=text,
            grade=float(label),
            gain=float(label),
            target=float(label),
            relevant=bool(label),
            rank=row.get("rank"),
        )


def main() -> None:
    """Run the measurement and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="sample")
    parser.add_argument("--losses", nargs="*", default=COMPARED, choices=list(LOSSES))
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--cache", type=Path, help="where results of the silver stage are kept")
    parser.add_argument("--set", nargs="*", default=[], help="keys of the recipe: key=value")
    chosen = parser.parse_args()
    if chosen.data == "sample":
        pairs, spec = sample_pairs(), sample_recipe()
        texts = [Passage(it.title, it.text) for it in sample_passages()]
    else:
        pairs, spec = file_pairs(Path(chosen.data)), _recipe()
        texts = [Passage("", text) for text in dict.fromkeys(pair.text for pair in pairs)]
    spec, base = spec_of(spec, chosen.set), base_find(BaseRequest(PACKAGED))
    corpus, passages = corpus_draw(texts)
    print(f"{len(pairs):,} pairs of {len({pair.query_id for pair in pairs}):,} queries")
    with TemporaryDirectory() as folder:
        labelled = {pair.query for pair in pairs}
        work = SilverWork(corpus, passages, base, chosen.cache or Path(folder), labelled)
        systems = {
            "bm25": bm25_scores(pairs),
            "silver": silver_scores(base, spec, work, pairs)[0],
        }
        for name in sorted(chosen.losses, key=lambda each: each != USUAL):
            begun = time.monotonic()
            own = TrainSpec.from_dict(spec.to_dict() | {"loss": name})
            systems[name] = cross_fit(base, own, work, pairs, folds=chosen.folds)
            print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    report(pairs, systems, against=USUAL)


def _recipe() -> TrainSpec:
    """The sample's recipe, whose silver stage is short: these corpora are small."""
    return TrainSpec.from_dict(sample_recipe().to_dict() | {"silver_pairs": 8_000})


if __name__ == "__main__":
    main()
