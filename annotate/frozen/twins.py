"""Which queries are twins, so near-identical that they must not part between train and test. Pure.

The words of a query are what is left of it without case and punctuation, in any spelling that
Unicode holds for the same; a character of a script without blanks is a word of its own. Two
queries are twins where

1. they have the same words, in whatever order and number; or, without any word, the same signs;
2. the one has one word more than the other, anywhere;
3. the one is the other cut off: its beginning, in the midst of a word too, or its last words;
4. one word of five letters or more differs, by one letter that is missing, other or elsewhere.

For 2 to 4 three words and eight letters are the least; for 2 and 3 the shorter one is at least 70%
of the longer one. Words with a digit are never what differs: case 12 is not case 13. A twin of a
twin belongs to the same group, so that look-ups and passes over the sorted wordings find the groups
without comparing all pairs.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Final

WORDS_MIN: Final = 3
LETTERS_MIN: Final = 8
SHARE_MIN: Final = 0.7
SLIP_LETTERS: Final = range(5, 41)  # shorter words are often others; longer ones are no words

Pair = tuple[str, str]


def wording(text: str) -> str:
    """Return a query's words in lower case with one blank between; its signs where it has none."""
    folded = unicodedata.normalize("NFKC", text.casefold())
    return " ".join("".join(map(_shown, folded)).split()) or " ".join(folded.split())


def twin_pairs(queries: Mapping[str, str]) -> Iterator[Pair]:
    """Yield pairs of keys (of key -> text) that link all twins, for `clusters_of`.

    The groups that the pairs make depend on the texts alone. Time and memory grow with the length
    of the texts, not with the number of pairs.
    """
    first: dict[str, str] = {}
    for key, text in queries.items():
        known = first.setdefault(wording(text), key)
        if known != key:
            yield known, key
    forms = sorted(form for form in first if _shown(form[0]) != " ")
    by_words: dict[int, str] = {}
    for form in forms:
        known = by_words.setdefault(_sum(set(form.split())), form)
        if known != form:
            yield first[known], first[form]
    for rule in (_one_word_more(by_words), _cut_off(forms), _slips(by_words)):
        for one, other in rule:
            yield first[one], first[other]


@lru_cache(maxsize=1 << 14)
def _shown(char: str) -> str:
    """Return what a character is to a word: itself, a blank, or itself between blanks."""
    if unicodedata.category(char)[0] not in "LNM":
        return " "
    return f" {char} " if unicodedata.east_asian_width(char) == "W" else char


@lru_cache(maxsize=1 << 16)
def _digest(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=16).digest())


def _sum(words: Iterable[str]) -> int:
    """Return one number for a set of words, from which a word can be taken away again."""
    return sum(map(_digest, words))


def _long_enough(words: Iterable[str]) -> bool:
    sizes = [len(word) for word in words]
    return len(sizes) >= WORDS_MIN and sum(sizes) >= LETTERS_MIN


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _one_word_more(by_words: Mapping[int, str]) -> Iterator[Pair]:
    for total, form in by_words.items():
        words = set(form.split())
        letters = sum(map(len, words))
        for word in words:
            fewer = by_words.get(total - _digest(word))
            if (
                fewer is not None
                and len(word) <= (1 - SHARE_MIN) * letters
                and not _has_digit(word)
                and _long_enough(words - {word})
            ):
                yield fewer, form


def _cut_off(forms: Iterable[str]) -> Iterator[Pair]:
    yield from _beginnings((form, form) for form in forms)
    # A blank behind the last word: a beginning cut off in the midst of a word is found above, but
    # what is left of a word's end is another word.
    yield from _beginnings((" ".join(reversed(form.split())) + " ", form) for form in forms)


def _beginnings(spellings: Iterable[Pair]) -> Iterator[Pair]:
    """Yield the forms of (spelling, form) whose one spelling begins the other.

    Each with the longest that begins it: where a shorter one does as well, it begins that one too.
    """
    beginnings: list[Pair] = []
    for spelling, form in sorted(spellings):
        while beginnings and not spelling.startswith(beginnings[-1][0]):
            beginnings.pop()
        if beginnings:
            start, shorter = beginnings[-1]
            if (
                len(shorter) >= SHARE_MIN * len(form)
                and _long_enough(shorter.split())
                and not _has_digit(_left_over(start, spelling))
            ):
                yield shorter, form
        beginnings.append((spelling, form))


def _left_over(start: str, spelling: str) -> str:
    """Return what a spelling has beyond its start, from the word on in whose midst that ends."""
    if start.endswith(" ") or spelling[len(start)] == " ":
        return spelling[len(start) :]
    return spelling[start.rfind(" ") + 1 :]


def _slips(by_words: Mapping[int, str]) -> Iterator[Pair]:
    once: set[int] = set()
    often: set[int] = set()  # the words around one, where several queries have the same
    for _, around, _ in _places(by_words):
        (often if around in once else once).add(around)
    del once
    known: dict[tuple[int, str], str] = {}
    for word, around, form in _places(by_words):
        if around in often:
            for short in (word, *(word[:i] + word[i + 1 :] for i in range(len(word)))):
                other = known.setdefault((around, short), form)
                if other != form:
                    yield other, form


def _places(by_words: Mapping[int, str]) -> Iterator[tuple[str, int, str]]:
    """Yield (word, sum of the words around it, form) where a slip may be."""
    for total, form in by_words.items():
        words = set(form.split())
        if _long_enough(words):
            for word in words:
                if len(word) in SLIP_LETTERS and not _has_digit(word):
                    yield word, total - _digest(word), form
