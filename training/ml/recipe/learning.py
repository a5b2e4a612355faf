"""What a run learns from: its loss, its negatives, and the rows that the loss reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from training.ml.data import Snapshot
from training.ml.errors import DataError
from training.ml.files import plain_read, plain_write
from training.ml.models.encoder import BiEncoder
from training.ml.recipe.teaching import Taught
from training.ml.reporter import Reporter
from training.ml.search.languages import DEFAULT
from training.ml.sets.compiling import Example, by_query, compile_examples
from training.ml.sets.corpus_pool import CorpusPool, corpus_facts
from training.ml.sets.mining import (
    NOBODY,
    Judged,
    Mined,
    mined_read,
    mined_written,
    negatives_mine,
)
from training.ml.sets.pools import Encoders
from training.ml.sets.preferring import preferences_facts, preferences_of
from training.ml.sets.shapes import Shaped, examples_shape, nearest_grades
from training.spec.losses import LOSSES, WEIGHTED, Choice, loss_choose
from training.spec.train import TrainSpec

BATCH: Final = 32  # texts that the bi-encoder reads at once
NOTHING: Final = Mined({}, too_close=0, alike=0)


@dataclass(frozen=True, slots=True)
class Lesson:
    """The rows of one training, their loss, and how they came about; `statistics` are JSON-able."""

    loss: Choice
    shaped: Shaped
    statistics: Mapping[str, Any]


def loss_of(snapshot: Snapshot, spec: TrainSpec, mined: Mined) -> Choice:
    """Return the loss that the recipe names, or the one for its data and what was mined."""
    if spec.loss is not None:
        return Choice(spec.loss, "The recipe says so.")
    negatives = any(
        not pair.relevant or mined.examples.get(pair.query_id) for pair in snapshot.splits["train"]
    )
    chosen = loss_choose(negatives=negatives, teacher=spec.teacher is not None)
    if spec.pos_weight is not None and chosen.name != WEIGHTED:
        return replace(chosen, reason=f"{chosen.reason} It knows no pos_weight.")
    return chosen


def lesson_make(
    snapshot: Snapshot, spec: TrainSpec, mined: Mined, taught: Taught | None = None
) -> Lesson:
    """Choose the examples of a training, and lay them out for its loss.

    Targets are those that were `taught`, where there is a teacher, and the grades' own where not.
    Raises DataError where nothing comes of it that the loss could read.
    """
    loss = loss_of(snapshot, spec, mined)
    compiled = compile_examples(snapshot.splits["train"], spec, mined.examples, seed=spec.seed)
    examples = compiled.examples
    if taught is not None:
        examples = [
            replace(each, pair=replace(each.pair, target=taught.target(each.pair)))
            for each in examples
        ]
    if LOSSES[loss.name].shape == "classes" and (scheme := snapshot.manifest.get("label_scheme")):
        examples = nearest_grades(examples, [grade["target"] for grade in scheme])
    preferences = preferences_of(snapshot, spec)
    shaped = examples_shape(examples, LOSSES[loss.name].shape, spec, preferences)
    statistics = {
        **compiled.statistics,
        "preferences": preferences_facts(snapshot, spec, loss),
        "rows": len(shaped.dataset),
        "shape": LOSSES[loss.name].shape,
        "queries_left_out": dict(shaped.left_out),
        "judged_in_no_row": _in_no_row(examples, shaped),
        "corpus": mined.corpus,
        "too_close": mined.too_close,
        "alike": mined.alike,
    }
    return Lesson(loss, shaped, statistics)


def _in_no_row(examples: Sequence[Example], shaped: Shaped) -> int:
    """Count the judged pairs that no row holds: of a long list or of many negatives, some."""
    if shaped.read is None:
        return 0
    judged = (each.pair for each in examples if each.origin == "judged")
    return sum((pair.query_id, pair.passage_id) not in shaped.read for pair in judged)


def lesson_check(lesson: Lesson) -> None:
    """Raise DataError for pairs that all have one target, which a loss cannot tell apart.

    A snapshot that has others may still come to that: by what the recipe leaves out, or where
    nothing that it mines is left.
    """
    shaped, shape = lesson.shaped, LOSSES[lesson.loss.name].shape
    if shape == "triplets" and "negative_1" not in shaped.dataset.column_names:
        if len(set(shaped.dataset["anchor"])) == 1:
            raise DataError(
                "The one query has no passage to tell from others: nothing was mined for it.",
                "Judge passages that are not relevant too, or more queries, and freeze a new "
                "snapshot.",
            )
    elif shape in ("pointwise", "classes") and len(set(shaped.dataset["label"])) == 1:
        raise DataError(
            f"All {len(shaped.dataset):,} pairs of the training set carry the same label, after "
            f"what was left out and mined, so {lesson.loss.name} can tell nothing apart.",
            "Judge passages that are not relevant too and freeze a new snapshot, mine more of them "
            "(range_max, relative_margin, mine_from), or choose MultipleNegativesRankingLoss.",
        )


def negatives_of(
    snapshot: Snapshot,
    spec: TrainSpec,
    reporter: Reporter,
    *,
    folder: Path,
    corpus: Path | None = None,
    judged: Judged = NOBODY,
) -> Mined:
    """Mine what the recipe asks for; what an earlier attempt has found in `folder` is read.

    `corpus` is a copy of the project's passages, see `corpus_copy`, where they are to be searched;
    `judged` what is left out although the snapshot does not have it.
    """
    if not spec.mines:
        return NOTHING
    path = folder / "mined.json"
    kept = plain_read(path)
    if kept is not None:
        return mined_read(kept, snapshot)
    folder.mkdir(parents=True, exist_ok=True)
    encoders = _encoders() if spec.mine_negatives != "none" else None
    mined = negatives_mine(
        snapshot,
        spec,
        encoders,
        seed=spec.seed,
        language=spec.language or DEFAULT,
        pool=None
        if corpus is None
        else _corpus_pool(corpus, folder, snapshot, spec, encoders, reporter),
        judged=judged,
        progress=reporter.progress,
    )
    mined = mined if corpus is None else replace(mined, corpus=corpus_facts(corpus))
    plain_write(path, mined_written(mined))
    reporter.log(_said(mined))
    return mined


def _corpus_pool(
    corpus: Path,
    folder: Path,
    snapshot: Snapshot,
    spec: TrainSpec,
    encoders: Encoders | None,
    reporter: Reporter,
) -> CorpusPool:
    return CorpusPool(
        corpus,
        folder / "mining",
        by_query(snapshot.splits["train"]),
        spec,
        encoders,
        language=spec.language or DEFAULT,
        progress=reporter.progress,
    )


def _encoders() -> Encoders:
    encoder = BiEncoder()

    def reads(encode: Callable[..., Any]) -> Callable[..., Any]:
        return lambda texts: encode(texts, batch_size=BATCH)

    return Encoders(query=reads(encoder.encode_queries), passage=reads(encoder.encode_passages))


def _said(mined: Mined) -> str:
    found = [example.origin for own in mined.examples.values() for example in own]
    counts = {origin: found.count(origin) for origin in ("bm25", "bi-encoder", "random")}
    where = f" of {mined.corpus['passages']:,} in the corpus" if mined.corpus else ""
    return (
        f"Mined {len(found):,} passages{where} for {len(mined.examples):,} queries: "
        f"{counts['bm25']:,} by BM25, {counts['bi-encoder']:,} by the bi-encoder, "
        f"{counts['random']:,} at random; left out as probably relevant: {mined.too_close:,} "
        f"too close to the query, {mined.alike:,} nearly a relevant passage."
    )


def learning_facts(lesson: Lesson, spec: TrainSpec) -> dict[str, Any]:
    """Return the loss with its reason, and what the training set holds."""
    loss = lesson.loss
    keys = asdict(spec)
    chosen = ("num_negatives", "mine_negatives", "mine_from", "relative_margin", "random_negatives")
    return {
        "loss": loss.name,
        "reason": loss.reason,
        "keys": [[name, keys[name]] for name in chosen],
        **lesson.statistics,
    }
