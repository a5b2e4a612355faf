"""The sample project as data: search over the Python standard library.

Passages are the docstrings of the running interpreter; queries, judgments and guidelines are
written with the project and name passages by their stable public names. No Django here.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

from training.sample.docstrings import Corpus, Passage, corpus_extract

POOL_PYTHON: Final = (3, 11, 7)  # the interpreter whose ranks and scores judgments.jsonl holds
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
class Run:
    """A run that proposed a passage for a query: its 1-based rank and its own score.

    The runs are `bm25`, `bi-encoder` and `known-item`; the last has neither rank nor score: the
    authors added a passage that is the thing to use and that neither search had found.
    """

    name: str
    rank: int | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Judgment:
    """A grade, 0 to 3, of one passage for one query, and the runs that proposed it.

    The authors wrote the grades with a language model, in one pass.
    Ranks and scores are those of POOL_PYTHON, where the pool was made. Without runs it was judged
    because the pool of another version has it.
    """

    query_id: str
    passage: str
    grade: int
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Judgments whose passages this interpreter has, and those whose passages it has not.

    `merged` counts judgments of a pair that is judged under two names of one passage here.
    """

    judgments: tuple[Judgment, ...]
    dropped: tuple[Judgment, ...]
    merged: int

    @property
    def share(self) -> float:
        """Share of the judgments that resolved, 0 to 1; 1 where there are none."""
        resolved = len(self.judgments) + self.merged
        total = resolved + len(self.dropped)
        return resolved / total if total else 1.0


def sample_passages() -> tuple[Passage, ...]:
    """Return the corpus, a to z. Extracted once per process; takes about a second.

    Raises subprocess.CalledProcessError where no fresh interpreter can be started.
    """
    return _corpus().passages


def sample_queries() -> list[Query]:
    """Return the queries, by id."""
    return [Query(**row) for row in _rows("queries.jsonl")]


def sample_judgments() -> list[Judgment]:
    """Return every judgment as it was written, by query and passage name."""
    return [
        Judgment(
            row["query"],
            row["passage"],
            row["grade"],
            tuple(Run(name, *found) for name, found in row.get("runs", {}).items()),
        )
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

    A name that another release moved or merged is followed to the name this interpreter keeps.
    Where that makes two judgments of one pair, the one with runs stands, then the one whose name
    is the passage's own. Defaults: the sample's own; order: by query and passage name.
    """
    known = corpus or _corpus()
    names = {passage.name for passage in known.passages}
    found: dict[tuple[str, str], Judgment] = {}
    dropped: list[Judgment] = []
    merged = 0
    given = sample_judgments() if judgments is None else judgments
    for it in sorted(given, key=lambda it: (not it.runs, it.passage not in names)):
        name = it.passage if it.passage in names else known.aliases.get(it.passage)
        if name is None:
            dropped.append(it)
        elif (it.query_id, name) in found:
            merged += 1
        else:
            found[it.query_id, name] = replace(it, passage=name)
    return Resolved(tuple(found[pair] for pair in sorted(found)), tuple(dropped), merged)


@cache
def _corpus() -> Corpus:
    return corpus_extract()


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with files(__package__).joinpath(name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
