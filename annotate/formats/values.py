"""Single values: texts, ids, numbers and labels, each checked for what the database can hold."""

import math
from collections.abc import Collection, Mapping
from typing import Any

from annotate.formats.records import BadValueError

# PostgreSQL's integer; ranks are stored in one.
MAX_RANK = 2**31 - 1

_KINDS = {
    dict: "an object",
    list: "a list",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
    str: "a text",
}
_PLAIN = frozenset({str, int, bool, type(None)})
_CACHE = 10_000


def kind(value: Any) -> str:
    """How a message names the type of `value`."""
    return _KINDS.get(type(value), type(value).__name__)


def shown(value: Any) -> str:
    """`value` quoted for a message, cut to a readable length."""
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    return text if len(text) <= 80 else f"{text[:77]}…"


def text_value(value: Any, field: str) -> str:
    """A text, verbatim. Raises BadValueError where it is missing, blank or no text."""
    if type(value) is str:
        if value and not value.isspace():
            return value
        raise BadValueError(field, "the text is empty")
    if value is None:
        raise BadValueError(field, "the text is missing")
    raise BadValueError(field, f"must be a text, not {kind(value)}")


def title_value(value: Any) -> str:
    """A title, verbatim; empty where there is none."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    raise BadValueError("title", f"must be a text, not {kind(value)}")


def id_value(value: Any, field: str, limit: int) -> str | None:
    """An id or a run's name without surrounding whitespace; None where it is blank or missing."""
    if type(value) is str:
        name = value.strip()
    elif type(value) is int:
        name = str(value)
    elif value is None:
        return None
    else:
        raise BadValueError(field, f"must be a text or a whole number, not {kind(value)}")
    if len(name) > limit:
        raise BadValueError(
            field, f"{shown(name)} has {len(name)} characters; at most {limit} are kept"
        )
    return name or None


def number_value(value: Any, field: str) -> float | None:
    """A finite number; None where it is blank or missing."""
    if value is None:
        return None
    if type(value) is str:
        return _number_from_text(value, field)
    if type(value) is not float and type(value) is not int:
        raise BadValueError(field, f"must be a number, not {kind(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise BadValueError(field, f"{shown(value)} is not a finite number")
    return number


def _number_from_text(value: str, field: str) -> float | None:
    text = value.strip()
    if not text:
        return None
    try:
        # float() also takes "1_000" and the digits of every script; a file's "1_000" is a slip.
        number = float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        number = None
    if number is None:
        raise BadValueError(field, f"{shown(value)} is not a number")
    if not math.isfinite(number):
        raise BadValueError(field, f"{shown(value)} is not a finite number")
    return number


def rank_value(value: Any) -> int | None:
    """A rank: a whole number from 0; None where it is blank or missing."""
    number = number_value(value, "rank")
    if number is None:
        return None
    if not number.is_integer() or not 0 <= number <= MAX_RANK:
        raise BadValueError("rank", f"{shown(value)} is not a whole number from 0 to {MAX_RANK}")
    return int(number)


def check_metadata(value: Any, field: str) -> None:
    """Refuse what JSON in the database cannot hold: NaN, infinities, U+0000, lone surrogates."""
    if type(value) is float:
        if not math.isfinite(value):
            raise BadValueError(
                field, f"{value} is not a finite number; null says that there is no value"
            )
    elif isinstance(value, str):
        check_storable(value, field)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            check_storable(key, field)
            check_metadata(inner, field)
    elif isinstance(value, list):
        for inner in value:
            check_metadata(inner, field)


def check_storable(text: str, field: str) -> None:
    """Refuse U+0000 and lone surrogates, which PostgreSQL's text type cannot hold."""
    if "\0" in text:
        at = text.index("\0") + 1
        raise BadValueError(
            field, f"character {at} is U+0000 (NUL), which cannot be stored; remove it"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise BadValueError(
            field,
            f"character {error.start + 1} is half of a surrogate pair (U+{code:04X}), which is"
            " no character; write the whole pair, or the character itself in UTF-8",
        ) from error


def metadata_value(cells: Any, columns: tuple[tuple[Any, str], ...]) -> dict[str, Any]:
    """The further columns of a row by name; `columns` holds (key into the row, name)."""
    found = {name: cells[key] for key, name in columns}
    for name, value in found.items():
        if type(value) not in _PLAIN:
            check_metadata(value, name)
    return found


class Labels:
    """Turns a file's labels into grades.

    `grades` are the values the project's label scheme has (None allows every finite number);
    `names` gives grades for labels that are words or other numbers, matched without regard to case.
    true and false count as 1 and 0 unless named otherwise. The positives of triplets get the
    highest grade and the negatives the lowest (1 and 0 where every number is allowed), unless named
    otherwise.
    """

    def __init__(
        self, grades: Collection[int | float] | None, names: Mapping[str, int | float] | None
    ) -> None:
        self._grades = None if grades is None else frozenset(grades)
        self._names: dict[str, int | float] = {"true": 1, "false": 0}
        self._given = sorted(names or ())
        self._names |= {name.strip().casefold(): grade for name, grade in (names or {}).items()}
        self._known: dict[Any, int | float | None] = {}

    def grade(self, value: Any, field: str = "label") -> int | float | None:
        """The grade of a label; None where it is blank or missing. Raises BadValueError."""
        key = (type(value), value)  # True == 1 == 1.0, yet each may be named apart
        try:
            return self._known[key]
        except KeyError:
            pass
        except TypeError:  # a list or an object has no hash
            raise BadValueError(field, f"must be a number, not {kind(value)}") from None
        grade = self._grade(value, field)
        if len(self._known) < _CACHE:
            self._known[key] = grade
        return grade

    @property
    def positive(self) -> int | float:
        """The grade of triplets' positives. Raises BadValueError if it is unknown."""
        return self._named("positive", max(self._grades or (1,)))

    @property
    def negative(self) -> int | float:
        """The grade of triplets' negatives. Raises BadValueError if it is unknown."""
        return self._named("negative", min(self._grades or (0,)))

    def _named(self, name: str, default: int | float) -> int | float:
        grade = self._names.get(name, default)
        self._check(grade, name, "label")
        return grade

    def _grade(self, value: Any, field: str) -> int | float | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        grade = self._names.get(str(value).strip().casefold())
        if grade is None:
            try:
                number = number_value(value, field)
            except BadValueError as error:
                raise BadValueError(field, f"{error.message}; {self._allowed()}") from None
            if number is None:
                return None
            grade = int(number) if number.is_integer() else number
        self._check(grade, value, field)
        return grade

    def _check(self, grade: int | float, value: Any, field: str) -> None:
        if self._grades is None or grade in self._grades:
            return
        inside = self._grades and min(self._grades) < grade < max(self._grades)
        fault = "is no grade of this project" if inside else "is out of range"
        raise BadValueError(field, f"label {shown(value)} {fault}; {self._allowed()}")

    def _allowed(self) -> str:
        if self._grades is None:
            allowed = "a label is a number"
        else:
            allowed = "the grades are " + ", ".join(f"{grade:g}" for grade in sorted(self._grades))
        if self._given:
            return f"{allowed}, and the names {', '.join(self._given)}"
        return (
            f"{allowed}; other labels get theirs under “Labels that are words”: relevant = 1"
            ' (in the API, "label_names": {"relevant": 1})'
        )
