"""The facts of an evaluation: figures as they are stored, and how they were computed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import sentence_transformers.cross_encoder.evaluation as stock
from sentence_transformers.cross_encoder.model_card import CrossEncoderModelCardData
from sentence_transformers.util import fullname

from training.ml.data import Pair
from training.ml.measures import intervals
from training.ml.measures.evaluation import Counts, Evaluation
from training.ml.measures.references import shuffles_of
from training.ml.measures.systems import first_stage_ties
from training.ml.models.find import BaseInfo
from training.ml.recipe.dev_evaluator import DevEvaluator
from training.ml.search import bm25
from training.ml.search.languages import DEFAULT
from training.ml.search.tokens import Tokens


def validation_facts(
    evaluator: DevEvaluator, card: CrossEncoderModelCardData, dev: Counts
) -> dict[str, Any]:
    """The stock evaluator's own figures, on the dev split that `dev` counts."""
    prefix = f"{evaluator.name}_"
    metrics = (card.eval_results_dict or {}).get(evaluator, {})
    return {
        "dataset": evaluator.name,
        "description": "Cross Encoder Binary Classification",
        "class_name": fullname(stock.CrossEncoderClassificationEvaluator),
        "primary": str(evaluator.primary_metric).removeprefix(prefix),
        "metrics": [[name.removeprefix(prefix), float(value)] for name, value in metrics.items()],
        "queries": dev.queries,
        "pairs": dev.pairs,
        "positives": dev.positives,
    }


def split_facts(split: str, evaluation: Evaluation, pairs: Sequence[Pair]) -> dict[str, Any]:
    """All figures of one split, and the lists that they were measured on."""
    lengths = Counter(pair.query_id for pair in pairs).values()
    return {
        "split": split,
        "counts": asdict(evaluation.counts),
        "candidates": {
            "mean": round(sum(lengths) / len(lengths), 2),
            "min": min(lengths),
            "max": max(lengths),
        },
        "ranked": sum(pair.rank is not None for pair in pairs),
        "tied": first_stage_ties(pairs),
        "shuffles": shuffles_of(pairs),
        "rows": [asdict(row) for row in evaluation.rows],
        "differences": [asdict(row) for row in evaluation.differences],
        "notes": list(evaluation.notes),
    }


def methods_facts(
    splits: Iterable[Sequence[Pair]],
    *,
    seed: int,
    language: str = DEFAULT,
    base: BaseInfo | None = None,
) -> dict[str, Any]:
    """How baselines, intervals and tests came about, from the constants of the code that ran.

    `base` is the one that was measured untouched.
    """
    return {
        "base": base and ("cosines" if base.fresh_head else "scores"),
        "bm25": {
            "variant": bm25.VARIANT,
            "k1": bm25.K1,
            "b": bm25.B,
            "terms": Tokens(language).says,
            "passages": len({pair.passage_id for pairs in splits for pair in pairs}),
        },
        "intervals": {
            "confidence": intervals.CONFIDENCE,
            "samples": intervals.SAMPLES,
            "seed": seed,
        },
        "paired_test": {
            "permutations": intervals.PERMUTATIONS,
            "seed": seed,
        },
    }
