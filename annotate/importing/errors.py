"""Why a file was refused."""

from collections.abc import Iterable
from typing import Any, Final

from annotate.formats import FormatError, RowError
from annotate.formats.records import FILE

# As many errors as one import tells apart; the parsers count those after as many.
MOST: Final = 100


class ImportRefusedError(Exception):
    """The file is wrong; `errors` are `{line, field, message, member}`, in the file's order.

    They are the first of `count`.
    """

    def __init__(self, errors: Iterable[RowError], count: int = 0) -> None:
        found = sorted(errors, key=lambda error: error.line)
        self.count = max(count, len(found))
        super().__init__(f"{self.count} errors")
        self.errors: list[dict[str, Any]] = [as_json(error) for error in found[: MOST + 1]]


def as_json(error: RowError) -> dict[str, Any]:
    """An error as it is stored and shown."""
    return {
        "line": error.line,
        "field": error.field,
        "message": error.message,
        "member": error.member,
    }


def of_file(error: FormatError) -> RowError:
    """The failure of a whole file; it stands at line 1 where no line is at fault."""
    return RowError(error.line or 1, error.field or FILE, error.message, error.member)
