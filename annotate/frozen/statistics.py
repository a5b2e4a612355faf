"""What a card and a page say of a split: counts, label mean, lengths. Pure."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Lengths:
    """Smallest, mean and largest length, in characters."""

    n: int = 0
    total: int = 0
    smallest: int = 0
    largest: int = 0

    def add(self, text: str) -> None:
        size = len(text)
        if size > self.largest:
            self.largest = size
        if size < self.smallest or not self.n:
            self.smallest = size
        self.n += 1
        self.total += size

    def as_dict(self) -> dict[str, float]:
        mean = self.total / self.n if self.n else 0.0
        return {"min": self.smallest, "mean": round(mean, 2), "max": self.largest}


@dataclass(slots=True)
class SplitStatistics:
    """Counts of one split; lengths are per pair, as in sentence-transformers' own cards."""

    pairs: int = 0
    positives: int = 0
    target_sum: float = 0.0
    queries: set[str] = field(default_factory=set)
    relevant_queries: set[str] = field(default_factory=set)
    query_lengths: Lengths = field(default_factory=Lengths)
    passage_lengths: Lengths = field(default_factory=Lengths)

    def add(
        self, *, query_id: str, query: str, passage: str, target: float, relevant: bool
    ) -> None:
        self.pairs += 1
        self.positives += relevant
        self.target_sum += target
        self.queries.add(query_id)
        if relevant:
            self.relevant_queries.add(query_id)
        self.query_lengths.add(query)
        self.passage_lengths.add(passage)

    def as_dict(self) -> dict[str, Any]:
        return {
            "pairs": self.pairs,
            "queries": len(self.queries),
            "queries_with_relevant": len(self.relevant_queries),
            "positives": self.positives,
            "label_mean": round(self.target_sum / self.pairs, 4) if self.pairs else None,
            "query_characters": self.query_lengths.as_dict(),
            "passage_characters": self.passage_lengths.as_dict(),
        }
