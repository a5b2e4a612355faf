"""The verdict of a run: better, worse or not shown to differ from each of what it is to beat."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from training.ml.measures.evaluation import DifferenceRow, Evaluation
from training.ml.measures.paired import holm
from training.ml.measures.power import ALPHA, HEADLINE, POWER, smallest_difference
from training.ml.measures.thumb import FEW

MODEL: Final = "model"
RIVALS: Final = ("base", "bm25", "first_stage", "champion")


@dataclass(frozen=True, slots=True)
class Against:
    """The model against one rival in nDCG@10 on the test split.

    `word` is `better` or `worse` where `p_holm` is at most ALPHA, else `undecided`. `effect` is the
    standardised mean difference, see `paired.Paired`; `detectable` the difference that these
    queries would have shown with POWER as one of all these comparisons, from the spread they have.
    """

    system: str
    word: str
    delta: float
    low: float | None
    high: float | None
    p: float
    p_holm: float
    effect: float | None
    detectable: float | None


def family_adjusted(evaluation: Evaluation) -> Evaluation:
    """Return the evaluation with Holm's p in those differences that the verdict is about.

    Rivals with the same value for every query, such as a base that is the champion, are one
    question and count once.
    """
    values = _values(evaluation)
    family = {values[row.against]: row.p for row in evaluation.differences if _counts(row)}
    adjusted = dict(zip(family, holm(list(family.values())), strict=True))
    rows = tuple(
        replace(row, p_holm=adjusted[values[row.against]]) if _counts(row) else row
        for row in evaluation.differences
    )
    return replace(evaluation, differences=rows)


def verdict_facts(evaluation: Evaluation) -> dict[str, Any]:
    """Return the verdict from an evaluation that is `family_adjusted`, as JSON-able values."""
    own, values = [row for row in evaluation.differences if _counts(row)], _values(evaluation)
    comparisons = len({values[row.against] for row in own})
    rows = {row.against: _against(row, comparisons) for row in own}
    return {
        "split": "test",
        "metric": HEADLINE,
        "queries": evaluation.counts.queries,
        "positives": evaluation.counts.positives,
        "alpha": ALPHA,
        "power": POWER,
        "correction": "holm",
        "comparisons": comparisons,
        "against": [asdict(rows[name]) for name in RIVALS if name in rows],
        "warnings": few_said(evaluation.counts.queries, evaluation.counts.positives),
    }


def few_said(queries: int, positives: int) -> list[str]:
    """Say so where queries or relevant pairs are too few for any figure on them to be relied on."""
    found = []
    if queries < FEW:
        found.append(_few(queries, "query", "queries"))
    if positives < FEW:
        found.append(_few(positives, "relevant pair", "relevant pairs"))
    if not found:
        return []
    return [f"The test split has only {' and '.join(found)}: whatever it shows, it shows weakly."]


def _few(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _values(evaluation: Evaluation) -> dict[str, tuple[tuple[str, float], ...]]:
    return {
        name: tuple(sorted((query, of[HEADLINE]) for query, of in own.items()))
        for name, own in evaluation.per_query.items()
    }


def _counts(row: DifferenceRow) -> bool:
    return row.system == MODEL and row.metric == HEADLINE and row.against in RIVALS


def _against(row: DifferenceRow, comparisons: int) -> Against:
    p = row.p if row.p_holm is None else row.p_holm
    told = p <= ALPHA and row.delta != 0
    return Against(
        system=row.against,
        word=("better" if row.delta > 0 else "worse") if told else "undecided",
        delta=row.delta,
        low=row.low,
        high=row.high,
        p=row.p,
        p_holm=p,
        effect=row.effect,
        detectable=smallest_difference(row.n, row.spread, comparisons=comparisons),
    )
