"""Cross-fit the sample project's reranker, as its set-up trains it, and compare it on all queries.

    python -m bench.sample [--folds 5] [--only 1] [--cache FOLDER] [--set key=value ...]

The silver stage runs once, on the docstrings alone, and is timed apart; a later run with the same
`--cache` reads it. Then each fold's queries are scored by a model that was fine-tuned on the labels
of the others, near-identical queries being in one fold, and all queries are evaluated together
against BM25, the bi-encoder's cosines and the silver stage alone, on the same candidates. Goals, on
two cores: above BM25 with an interval above zero, above the bi-encoder if possible, fine-tuning
within 3 minutes, the silver stage within 12.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import torch

from bench._folds import cross_fit, report, silver_scores, spec_of
from bench._goals import Goals
from training.ml.data import Pair
from training.ml.measures.evaluation import SystemScores, bm25_scores
from training.ml.models.encoder import BiEncoder
from training.ml.models.find import BaseRequest, base_find
from training.ml.models.names import PACKAGED
from training.ml.silver.queries import Passage
from training.ml.silver.work import SilverWork, corpus_draw
from training.sample import (
    POOL_MAX_LENGTH,
    judgments_resolve,
    passage_text,
    sample_passages,
    sample_queries,
)
from training.sample.recipe import sample_recipe

RELEVANT: Final = 2
SILVER_SECONDS: Final = 720
TUNING_SECONDS: Final = 180
ABOVE_ZERO: Final = 0.0001


def sample_pairs() -> list[Pair]:
    """The pooled and judged candidates of all queries, as the project imports them."""
    texts = {query.id: query.text for query in sample_queries()}
    passages = {passage.name: passage for passage in sample_passages()}
    return [
        Pair(
            query_id=it.query_id,
            query=texts[it.query_id],
            passage_id=it.passage,
            title=passages[it.passage].title,
            text=passages[it.passage].text,
            grade=float(it.grade),
            gain=float(it.grade),
            target=it.grade / 3,
            relevant=it.grade >= RELEVANT,
        )
        for it in judgments_resolve().judgments
        if it.runs
    ]


def encoder_scores(pairs: Sequence[Pair]) -> SystemScores:
    """The bi-encoder's cosines of all candidates, read as it read them for the pool."""
    encoder = BiEncoder(max_length=POOL_MAX_LENGTH)
    queries = list(dict.fromkeys(pair.query for pair in pairs))
    known = {passage.name: passage_text(passage) for passage in sample_passages()}
    names = list(dict.fromkeys(pair.passage_id for pair in pairs))
    asked = dict(zip(queries, encoder.encode(queries), strict=True))
    read = dict(zip(names, encoder.encode([known[name] for name in names]), strict=True))
    scores: dict[str, dict[str, float]] = {}
    for pair in pairs:
        value = float(asked[pair.query] @ read[pair.passage_id])
        scores.setdefault(pair.query_id, {})[pair.passage_id] = value
    return scores


def main() -> None:
    """Run the measurement and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=5, help="0: the silver stage alone")
    parser.add_argument("--only", type=int, help="stop after this many folds")
    parser.add_argument("--cache", type=Path, help="where results of the silver stage are kept")
    parser.add_argument("--set", nargs="*", default=[], help="keys of the recipe: key=value")
    chosen = parser.parse_args()
    spec, pairs = spec_of(sample_recipe(), chosen.set), sample_pairs()
    base = base_find(BaseRequest(PACKAGED))
    corpus, passages = corpus_draw(Passage(it.title, it.text) for it in sample_passages())
    print(f"{torch.get_num_threads()} threads; {len(pairs):,} pairs, {passages:,} passages")
    with TemporaryDirectory() as folder:
        labelled = {pair.query for pair in pairs}
        work = SilverWork(corpus, passages, base, chosen.cache or Path(folder), labelled)
        systems = {"bm25": bm25_scores(pairs), "bi-encoder": encoder_scores(pairs)}
        systems["silver"], silver = silver_scores(base, spec, work, pairs)
        tuned: list[float] = []
        if chosen.folds:
            systems["reranker"] = cross_fit(
                base, spec, work, pairs, folds=chosen.folds, only=chosen.only, seconds=tuned
            )
    goals, found = Goals(), report(pairs, systems)
    goals.most("the silver stage, when it was trained", silver, SILVER_SECONDS, " s")
    if tuned:
        goals.most("fine-tuning, the longest fold", max(tuned), TUNING_SECONDS, " s")
        low = found["reranker", "bm25"].low
        goals.least("lower end of the reranker's gain over BM25", low or 0.0, ABOVE_ZERO)
    goals.end()


if __name__ == "__main__":
    main()
