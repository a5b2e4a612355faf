"""How a search is put to the words of passages: pure functions."""

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
# The beginnings of shorter words are the beginnings of too many.
_PREFIX_FROM: Final = 3
_MOST: Final = 16


def words_sought(search: str) -> str:
    """Return a PostgreSQL tsquery: every word of `search`, longer ones also as a beginning.

    Empty where it has no word.
    """
    words = _WORD.findall(search)[:_MOST]
    return " & ".join(f"'{word}'{':*' * (len(word) >= _PREFIX_FROM)}" for word in words)
