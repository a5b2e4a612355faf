"""Which formats there are, and the blocks of a file in one of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError

from accounts.models import Project
from annotate.exporting import beir, columnar, lines
from annotate.formats.exported import COLUMNS
from annotate.selectors.exports import ids_matching

WHATS: Final = tuple(COLUMNS)

# Ids are refused that would end a column or a line; control characters, since COPY would quote
# them. A byte-order mark is taken off where a file begins with it.
_CONTROL: Final = r"\x01-\x1f\x7f"
_BLANK: Final = rf"{_CONTROL}\s\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `whats` are what it can hold, by default the first of them.

    `purpose` is a line about it for the person who chooses. No id may hold one of `bad`, a set of
    characters as PostgreSQL's expressions write it.
    """

    title: str
    purpose: str
    media_type: str
    suffix: str
    whats: tuple[str, ...]
    blocks: Callable[[Project, str], Iterator[bytes]]
    bad: str = ""


FORMATS: Final[Mapping[str, Format]] = {
    "jsonl": Format(
        "JSON Lines",
        "An object for each row, with all metadata: the fullest form, for programs.",
        "application/x-ndjson",
        "jsonl",
        WHATS,
        lines.jsonl,
    ),
    "csv": Format(
        "CSV",
        "For spreadsheets. What would run as a formula is made harmless; importing undoes it.",
        "text/csv; charset=utf-8",
        "csv",
        WHATS,
        lines.csv,
    ),
    "parquet": Format(
        "Parquet",
        "Typed columns, compressed: for pandas, Polars, DuckDB and datasets.",
        "application/vnd.apache.parquet",
        "parquet",
        WHATS,
        columnar.parquet,
    ),
    "qrels": Format(
        "TREC qrels",
        "Ids and grades, no texts: for trec_eval, pytrec_eval and ir-measures.",
        "text/plain; charset=utf-8",
        "qrels",
        ("qrels", "judgments"),
        lines.trec,
        _BLANK,
    ),
    "beir": Format(
        "BEIR",
        "A zip of all queries, all passages and the grades: for retrieval benchmarks.",
        "application/zip",
        "zip",
        ("qrels",),
        beir.archive,
        _CONTROL,
    ),
    "triplets": Format(
        "Triplets",
        "A query, a relevant passage and others that are not, in each line: for training.",
        "application/x-ndjson",
        "triplets.jsonl",
        ("qrels",),
        lines.triplets,
    ),
}


def export_blocks(
    project: Project, *, format_name: str = "jsonl", what: str | None = None
) -> Iterator[bytes]:
    """Return a file of the project in blocks of some 256 KiB; lines are never cut.

    `what` is one of WHATS: the first that the format holds, unless given. Raises ValidationError
    per field before the first block.
    """
    if format_name not in FORMATS:
        raise ValidationError({"format": f"Choose one of {', '.join(FORMATS)}."})
    wanted = FORMATS[format_name]
    what = what or wanted.whats[0]
    if what not in WHATS:
        raise ValidationError({"what": f"Choose one of {', '.join(WHATS)}."})
    if what not in wanted.whats:
        held = "grades" if "judgments" in wanted.whats else "one grade for each pair"
        message = f"The format {format_name} holds {held}, no {what}; choose what=qrels."
        raise ValidationError({"what": message})
    if wanted.bad and (named := ids_matching(project, f"[{wanted.bad}]")):
        signs = "blanks" if wanted.bad == _BLANK else "control characters"
        message = f"This format cannot hold ids with {signs}, such as “{named[0]}”."
        raise ValidationError({"format": f"{message} Choose jsonl, csv or parquet."})
    return wanted.blocks(project, what)


def export_name(project: Project, format_name: str, what: str | None) -> str:
    """Return the name under which a browser saves the file."""
    wanted = FORMATS[format_name]
    what = what or wanted.whats[0]
    own_name = {"qrels": "" if what == "qrels" else "-judgments", "beir": "-beir", "triplets": ""}
    return f"{project.slug}{own_name.get(format_name, f'-{what}')}.{wanted.suffix}"
