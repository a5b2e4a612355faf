"""What a teacher says of the training pairs, and the targets that come of it.

The teacher reads texts by templates of its own, and says logits, which no activation has bent. An
embedder says cosines, which lie close together; they are taken times `COSINES`, as the losses that
embedders are trained with take them, and are logits then.

A judged pair keeps its grade: its target is part teacher and part grade. Grades are put on the
teacher's scale first, where those of all judged pairs have the mean and the spread of the teacher's
scores of them. So neither part pulls scores up or apart, and a weight means what it says. What was
mined was judged by nobody and has the teacher alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.ml.data import Pair, Snapshot
from training.ml.errors import DataError
from training.ml.files import plain_read, plain_write
from training.ml.models.find import Base
from training.ml.models.save import METADATA
from training.ml.recipe.kept_scores import KeptScores, Scores
from training.ml.reporter import Reporter
from training.ml.sets.compiling import by_query
from training.ml.sets.mining import Mined
from training.ml.silver.queries import Passage
from training.ml.silver.teacher import READ, Teacher, teacher_load
from training.spec.train import TrainSpec

COSINES: Final = 20.0  # sentence-transformers' own scale
PAIRS_MOST: Final = 500  # passages of a query that are compared with one another
_LIBRARIES: Final = ("torch", "transformers", "sentence-transformers")
_KEPT: Final = "taught.json"
_FLAT: Final = 1e-6  # a spread that is none

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Taught:
    """The target of each training pair by query and passage; `facts` are JSON-able.

    Facts: those of the teacher (`BaseInfo`), what kind it is, weight, pairs and scored (those that
    were not kept from an earlier job), agreement {value, n}, the share of two passages of a query
    with different grades that it orders as people do.
    """

    targets: Mapping[Key, float]
    facts: Mapping[str, Any]

    def target(self, pair: Pair) -> float:
        """Return the target of a pair of the training set."""
        return self.targets[pair.query_id, pair.passage_id]


def taught_write(taught: Taught, folder: Path) -> None:
    """Keep targets for the other processes of a training; ids and numbers."""
    rows = [[*key, target] for key, target in taught.targets.items()]
    plain_write(folder / _KEPT, {"targets": rows, "facts": dict(taught.facts)})


def taught_read(folder: Path) -> Taught | None:
    """Read what `taught_write` has kept; None where there was no teacher."""
    kept = plain_read(folder / _KEPT)
    if kept is None:
        return None
    return Taught(
        {(query, passage): target for query, passage, target in kept["targets"]}, kept["facts"]
    )


def teacher_ask(
    base: Base,
    snapshot: Snapshot,
    spec: TrainSpec,
    mined: Mined,
    reporter: Reporter,
    *,
    cache: Path,
    device: str | None = None,
) -> Taught:
    """Let a teacher score all pairs that may be learned, judged and mined.

    Raises BaseModelError for a teacher that cannot score, DataError for one that scores all alike.
    """
    judged = snapshot.splits["train"]
    found = [example.pair for own in mined.examples.values() for example in own]
    asked = _Asked(base, snapshot, spec, reporter, cache, device, len(judged) + len(found))
    of_judged = asked.scores("judged", judged)
    of_mined = asked.scores("mined", found)
    facts = {
        **base.info.to_dict(),
        "kind": asked.kind,
        "weight": spec.teacher_weight,
        "pairs": len(judged) + len(found),
        "scored": asked.scored,
        "agreement": _agreement(judged, of_judged),
    }
    reporter.log(_said(facts))
    targets = blended(of_judged, judged, spec.teacher_weight)
    rows = [*zip(judged, targets, strict=True), *zip(found, of_mined, strict=True)]
    return Taught({(p.query_id, p.passage_id): float(target) for p, target in rows}, facts)


def blended(scores: Scores, pairs: Sequence[Pair], weight: float) -> NDArray[np.float64]:
    """Return targets of judged pairs: `weight` of the scores, the rest of grades on their scale.

    Raises DataError where the scores are all alike: nothing can be learned from them.
    """
    said = scores.astype(np.float64)
    grades = np.array([pair.target for pair in pairs], dtype=np.float64)
    if said.std() < _FLAT:
        raise DataError(
            f"The teacher gives all {len(pairs):,} judged training pairs the same score.",
            "Choose another teacher, or none.",
        )
    if grades.std() < _FLAT:  # a snapshot of one grade is refused before
        return said
    people = said.mean() + (grades - grades.mean()) * (said.std() / grades.std())
    found: NDArray[np.float64] = weight * said + (1 - weight) * people
    return found


class _Asked:
    """A teacher that is loaded once something has to be scored."""

    def __init__(
        self,
        base: Base,
        snapshot: Snapshot,
        spec: TrainSpec,
        reporter: Reporter,
        cache: Path,
        device: str | None,
        total: int,
    ) -> None:
        self._base, self._device, self._reporter = base, device, reporter
        self._read = max(READ, spec.max_length)
        self._kept = KeptScores(cache)
        self._known = {
            "snapshot": snapshot.digest,
            "teacher": base.info.weights_sha256,
            "said": _own_metadata(base),
            "read": self._read,
            "versions": [version(name) for name in _LIBRARIES],
        }
        self._teacher: Teacher | None = None
        self._done, self._total = 0, total
        self.scored = 0

    @property
    def kind(self) -> str:
        """What the teacher is; see `training.ml.silver.teacher`."""
        return "embedder" if self._base.info.fresh_head else "reranker"

    def scores(self, part: str, pairs: Sequence[Pair]) -> Scores:
        """Return the scores of some of the pairs, from an earlier job where it has them."""
        texts = (
            pairs if part == "mined" else ()
        )  # those of judged ones are in the snapshot's digest
        known = {**self._known, "part": part, "texts": _digest(texts)}
        key = sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
        done = self._done

        def compute(start: int, stop: int) -> Scores:
            self._done = done + start
            return self._score(pairs[start:stop])

        found, computed = self._kept.of(key, len(pairs), compute)
        self.scored += computed
        self._done = done + len(pairs)
        if pairs:
            self._reporter.progress(self._done, self._total)
        return found

    def _score(self, pairs: Sequence[Pair]) -> Scores:
        if self._teacher is None:
            self._teacher = teacher_load(self._base, device=self._device, read=self._read)
        found = self._teacher.score(
            [(pair.query, Passage(pair.title, pair.text)) for pair in pairs],
            lambda done, _total: self._reporter.progress(self._done + done, self._total),
        )
        scale = COSINES if self.kind == "embedder" else 1.0
        return np.asarray(scale * found, dtype=np.float32)


def _digest(pairs: Sequence[Pair]) -> str:
    """Digest of the texts of pairs, in their order, hexadecimal sha256."""
    digest = sha256()
    for pair in pairs:
        digest.update(json.dumps([pair.query, pair.title, pair.text]).encode())
    return digest.hexdigest()


def _own_metadata(base: Base) -> str:
    """Return what a version says of its templates and its length; nothing for another model."""
    path = base.folder / METADATA
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _agreement(pairs: Sequence[Pair], scores: Scores) -> dict[str, Any]:
    """Return the share of two passages of a query that people and teacher order alike; ties half.

    Of a query with more than `PAIRS_MOST` passages, the first so many are compared.
    """
    said = {(p.query_id, p.passage_id): s for p, s in zip(pairs, scores, strict=True)}
    alike, count = 0.0, 0
    for query_id, own in by_query(pairs).items():
        some = own[:PAIRS_MOST]
        grades = np.array([pair.target for pair in some])
        values = np.array([said[query_id, pair.passage_id] for pair in some])
        better = grades[:, None] > grades[None, :]
        order = np.sign(values[:, None] - values[None, :])[better]
        alike += float(((order + 1) / 2).sum())
        count += len(order)
    return {"value": alike / count if count else None, "n": count}


def _said(facts: Mapping[str, Any]) -> str:
    agreement, kept = facts["agreement"], facts["pairs"] - facts["scored"]
    line = (
        f"The teacher {facts['loaded']} ({facts['kind']}) scored {facts['scored']:,} training pairs"
    )
    if kept:
        line += f"; scores of {kept:,} were kept from before"
    if agreement["n"]:
        line += (
            f". It orders {agreement['value']:.0%} of {agreement['n']:,} pairs of differently "
            "graded passages as people do"
        )
    return f"{line}."
