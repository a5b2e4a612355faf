"""What our own exports look like, so that an import knows one and stores what went out, no more.

`annotate.exporting` writes them; docs/formats.md describes them.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

# Objects apart from the columns that an export adds: the pair's, the query's, the passage's. In
# CSV and Parquet they are JSON texts.
METADATA: Final = ("metadata", "query_metadata", "passage_metadata")
_PAIR: Final = ("query_id", "query", "passage_id", "title", "passage", "label")
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "judgments": (
        *_PAIR, "kind", "action", "annotator", "source", "seconds", "comment", "flagged",
        "skip_reason", "evidence", "passage_revision", "judgment_id", "judged_at",
    ),
    "qrels": (*_PAIR, "gain", "target", "people", "imported", "adjudicated"),
    "preferences": (
        "query_id", "query", "first_id", "first_title", "first", "second_id", "second_title",
        "second", "kind", "action", "preferred", "tie", "left", "counted", "annotator", "seconds",
        "comment", "flagged", "skip_reason", "query_revision", "first_revision",
        "second_revision", "preference_id", "judged_at",
    ),
}  # fmt: skip
# How the sources are named that a person's judgments and decisions become labels of.
OF_EXPORTS: Final = (" (person)", " (adjudication)")
_OURS: Final = {frozenset(columns): what for what, columns in COLUMNS.items()}

# What begins so is run as a formula by some spreadsheet, also after blanks and in full width
# (OWASP, CSV injection), or has apostrophes of its own in front of that. An expression that Python
# and PostgreSQL read alike: characters stand for themselves.
_BLANKS: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
)
RISKY: Final = f"^'*(?:[\t\n\r]|[{_BLANKS}]*[=+@＝＋－＠-])"
_NEUTRALISED: Final = re.compile(f"'{RISKY[1:]}")


def columns_of(what: str) -> tuple[str, ...]:
    """Return the columns of an export, in order; preferences are of two candidates and have no
    metadata."""
    return COLUMNS[what] if what == "preferences" else (*COLUMNS[what], *METADATA)


def exported_what(names: Collection[str]) -> str | None:
    """What an export of ours with these columns holds; None where they are not all of one's."""
    return _OURS.get(frozenset(names) - frozenset(METADATA))


def restored(text: str) -> str:
    """Take off the apostrophe that was put in front of a risky text."""
    return text[1:] if _NEUTRALISED.match(text) else text
