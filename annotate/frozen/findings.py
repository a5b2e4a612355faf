"""What whoever trusts the figures of a snapshot should know of it beforehand. Pure.

A passage is known here by its title and text: under how many ids it is stored is a finding.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from annotate.frozen.splitting import SPLITS
from annotate.frozen.statistics import SplitStatistics

_MEASURED: Final = ("dev", "test")
Digests = NDArray[np.uint64]


@dataclass(slots=True)
class SplitPassages:
    """The passages of a split's pairs, each by a digest of 64 bits, and which of them are relevant.

    That is eight bytes for each pair, and eight more for a relevant one. Of a million passages, two
    are taken for one with a chance of 1 in 30 million.
    """

    _pairs: "array[int]" = field(default_factory=lambda: array("Q"))
    _relevant: "array[int]" = field(default_factory=lambda: array("Q"))
    # Where in `_relevant` each query with something relevant begins; its pairs follow each other.
    _begins: "array[int]" = field(default_factory=lambda: array("q"))
    _last: str | None = None

    def add(self, query_id: str, passage: int, *, relevant: bool) -> None:
        """Take note of a pair."""
        self._pairs.append(passage)
        if not relevant:
            return
        if query_id != self._last:
            self._begins.append(len(self._relevant))
            self._last = query_id
        self._relevant.append(passage)

    @property
    def distinct(self) -> Digests:
        """The distinct passages."""
        return np.unique(np.array(self._pairs, np.uint64))

    @property
    def relevant(self) -> Digests:
        """The relevant passages, query by query."""
        return np.array(self._relevant, np.uint64)

    @property
    def answered(self) -> int:
        """How many queries have a relevant passage."""
        return len(self._begins)

    def answered_by(self, passages: Digests) -> int:
        """Return how many queries have a relevant passage that is one of these."""
        if not self._begins:
            return 0
        known = np.isin(self.relevant, passages)
        return int(np.logical_or.reduceat(known, np.array(self._begins)).sum())


@dataclass(slots=True)
class Observed:
    """What the lines of a snapshot show while they go by, query by query.

    `repeated_queries` are the texts of queries that come under several ids, whose pairs are kept.
    """

    repeated_queries: frozenset[str]
    passages: dict[str, SplitPassages] = field(
        default_factory=lambda: {name: SplitPassages() for name in SPLITS}
    )
    pairs: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    contradictory: Counter[str] = field(default_factory=Counter)
    _grades: dict[tuple[str, str], dict[int, list[float]]] = field(default_factory=dict)
    _last: tuple[str, str] | None = None

    def add(
        self,
        split: str,
        *,
        query_id: str,
        query: str,
        title: str,
        text_digest: bytes,
        grade: float,
        relevant: bool,
    ) -> None:
        """Take note of a candidate; those of one query follow each other."""
        said = title.encode() + b"\0" + text_digest
        passage = int.from_bytes(blake2b(said, digest_size=8).digest())
        self.passages[split].add(query_id, passage, relevant=relevant)
        here = (split, query)
        last = self._last
        if last and last != here and last[1] not in self.repeated_queries:
            self._count(last)
        self._last = here
        self._grades.setdefault(here, defaultdict(list))[passage].append(grade)

    def close(self) -> None:
        """Count what is still open; after the last candidate."""
        for here in list(self._grades):
            self._count(here)

    def _count(self, here: tuple[str, str]) -> None:
        split, passages = here[0], self._grades.pop(here)
        several = [grades for grades in passages.values() if len(grades) > 1]
        self.pairs[split] += len(passages)
        self.repeated[split] += len(several)
        self.contradictory[split] += sum(len(set(grades)) > 1 for grades in several)


def findings_of(
    observed: Observed,
    statistics: Mapping[str, SplitStatistics],
    clusters: Sequence[Sequence[str]],
    unjudged: int,
) -> list[dict[str, Any]]:
    """Return the findings: `{kind, count, of, message}`, with `split` where it is about one.

    `count` is how many of `of`; the message is a sentence that says so by itself. `unjudged`
    candidates of the same queries are not in the snapshot.
    """
    found = [_twins(clusters)]
    for split in _MEASURED:
        found += [_shared_relevant(observed, split), _shared_passages(observed, split)]
    found += [_repeated(observed), _contradictory(observed), _without_relevant(statistics)]
    found.append(_unjudged(unjudged, judged=sum(split.pairs for split in statistics.values())))
    return [finding for finding in found if finding["count"]]


def _twins(clusters: Sequence[Sequence[str]]) -> dict[str, Any]:
    groups = [len(cluster) for cluster in clusters if len(cluster) > 1]
    count, of = sum(groups), sum(map(len, clusters))
    message = (
        f"{count:,} of {of:,} queries are near-identical to another one;"
        f" each group of them, {len(groups):,} in all, is kept in one split."
    )
    return {"kind": "twin_queries", "count": count, "of": of, "message": message}


def _shared_relevant(observed: Observed, split: str) -> dict[str, Any]:
    here, train = observed.passages[split], observed.passages["train"]
    count, of = here.answered_by(train.relevant), here.answered
    message = (
        f"{count:,} of {of:,} queries of {split} with a relevant passage have one that is also"
        " relevant to a query of train: a model may remember it instead of finding it."
    )
    return {"kind": "shared_relevant", "split": split, "count": count, "of": of, "message": message}


def _shared_passages(observed: Observed, split: str) -> dict[str, Any]:
    here, train = observed.passages[split].distinct, observed.passages["train"].distinct
    count, of = int(np.isin(here, train, assume_unique=True).sum()), len(here)
    meaning = (
        f"figures on {split} say how a model ranks these very passages for new queries, and"
        f" {'nothing' if count == of else 'little'} on new passages."
        if 2 * count > of
        else f"figures on {split} may flatter a model on new passages."
    )
    message = f"{count:,} of {of:,} passages of {split} also occur in train: {meaning}"
    return {"kind": "shared_passages", "split": split, "count": count, "of": of, "message": message}


def _repeated(observed: Observed) -> dict[str, Any]:
    count, of = observed.repeated.total(), observed.pairs.total()
    message = (
        f"{count:,} of {of:,} pairs of a query's and a passage's text occur as several candidates,"
        f" under different ids ({_by_split(observed.repeated, observed.pairs)})."
    )
    return {"kind": "repeated_pairs", "count": count, "of": of, "message": message}


def _contradictory(observed: Observed) -> dict[str, Any]:
    count, of = observed.contradictory.total(), observed.repeated.total()
    message = (
        f"{count:,} of {of:,} pairs of texts that occur as several candidates have different"
        f" grades ({_by_split(observed.contradictory, observed.repeated)}): no model can tell"
        " these candidates apart, so chance decides which of them ranks higher."
    )
    return {"kind": "contradictory_pairs", "count": count, "of": of, "message": message}


def _without_relevant(statistics: Mapping[str, SplitStatistics]) -> dict[str, Any]:
    of = {name: len(split.queries) for name, split in statistics.items()}
    count = {name: of[name] - len(split.relevant_queries) for name, split in statistics.items()}
    message = (
        f"{sum(count.values()):,} of {sum(of.values()):,} queries have no relevant passage"
        f" ({_by_split(count, of)}): there is nothing to find, and of ranking figures only"
        " nDCG can be above 0, by passages whose grade has a gain."
    )
    return {
        "kind": "no_relevant",
        "count": sum(count.values()),
        "of": sum(of.values()),
        "message": message,
    }


def _unjudged(count: int, *, judged: int) -> dict[str, Any]:
    of = count + judged
    message = (
        f"{count:,} of {of:,} candidates of these queries are judged by nobody and left out:"
        " figures say how the judged ones are ordered."
    )
    return {"kind": "unjudged", "count": count, "of": of, "message": message}


def _by_split(counts: Mapping[str, int], totals: Mapping[str, int]) -> str:
    """Return "train 7 of 12, dev 0 of 3"; splits that hold none are left out."""
    return ", ".join(
        f"{name} {counts[name]:,} of {totals[name]:,}" for name in SPLITS if totals[name]
    )
