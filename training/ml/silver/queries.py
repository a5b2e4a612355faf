"""Queries made from a corpus: its titles and its sentences, each taken out of its own passage."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

Terms = Callable[[str], list[str]]
"""Cuts a text into its terms, stop words left out: `training.ml.search.tokens.Tokens.terms`."""

TITLE: Final = "title"
FIRST: Final = "first sentence"
OTHER: Final = "other sentence"

TERMS_LEAST: Final = 2  # different terms of a query, and of what is left of its passage
TERMS_MOST: Final = 24
CHARS_MOST: Final = 240
OTHER_TERMS_LEAST: Final = 3
KEYWORD_SHARE: Final = 0.4  # of the sentences, which then lose their stop words
KEYWORDS_MOST: Final = 6
_CHARS_READ: Final = 4_000  # of a passage, for sentences
# A sentence ends at its mark, at a blank line, or where a list goes on.
_END: Final = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？])|\n\s*\n|\n\s*[-*•]\s+")
_WORD: Final = re.compile(r"\w+")
_EDGES: Final = " \t\n.:;,。：；，"
_CALL: Final = re.compile(r"\(.*", re.DOTALL)
_INSIDE: Final = re.compile(r"[^\w]+|_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of an unlabelled corpus; the title may be empty."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Made:
    """A query, the row of the passage that it was made from, and that passage without it."""

    kind: str
    query: str
    row: int
    rest: Passage


@dataclass(frozen=True, slots=True)
class MadeQueries:
    """Queries in an order drawn from the seed, and why others were dropped, with their number."""

    queries: Sequence[Made]
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def kinds(self) -> Counter[str]:
        """How many queries there are of each kind."""
        return Counter(made.kind for made in self.queries)


def queries_make(
    corpus: Sequence[Passage], terms: Terms, *, exclude: Collection[str] = (), seed: int = 0
) -> MadeQueries:
    """Make up to three queries of each passage: of its title, its first and another sentence.

    The text of a query is taken out of the passage that it came from. Dropped are queries of too
    few or too many terms, those that leave nothing of their passage, those that several passages
    gave, and those that are `exclude`d: the queries that people labelled. The same corpus and seed
    give the same queries.
    """
    rng = np.random.default_rng([seed, 1])
    dropped: Counter[str] = Counter()
    proposed = [
        made
        for row, passage in enumerate(corpus)
        for made in _of_passage(row, passage, terms, rng, dropped)
    ]
    often = Counter(_folded(made.query) for made in proposed)
    labelled = {_folded(query) for query in exclude}
    kept = []
    for made in proposed:
        name = _folded(made.query)
        if name in labelled:
            dropped["is a labelled query"] += 1
        elif often[name] > 1:
            dropped["several passages give it"] += 1
        else:
            kept.append(_shortened(made, terms, rng))
    return MadeQueries([kept[place] for place in rng.permutation(len(kept))], dropped)


def _of_passage(
    row: int, passage: Passage, terms: Terms, rng: np.random.Generator, dropped: Counter[str]
) -> Iterator[Made]:
    text = passage.text[:_CHARS_READ]
    sentences = [part for part in (found.strip() for found in _END.split(text)) if part]
    proposed = [Made(TITLE, _spoken(passage.title), row, Passage("", passage.text))]
    if sentences:
        proposed.append(Made(FIRST, _said(sentences[0]), row, _without(passage, sentences[0])))
    if others := [each for each in sentences[1:] if each != sentences[0]]:
        other = others[int(rng.integers(len(others)))]
        proposed.append(Made(OTHER, _said(other), row, _without(passage, other)))
    for made in proposed:
        if not made.query:
            continue
        if reason := _trivial(made, terms):
            dropped[reason] += 1
        else:
            yield made


def _trivial(made: Made, terms: Terms) -> str:
    found = terms(made.query)
    least = OTHER_TERMS_LEAST if made.kind == OTHER else TERMS_LEAST
    if len(set(found)) < least:
        return "too short"
    if len(found) > TERMS_MOST or len(made.query) > CHARS_MOST:
        return "too long"
    if len(set(terms(f"{made.rest.title} {made.rest.text}"))) < TERMS_LEAST:
        return "nothing of its passage is left"
    return ""


def _shortened(made: Made, terms: Terms, rng: np.random.Generator) -> Made:
    """Write some of the sentences as people type keywords: the first words that are no stop words.

    Searches are keywords as often as sentences, and corpora have only the latter.
    """
    if made.kind == TITLE or rng.random() >= KEYWORD_SHARE:
        return made
    words = [word for word in _WORD.findall(made.query) if terms(word)][:KEYWORDS_MOST]
    return replace(made, query=" ".join(words).lower()) if len(words) >= TERMS_LEAST else made


def _without(passage: Passage, sentence: str) -> Passage:
    """Return the passage without a sentence, wherever it stands in it."""
    return Passage(passage.title, " ".join(passage.text.replace(sentence, " ").split()))


def _said(sentence: str) -> str:
    return " ".join(sentence.split()).strip(_EDGES)


def _spoken(title: str) -> str:
    """Write a title as words: `json.JSONDecoder(strict=True)` as `json json decoder`.

    Only what looks like code is cut up; words with spaces between them stay as they are.
    """
    title = " ".join(title.split())
    name = _CALL.sub("", title).strip()
    if not name or " " in name:
        return title.strip(_EDGES)
    return " ".join(part for part in _INSIDE.split(name) if part).lower()


def _folded(query: str) -> str:
    return " ".join(_WORD.findall(query.casefold()))
