"""Every environment variable that the settings read stands in docs/settings.md, and no other."""

import re
from pathlib import Path

from config import env, settings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


def test_what_is_read_is_what_is_documented() -> None:
    assert settings.ARBITER_HOME  # reading the settings declares them
    rows = re.findall(r"^\| `([A-Z_]+)` \|", DOCUMENT.read_text("utf-8"), flags=re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == set(env.declared())
