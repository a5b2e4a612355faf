"""Every environment variable that the settings read stands in docs/settings.md, and no other."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = "import config.settings; from config import env; print(*env.declared())"


def test_what_is_read_is_what_is_documented() -> None:
    document = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \|", document, flags=re.MULTILINE)
    assert len(rows) == len(set(rows))
    fresh = subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert set(rows) == set(fresh.stdout.split())
