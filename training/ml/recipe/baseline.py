"""What is known before training: the other systems' scores, and what the test split can show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.ml.data import Pair, Snapshot
from training.ml.errors import BaseModelError
from training.ml.measures.evaluation import (
    SystemScores,
    bm25_scores,
    evaluate,
    first_stage_scores,
)
from training.ml.measures.power import (
    ALPHA,
    HEADLINE,
    POWER,
    smallest_difference,
    spread_estimate,
)
from training.ml.measures.thumb import USUAL_SPREAD
from training.ml.measures.verdict import few_said
from training.ml.models.find import Base
from training.ml.models.names import SYSTEM_NAMES
from training.ml.models.published import published_load
from training.ml.models.split import SplitCrossEncoder
from training.ml.recipe.measuring import Reading, Systems, measured_splits, split_scores
from training.ml.recipe.rankers import AS_AN_EMBEDDER, base_ranker
from training.ml.reporter import Reporter
from training.ml.search.languages import DEFAULT
from training.ml.templates import Templates


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is known before training: every other system's scores per split, and what to expect.

    `expected` says what difference the test split can show, see `expectation`; `champion` what came
    of scoring the champion, None where there was none.
    """

    systems: dict[str, Systems]
    expected: Mapping[str, Any]
    champion: Mapping[str, Any] | None


def baseline_score(
    snapshot: Snapshot,
    spec: Reading,
    model: SplitCrossEncoder,
    reporter: Reporter,
    *,
    base: Base,
    champion: Base | None = None,
) -> Baseline:
    """Score what the model is to beat, and say what difference the test split can show."""
    systems = others_score(snapshot, spec)
    untouched_score(base, snapshot, spec, systems, reporter, model=model)
    found = None
    if champion is not None:
        same = champion.info.weights_sha256 == base.info.weights_sha256
        found = champion_score(champion, snapshot, spec, systems, reporter, is_base=same)
    for name, scores in systems["dev"].items():
        rows = evaluate(snapshot.splits["dev"], {name: scores}, seed=spec.seed).rows
        value = next(row.value for row in rows if row.metric == HEADLINE)
        reporter.log(f"dev: {SYSTEM_NAMES[name]} has {HEADLINE} {value:.4f}")
    expected = expectation(snapshot.splits["test"], systems["test"], seed=spec.seed)
    for line in expectation_said(expected):
        reporter.log(line)
    return Baseline(systems, expected, found)


def untouched_score(
    base: Base,
    snapshot: Snapshot,
    spec: Reading,
    systems: Mapping[str, Systems],
    reporter: Reporter,
    *,
    model: SplitCrossEncoder | None = None,
    templates: Templates | None = None,
    max_length: int | None = None,
) -> None:
    """Add the scores of a base as it is before training, see `base_ranker`, and let it go.

    An embedder that cannot be read as one stops no run: it is told, and there is no such system.
    """
    try:
        ranker = base_ranker(
            base, spec, reporter, model=model, templates=templates, max_length=max_length
        )
    except BaseModelError as error:
        if not base.info.fresh_head:
            raise
        reporter.log(f"The untouched base is not measured: {error.message}")
        return
    if base.info.fresh_head:
        reporter.log(f"The untouched base {base.info.loaded} is measured. {AS_AN_EMBEDDER}")
    for split in measured_splits(snapshot):
        systems[split]["base"] = ranker.scores(snapshot.splits[split])


def others_score(snapshot: Snapshot, spec: Reading) -> dict[str, Systems]:
    """Return, per split, the scores of first stage and BM25."""
    passages = {
        pair.passage_id: f"{pair.title} {pair.text}".strip()
        for pairs in snapshot.splits.values()
        for pair in pairs
    }
    found: dict[str, Systems] = {}
    for split in measured_splits(snapshot):
        pairs = snapshot.splits[split]
        first_stage = first_stage_scores(pairs)
        found[split] = {} if first_stage is None else {"first_stage": first_stage}
        found[split]["bm25"] = bm25_scores(pairs, passages, language=spec.language or DEFAULT)
    return found


def champion_score(
    champion: Base,
    snapshot: Snapshot,
    spec: Reading,
    systems: Mapping[str, Systems],
    reporter: Reporter,
    *,
    is_base: bool,
) -> dict[str, Any]:
    """Add the champion's scores, with the templates and length that it was published with.

    It is loaded for that and let go. Where it `is_base`, and reads the same texts, it scores
    nothing anew. A champion that cannot be loaded stops no run: it is told, and `missing` of what
    is returned says why.
    """
    name = champion.info.loaded
    try:
        published = published_load(champion)
    except BaseModelError as error:
        reporter.log(f"The champion {name} is not measured: {error}")
        return {"version": name, "missing": str(error)}
    length = published.model.max_seq_length
    alike = is_base and (published.templates, length) == (spec.templates, spec.max_length)
    for split in measured_splits(snapshot):
        pairs = snapshot.splits[split]
        systems[split]["champion"] = (
            systems[split]["base"]
            if alike
            else split_scores(published.model, pairs, spec, reporter, published.templates)
        )
    return {"version": name, "missing": None}


def expectation(
    pairs: Sequence[Pair], systems: Mapping[str, SystemScores], *, seed: int
) -> dict[str, Any]:
    """Return what difference in nDCG@10 these queries can show, and from what it was reckoned.

    The level is shared by the comparisons with each of the `systems`, as in the verdict.
    `spread` is the standard deviation of differences per query between the systems that are there,
    or `USUAL_SPREAD`, where `assumed` is true.
    """
    queries = len({pair.query_id for pair in pairs})
    positives = sum(pair.relevant for pair in pairs)
    spread = spread_estimate(pairs, systems, seed=seed)
    used = USUAL_SPREAD if spread is None else spread
    return {
        "metric": HEADLINE,
        "queries": queries,
        "positives": positives,
        "alpha": ALPHA,
        "power": POWER,
        "spread": used,
        "assumed": spread is None,
        "systems": [] if spread is None else list(systems),
        "comparisons": len(systems),
        "detectable": smallest_difference(queries, used, comparisons=len(systems)),
        "warnings": few_said(queries, positives),
    }


def expectation_said(expected: Mapping[str, Any]) -> list[str]:
    """Say an expectation in lines for a log."""
    n, found = expected["queries"], expected["detectable"]
    if found is None:
        return ["test: one query can show no difference.", *expected["warnings"]]
    source = "assumed" if expected["assumed"] else "as among the systems above"
    said = (
        f"test: {n} queries show a difference in {HEADLINE} of {found:.3f} or more, four times in "
        f"five (spread per query {expected['spread']:.3f}, {source}; comparisons: "
        f"{expected['comparisons']})."
    )
    return [said, *expected["warnings"]]
