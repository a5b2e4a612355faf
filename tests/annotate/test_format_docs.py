"""docs/formats.md names every format, recognised column, column of exports, and limit."""

import re
from pathlib import Path

from annotate.formats import FORMATS, GROUPS, Limits
from annotate.formats.columns import NAMES, PAIR_FIELDS
from annotate.formats.exported import COLUMNS, METADATA

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def test_every_format_is_described() -> None:
    assert not [name for name in (*FORMATS, *GROUPS) if f"`{name}`" not in PAGE]


def test_every_recognised_name_is_listed() -> None:
    for field in PAIR_FIELDS:
        row = re.search(rf"^\| `{field}` \| (.*) \|$", PAGE, re.MULTILINE)
        assert row is not None, field
        assert tuple(re.findall(r"`([^`]+)`", row[1])) == NAMES[field]


def test_every_column_of_an_export_is_named() -> None:
    section = PAGE.partition("## Exports")[2].partition("\n## ")[0]
    columns = {*METADATA, *(name for names in COLUMNS.values() for name in names)}
    assert not [name for name in columns if f"`{name}`" not in section]


def test_the_limits_are_those_of_the_code() -> None:
    limits = Limits()
    for written in (
        f"a Parquet row | {limits.line_bytes >> 20} MiB |",
        f"unpacks to | {limits.total_bytes >> 30} GiB (`IMPORT_MAX_BYTES`) |",
        f"list of entries | {limits.members:,}, 16 MiB |",
        f"errors told apart | {limits.errors}; the rest are counted |",
    ):
        assert written in PAGE
