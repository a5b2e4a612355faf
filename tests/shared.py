"""Where the real data lie: beside the checkout, or where ARBITER_SHARED says."""

import os
from pathlib import Path

import pytest

SHARED = Path(
    os.environ.get("ARBITER_SHARED", Path(__file__).resolve().parents[1].parent / "shared")
)
needs_shared = pytest.mark.skipif(
    not (SHARED / "data").is_dir(),
    reason="the real data are not beside the checkout (../shared); set ARBITER_SHARED",
)
