"""Where the words of a query stand in a text: stemmed, and inside identifiers as well.

Ranges are [start, end) in code points of the text as it is stored, like evidence.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import Stemmer

from annotate.texts.stopwords import STOP_WORDS

READ: Final = 50_000  # code points of a text that are looked at
_LONGEST: Final = 100  # a longer word is data
Ranges = list[tuple[int, int]]

# Letters and digits with the marks that combine with them, which `\w` leaves out (Hindi, NFD).
_MARKS: Final = "".join(
    chr(code) for code in range(0x300, 0x3100) if unicodedata.category(chr(code))[0] == "M"
)
_WORD: Final = re.compile(rf"[\w{_MARKS}]+")
# get_HTTPResponse2 is get, HTTP, Response and 2; most words are of one part, which this tells fast.
_PART: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z\d_]+|\d+|[A-Z]")
_ONE_PART: Final = re.compile(r"[A-Z]?[a-z]+")
# Scripts that put no space between words: Thai, Lao, Khmer, kana, Han.
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")

# BCP 47 codes, by their first part, of the languages that Snowball has a stemmer for.
_ALGORITHMS: Final = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech",
    "da": "danish", "nl": "dutch", "en": "english", "eo": "esperanto", "et": "estonian",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi",
    "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian",
    "ne": "nepali", "nb": "norwegian", "nn": "norwegian", "no": "norwegian", "fa": "persian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What a query is about: stems, and pairs of letters where words have no spaces between."""

    algorithm: str
    stems: frozenset[str]
    pairs: frozenset[str]

    def ranges(self, text: str) -> Ranges:
        """Return where the terms stand in the first READ code points of `text`, in order."""
        found: Ranges = []
        verdicts: dict[str, Ranges] = {}
        for match in _WORD.finditer(text, 0, READ):
            word = match.group()
            within = verdicts.get(word)
            if within is None:
                within = verdicts[word] = self._within(word)
            if within:
                start = match.start()
                found += [(start + begin, start + end) for begin, end in within]
        return found

    def _within(self, word: str) -> Ranges:
        if len(word) > _LONGEST and word.isascii():
            return []
        if word.isascii() and _ONE_PART.fullmatch(word):
            return [(0, len(word))] if _stem(word, self.algorithm) in self.stems else []
        if _UNSPACED.search(word):
            return self._pairs_within(word)
        if _stem(word, self.algorithm) in self.stems:
            return [(0, len(word))]
        parts = _parts(word)
        return [
            (start, end)
            for start, end in parts
            if len(parts) > 1 and _stem(word[start:end], self.algorithm) in self.stems
        ]

    def _pairs_within(self, word: str) -> Ranges:
        found: Ranges = []
        for start in range(len(word) - 1):
            if word[start : start + 2] in self.pairs:
                begin = found.pop()[0] if found and found[-1][1] >= start else start
                found.append((begin, start + 2))
        return found


def language_algorithm(language: str) -> str:
    """Return Snowball's name for a BCP 47 code, English for none, or "" where it has no stemmer."""
    return _ALGORITHMS.get(re.split(r"[-_]", language.lower() or "en")[0], "")


@lru_cache(maxsize=4096)
def query_terms(query: str, language: str) -> Terms:
    """Return a query's terms in a language (BCP 47); stop words only if it has no others."""
    algorithm = language_algorithm(language)
    words = [match.group() for match in _WORD.finditer(query, 0, READ)]
    unspaced = [word for word in words if _UNSPACED.search(word)]
    spaced = [word for word in words if not _UNSPACED.search(word)]
    telling = [word for word in spaced if not _stops(word, algorithm)] or spaced
    return Terms(
        algorithm,
        frozenset(stem for word in telling for stem in _stems(word, algorithm)),
        frozenset(word[at : at + 2] for word in unspaced for at in range(len(word) - 1)),
    )


def _stems(word: str, algorithm: str) -> Iterator[str]:
    """Yield the stem of a word and, where it is an identifier, those of its telling parts."""
    yield _stem(word, algorithm)
    parts = _parts(word)
    for start, end in parts:
        part = word[start:end]
        if len(parts) > 1 and end - start > 1 and not _stops(part, algorithm):
            yield _stem(part, algorithm)


def _parts(word: str) -> Ranges:
    """Return where the words stand that make up an identifier."""
    return [match.span() for match in _PART.finditer(word)]


def _stops(word: str, algorithm: str) -> bool:
    return word.casefold() in STOP_WORDS.get(algorithm, ())


@lru_cache(maxsize=65_536)
def _stem(word: str, algorithm: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold()
    # A stemmer is not safe to share between threads, and making one takes microseconds.
    return str(Stemmer.Stemmer(algorithm, 0).stemWord(folded)) if algorithm else folded
