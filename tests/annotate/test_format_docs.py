"""docs/formats.md names every format and every recognised column."""

import re
from pathlib import Path

from annotate.formats import FORMATS, GROUPS
from annotate.formats.columns import NAMES, PAIR_FIELDS

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def test_every_format_is_described() -> None:
    assert not [name for name in (*FORMATS, *GROUPS) if f"`{name}`" not in PAGE]


def test_every_recognised_name_is_listed() -> None:
    for field in PAIR_FIELDS:
        row = re.search(rf"^\| `{field}` \| (.*) \|$", PAGE, re.MULTILINE)
        assert row is not None, field
        assert tuple(re.findall(r"`([^`]+)`", row[1])) == NAMES[field]
