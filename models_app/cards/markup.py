"""Texts, numbers and tables as Markdown in which nothing from outside is interpreted.

Whatever a template prints goes through `inline` unless it is `Ready`.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

SHOWN: Final = 1000
"""Characters of a sample that a card shows, as in sentence-transformers' own cards."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029]")
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MARKDOWN: Final = {mark: f"&#{ord(mark)};" for mark in "`*_[]|\\~#!"}
_INLINE: Final = str.maketrans({**_HTML, **{mark: _MARKDOWN[mark] for mark in "`*[]|\\"}})
_LITERAL: Final = str.maketrans({**_HTML, **_MARKDOWN})


class Ready(str):
    """Markdown that is fit for the card as it stands."""

    __slots__ = ()

    def __html__(self) -> "Ready":
        """Tell the template engine to leave it alone."""
        return self


def inline(value: object) -> Ready:
    """A name or a sentence on one line: no markup, no tag, no table cell can begin in it."""
    text = " ".join(_CONTROL.sub("", str(value)).split())
    return Ready(text.translate(_INLINE))


def ready(value: object) -> Ready:
    """Escape a value that a template prints, unless that was done."""
    return value if isinstance(value, Ready) else inline(value)


def code(value: object) -> Ready:
    r"""A name or template within backticks, white space kept, a line break as \n; not for cells."""
    text = _CONTROL.sub("", str(value)).replace("\r", "\\r").replace("\n", "\\n")
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return Ready(f"{fence}{pad}{text}{pad}{fence}")


def sample(value: object) -> Ready:
    """A text of the dataset in a table cell, cut to `SHOWN` characters; line breaks as <br>."""
    text = _CONTROL.sub("", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > SHOWN:
        text = text[:SHOWN] + "..."
    return Ready(f"<code>{text.translate(_LITERAL).replace(chr(10), '<br>')}</code>")


def fenced(text: str, language: str) -> Ready:
    """A block of code whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Ready(f"{fence}{language}\n{_CONTROL.sub('', text)}\n{fence}")


def number(value: Any) -> str:
    """A figure with four decimals at most, as in sentence-transformers' own cards."""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return str(round(value, 4))


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} seconds"


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    align: str = "left",
    indent: int = 0,
) -> Ready:
    """A Markdown table with padded columns. Cells that are not `Ready` go through `inline`."""
    cells = [[cell if isinstance(cell, Ready) else inline(cell) for cell in row] for row in rows]
    widths = [
        max([3, len(header), *(len(row[column]) for row in cells)])
        for column, header in enumerate(headers)
    ]
    marks = [
        f":{'-' * (width if align == 'center' else width + 1)}{':' if align == 'center' else ''}"
        for width in widths
    ]
    lines = [_line(headers, widths), f"|{'|'.join(marks)}|"]
    lines += [_line(row, widths) for row in cells]
    return Ready("\n".join(" " * indent + line for line in lines))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [f" {cell.ljust(width)} " for cell, width in zip(cells, widths, strict=True)]
    return f"|{'|'.join(padded)}|"
