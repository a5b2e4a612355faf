"""Time the evaluation of a million judged pairs, with intervals and paired tests.

    python -m bench.evaluation [--queries 50000] [--candidates 20] [--systems 2] [--soft]

Every system scores every pair. Prints seconds and the peak of resident memory, that of the input
taken apart, and then what a job does beside it: verdict, slices, rankings, calibration. The goal is
60 seconds for a million scored pairs on two cores.
"""

import argparse
import resource
import time

import numpy as np
from scipy.special import expit

from bench._goals import Goals
from training.ml.data import Pair
from training.ml.measures.calibration import calibrated, platt_fit, reliability
from training.ml.measures.evaluation import (
    SystemScores,
    Thresholds,
    evaluate,
    paired_difference,
    thresholds_choose,
)
from training.ml.measures.rankings import rankings_top
from training.ml.measures.slices import slices_of

SECONDS, MILLION = 60.0, 1_000_000


def pairs_make(queries: int, candidates: int, *, soft: bool) -> list[Pair]:
    """Judged pairs with about 1.2 positives per query; `soft` gives arbitrary real gains."""
    rng = np.random.default_rng(0)
    grades = rng.choice(4, size=(queries, candidates), p=[0.8, 0.14, 0.04, 0.02])
    gains = grades + soft * (grades > 0) * rng.random(grades.shape)
    return [
        Pair(
            query_id=f"query {row}",
            query="word " * (1 + row % 9),
            passage_id=f"passage {row} {column}",
            title="",
            text="",
            grade=float(grades[row, column]),
            gain=float(gains[row, column]),
            target=float(grades[row, column]) / 3,
            relevant=bool(grades[row, column] >= 2),
        )
        for row in range(queries)
        for column in range(candidates)
    ]


def scores_make(pairs: list[Pair], seed: int) -> SystemScores:
    """Scores that follow the grades with noise, as float32 values like a cross-encoder's."""
    noise = np.random.default_rng(seed).normal(scale=1.5, size=len(pairs))
    grades = np.array([pair.grade for pair in pairs])
    scores: dict[str, dict[str, float]] = {}
    for pair, score in zip(pairs, (grades + noise).astype(np.float32).tolist(), strict=True):
        scores.setdefault(pair.query_id, {})[pair.passage_id] = score
    return scores


def peak() -> float:
    """The peak of this process's resident memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run the measurement and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=50_000)
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--systems", type=int, default=2)
    parser.add_argument("--soft", action="store_true", help="gains that are arbitrary reals")
    chosen = parser.parse_args()
    pairs = pairs_make(chosen.queries, chosen.candidates, soft=chosen.soft)
    systems = {f"s{number}": scores_make(pairs, number) for number in range(chosen.systems)}
    print(f"input: {len(pairs):,} pairs x {len(systems)} systems, {peak():,.0f} MB")
    start = time.perf_counter()
    dev = thresholds_choose(pairs[: len(pairs) // 10], systems["s0"]) or Thresholds(0.0, 0.0)
    evaluation = evaluate(pairs, systems, thresholds={"s0": dev})
    seconds = time.perf_counter() - start
    print(f"evaluate: {seconds:.1f} s, {peak():,.0f} MB at the peak")
    goals = Goals()
    goals.most("evaluation of a million pairs", seconds * MILLION / len(pairs), SECONDS, " s")
    print(f"{len(evaluation.rows)} rows, {len(evaluation.differences)} differences")
    start = time.perf_counter()
    model, *_, rival = systems
    verdict = paired_difference(evaluation.per_query, model, rival)[0]
    slices = slices_of(pairs, evaluation.per_query)
    top = rankings_top(pairs, systems)
    labels = np.array([pair.relevant for pair in pairs])
    scores = np.array([systems[model][pair.query_id][pair.passage_id] for pair in pairs])
    fit = platt_fit(expit(scores), labels)
    after = reliability(calibrated(expit(scores), fit), labels)
    print(f"verdict, slices, rankings, calibration: {time.perf_counter() - start:.1f} s")
    print(
        f"p {verdict.p:.4f}, {len(slices[0]['slices'])} slices, {len(top)} rankings, ECE", end=" "
    )
    print(f"{after.ece:.4f}")
    for row in evaluation.rows[:3]:
        print(
            f"{row.system} {row.metric} {row.value:.4f} [{row.low:.4f}, {row.high:.4f}] n={row.n}"
        )
    goals.end()


if __name__ == "__main__":
    main()
