"""Words for BM25: by language, stemmed, with code identifiers in one piece and in their parts."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import Stemmer
from bm25s import stopwords

from training.ml.search.languages import STEMMERS

# bm25s' stop words, by language.
_STOP_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "da": stopwords.STOPWORDS_DANISH,
    "de": stopwords.STOPWORDS_GERMAN,
    "en": stopwords.STOPWORDS_EN,
    "es": stopwords.STOPWORDS_SPANISH,
    "fr": stopwords.STOPWORDS_FRENCH,
    "it": stopwords.STOPWORDS_ITALIAN,
    "nb": stopwords.STOPWORDS_NORWEGIAN,
    "nl": stopwords.STOPWORDS_DUTCH,
    "no": stopwords.STOPWORDS_NORWEGIAN,
    "pt": stopwords.STOPWORDS_PORTUGUESE,
    "ru": stopwords.STOPWORDS_RUSSIAN,
    "sv": stopwords.STOPWORDS_SWEDISH,
    "tr": stopwords.STOPWORDS_TURKISH,
}
# Chinese, Japanese and Korean put no space between words: as Lucene's CJKAnalyzer does, every two
# neighbouring characters are a term.
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD: Final = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]{{2,}}")
_FIRST_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_REMEMBERED: Final = 500_000


class Tokens:
    """Cuts texts into terms, for everything that is called BM25; `language` is one of `LANGUAGES`.

    Words have two letters or more; stop words are left out. An identifier such as `readCsv` or
    `read_csv` gives itself and its parts.
    """

    def __init__(self, language: str) -> None:
        name = STEMMERS.get(language)
        self._name = (name or "").capitalize()
        self._stemmer = Stemmer.Stemmer(name) if name else None
        self._stop = frozenset(_STOP_WORDS.get(language, ()))
        self._known: dict[str, tuple[str, ...]] = {}

    @property
    def says(self) -> str:
        """What is a term, in words for people."""
        said = "words of two letters or more in lower case"
        if self._stemmer:
            said += f", stemmed for {self._name} by Snowball"
        if self._stop:
            said += " and without its stop words"
        return (
            f"{said}; of identifiers also the parts; of Chinese, Japanese and Korean every two"
            " neighbouring characters"
        )

    def terms(self, text: str) -> list[str]:
        """Return a text's terms in its order, repeats among them."""
        found: list[str] = []
        known = self._known
        for word in _WORD.findall(text):
            terms = known.get(word)
            if terms is None:
                terms = self._learn(word)
            found += terms
        return found

    def _learn(self, word: str) -> tuple[str, ...]:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        terms = self._known[word] = tuple(self._cut(word))
        return terms

    def _cut(self, word: str) -> Iterable[str]:
        if _FIRST_UNSPACED.match(word):
            return [word[at : at + 2] for at in range(max(1, len(word) - 1))]
        words = [word.lower()]
        parts = _parts(word)
        if len(parts) > 1:
            words += [part.lower() for part in parts if len(part) > 1]
        kept = [each for each in words if each not in self._stop]
        return self._stemmer.stemWords(kept) if self._stemmer else kept


def _parts(word: str) -> list[str]:
    """Cut an identifier: HTTPServer into HTTP and Server, read_csv2 into read, csv and 2."""
    parts, begun = [], 0
    for at in range(1, len(word) + 1):
        if at == len(word) or _begins(word, at):
            parts.append(word[begun:at].strip("_"))
            begun = at
    return [part for part in parts if part]


def _begins(word: str, at: int) -> bool:
    """Whether a part begins here: at an underscore, a digit after a letter, a capital."""
    before, here = word[at - 1], word[at]
    if here == "_" or before.isdigit() != here.isdigit():
        return True
    if here.isupper():
        return before.islower() or (before.isupper() and word[at + 1 : at + 2].islower())
    return False
