"""The dev split during training: the stock binary metrics, and ours for rankings."""

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np
from sentence_transformers import CrossEncoder
from sentence_transformers.base.model import BaseModel
from sentence_transformers.cross_encoder.evaluation import CrossEncoderClassificationEvaluator

from training.ml.data import Pair
from training.ml.measures.evaluation import evaluate
from training.ml.reporter import Reporter
from training.ml.scoring import texts_score
from training.ml.templates import Templates

RANKING: Final = {"nDCG@10": "ndcg@10", "MRR@10": "mrr@10"}
_ENDS: Final = ("low", "high")


class _Scored:
    """A model that has scored already, as far as the stock evaluator looks at one."""

    def __init__(self, model: CrossEncoder, scores: Sequence[float]) -> None:
        self.num_labels = model.num_labels
        self.model_card_data = model.model_card_data
        self._scores = np.asarray(scores, dtype=np.float32)

    def predict(self, *_args: object, **_options: object) -> Any:
        return self._scores


class DevEvaluator(CrossEncoderClassificationEvaluator):
    """sentence-transformers' binary evaluator, with ranking metrics from the same scores.

    The stock evaluator writes accuracy, F1 (both with the threshold that suits them best),
    precision, recall and average precision into the library's card data, and average precision
    into its training log; nDCG@10 joins the log as a column of its own. Pairs are scored once.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        templates: Templates,
        *,
        name: str,
        batch_size: int,
        seed: int,
        reporter: Reporter,
    ) -> None:
        texts = [templates.pair(query=p.query, title=p.title, text=p.text) for p in pairs]
        super().__init__(
            sentence_pairs=[list(pair) for pair in texts],
            labels=[int(pair.relevant) for pair in pairs],
            name=name,
            batch_size=batch_size,
            show_progress_bar=False,
            write_csv=False,
        )
        self._pairs = pairs
        self._texts = texts
        self._seed = seed
        self._reporter = reporter
        self.values: dict[str, float] = {}
        """What the newest evaluation returned, with `_low` and `_high` of each ranking metric."""
        self.last: tuple[int, dict[str, dict[str, float]]] | None = None
        """The step of the newest evaluation, and its scores as {query_id: {passage_id: score}}."""

    def __call__(
        self,
        model: BaseModel,
        output_path: str | None = None,
        epoch: float = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """Score the split, report, and return all values under `{name}_{metric}`."""
        values = self.look(model, epoch=epoch, steps=steps)
        # The trainer renames the keys of what is returned.
        self._reporter.metric(steps, epoch, dict(values))
        return values

    def look(self, model: BaseModel, *, epoch: float, steps: int) -> dict[str, float]:
        """Do the same and report nothing: for weights that are not those of this step."""
        if not isinstance(model, CrossEncoder):
            raise TypeError(f"{type(model).__name__} is no cross-encoder")
        scores = texts_score(model, self._texts, batch_size=self.batch_size)
        found: dict[str, dict[str, float]] = {}
        for pair, score in zip(self._pairs, scores, strict=True):
            found.setdefault(pair.query_id, {})[pair.passage_id] = score
        stand_in = cast("CrossEncoder", _Scored(model, scores))
        values: dict[str, float] = super().__call__(
            # The trainer gives fractions of an epoch, whatever the annotation says.
            stand_in,
            epoch=cast("int", epoch),
            steps=steps,
        )
        ranking, intervals = self._ranking(found)
        # The stock evaluator has just opened or extended the line of this step.
        model.model_card_data.training_logs[-1].update(ranking)
        self.last, self.values = (steps, found), values | ranking | intervals
        return values | ranking

    def restate(self, model: CrossEncoder, scores: Sequence[float]) -> None:
        """Put the stock figures of these scores, in the order of the pairs, into the card's data.

        For scores that were calibrated after training: a threshold is then on their scale. The
        training log keeps what was measured on the way.
        """
        card = model.model_card_data
        log = [dict(line) for line in card.training_logs]
        super().__call__(cast("CrossEncoder", _Scored(model, scores)))
        card.training_logs = log

    def _ranking(
        self, scores: dict[str, dict[str, float]]
    ) -> tuple[dict[str, float], dict[str, float]]:
        rows = evaluate(self._pairs, {"model": scores}, seed=self._seed).rows
        named = {f"{self.name}_{RANKING[r.metric]}": r for r in rows if r.metric in RANKING}
        ends = ((name, end, getattr(row, end)) for name, row in named.items() for end in _ENDS)
        intervals = {f"{name}_{end}": value for name, end, value in ends if value is not None}
        return {name: row.value for name, row in named.items()}, intervals
