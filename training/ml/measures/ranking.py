"""Ranking metrics per query, from `ir_measures` over trec_eval and MS MARCO's own code."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import ir_measures
import numpy as np
from numpy.typing import NDArray

from training.ml.measures.judged import Aligned, Judged

MEASURES: Final[Mapping[str, Any]] = {
    "nDCG@10": ir_measures.nDCG @ 10,
    "MRR@10": ir_measures.RR @ 10,
    "MAP": ir_measures.AP,
    "P@1": ir_measures.P @ 1,
    "P@5": ir_measures.P @ 5,
    "Recall@10": ir_measures.R @ 10,
    "bpref": ir_measures.Bpref,
    "Judged@10": ir_measures.Judged @ 10,
}
RANKING_METRICS: Final = tuple(MEASURES)
LEVELS: Final = 10_000
"""The most steps that gains are mapped to; trec_eval's time and memory grow with their number."""


class RankingMeasures:
    """The ranking metrics over one set of judged pairs, for any number of systems.

    nDCG@10 = DCG / ideal DCG with DCG = sum over ranks i = 1..10 of gain_i / log2(i + 1), gains
    taken from `Pair.gain` as they are (a project that wants 2^grade - 1 says so in its gains); the
    ideal is over all judged passages of the query. Source: Järvelin and Kekäläinen 2002, in the
    form of trec_eval's ndcg_cut. The others take `Pair.relevant`: MAP is trec_eval's map, Recall@10
    its recall_10, P@1 its P_1, P@5 its P_5 (a shorter list counts as five), MRR@10 MS MARCO's.
    P@10 is left out: for a query it is Recall@10 by a constant.

    bpref is trec_eval's: of R relevant and N judged not relevant passages, the mean over the R of
    1 - min(n, R) / min(R, N), where n counts those of the N that stand above it; a relevant passage
    that was not ranked adds 0, one with n = 0 adds 1 even where N is 0, and what nobody judged is
    passed over. Source: Buckley and Voorhees 2004 (SIGIR), as corrected in trec_eval 8.

    A query without a relevant passage is 0 in all of them but nDCG@10, which goes by gains: a grade
    that is not relevant may have one. Judged@10 is the share of the first ten that were judged.
    """

    def __init__(self, judged: Judged) -> None:
        levels, self.gains_exact = gain_levels(judged)
        self._queries = len(judged.query_ids)
        binary = [measure for name, measure in MEASURES.items() if name != "nDCG@10"]
        # Ids of our own: providers see no odd characters, and sort by nothing that has a meaning.
        self._evaluators = (
            ir_measures.evaluator([MEASURES["nDCG@10"]], _qrels(judged, levels)),
            ir_measures.evaluator(binary, _qrels(judged, judged.relevant.astype(np.int64))),
        )

    def per_query(self, aligned: Aligned) -> NDArray[np.float64]:
        """Every metric for every query; shape (queries, len(RANKING_METRICS)).

        A query that the system did not score at all is 0 in every metric.
        """
        longest = max(len(names) for names in aligned.ranking)
        # Strictly falling scores leave no tie for a provider to break in its own way.
        falling = [float(score) for score in range(longest, 0, -1)]
        run = {
            str(row): dict(zip(names, falling, strict=False))
            for row, names in enumerate(aligned.ranking)
            if names
        }
        column = {measure: number for number, measure in enumerate(MEASURES.values())}
        values = np.zeros((self._queries, len(column)), dtype=np.float64)
        for evaluator in self._evaluators:
            # What joins several providers looks every value up once more, which takes longer than
            # to compute it; each of them gives its own measures' values, and 0 for what is missing.
            for provider in getattr(evaluator, "evaluators", [evaluator]):
                for metric in provider.iter_calc(run):
                    values[int(metric.query_id), column[metric.measure]] = metric.value
        return values


def gain_levels(judged: Judged) -> tuple[NDArray[np.int64], bool]:
    """Map gains to whole numbers, which is all that trec_eval reads, and say whether exactly.

    nDCG does not change when a query's gains are multiplied by a constant. So gains that share a
    denominator of at most 1000 (grades, votes of a few people) are multiplied by it: exact.
    Otherwise each query's gains become multiples of 1/10,000 of its highest, which moves nDCG@10
    by less than 0.0005.
    """
    distinct = np.unique(judged.gain)
    for scale in range(1, 1001):
        whole = np.rint(distinct * scale)
        if whole[-1] > LEVELS:
            break
        close = np.abs(distinct * scale - whole) <= 1e-9 * scale * distinct[-1]
        if (close & ((whole > 0) == (distinct > 0))).all():
            return np.rint(judged.gain * scale).astype(np.int64), True
    highest = np.maximum.reduceat(judged.gain, judged.starts)
    scale_by_query = np.divide(LEVELS, highest, out=np.zeros_like(highest), where=highest > 0)
    return np.rint(judged.gain * scale_by_query[judged.query]).astype(np.int64), False


def _qrels(judged: Judged, grades: NDArray[np.int64]) -> dict[str, dict[str, int]]:
    values = grades.tolist()
    bounds = [*judged.starts.tolist(), len(values)]
    names = [str(place) for place in range(max(map(len, judged.passage_ids)))]
    return {
        str(row): dict(zip(names, values[start:end], strict=False))
        for row, (start, end) in enumerate(pairwise(bounds))
    }
