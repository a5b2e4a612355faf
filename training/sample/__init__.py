"""The sample project as data: search over the Python standard library.

Passages are the docstrings of the running interpreter; queries, judgments and guidelines are
written with the project and name passages by their stable public names. No Django here.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from training.sample.docstrings import Corpus, Passage, corpus_extract

POOL_DEPTH: Final = 10  # the top 10 of each run were judged
POOL_MAX_LENGTH: Final = 128  # tokens of a passage that the bi-encoder read for the pool
GRADES: Final = {0: "off topic", 1: "related", 2: "partly", 3: "the thing to use"}


@dataclass(frozen=True, slots=True)
class Query:
    """A query with its stable id; `kind` is its slice (keyword, question, symptom, …)."""

    id: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Judgment:
    """The authors' grade, 0 to 3, of one passage for one query.

    `known_item` is True where neither run of the pool proposed the passage and the authors added
    it because it is the thing to use.
    """

    query_id: str
    passage: str
    grade: int
    known_item: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """Judgments whose passages this interpreter has, and the names it has not."""

    judgments: tuple[Judgment, ...]
    dropped: tuple[Judgment, ...]

    @property
    def share(self) -> float:
        """Share of the judgments that resolved, 0 to 1; 1 where there are none."""
        total = len(self.judgments) + len(self.dropped)
        return len(self.judgments) / total if total else 1.0


def sample_passages() -> tuple[Passage, ...]:
    """Return the corpus, a to z. Extracted once per process; takes about a second."""
    return _corpus().passages


def sample_queries() -> list[Query]:
    """Return the queries, by id."""
    return [Query(**row) for row in _rows("queries.jsonl")]


def sample_judgments() -> list[Judgment]:
    """Return every judgment as it was written, by query and passage name."""
    return [
        Judgment(row["query"], row["passage"], row["grade"], row.get("run") == "known-item")
        for row in _rows("judgments.jsonl")
    ]


def sample_guidelines() -> str:
    """Return the judging guidelines, Markdown."""
    return files(__package__).joinpath("guidelines.md").read_text("utf-8")


def passage_text(passage: Passage) -> str:
    """Return what both runs of the pool read of a passage: its title, a line break, its text."""
    return f"{passage.title}\n{passage.text}"


def judgments_resolve(
    judgments: Iterable[Judgment] | None = None, corpus: Corpus | None = None
) -> Resolved:
    """Keep the judgments whose passages exist here, under the names they have here.

    A name that another release moved or merged is followed to the name this interpreter keeps;
    where that makes two judgments of one pair, the first stands. Defaults: the sample's own.
    """
    known = corpus or _corpus()
    names = {passage.name for passage in known.passages}
    kept: dict[tuple[str, str], Judgment] = {}
    dropped: list[Judgment] = []
    for it in sample_judgments() if judgments is None else judgments:
        name = it.passage if it.passage in names else known.aliases.get(it.passage)
        if name is None:
            dropped.append(it)
            continue
        found = Judgment(it.query_id, name, it.grade, it.known_item)
        kept.setdefault((it.query_id, name), found)
    return Resolved(tuple(kept.values()), tuple(dropped))


@cache
def _corpus() -> Corpus:
    return corpus_extract()


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with files(__package__).joinpath(name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
