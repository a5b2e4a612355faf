"""docs/pooling.md and docs/scoring.md name every key of their spec with default and meaning."""

import json
from pathlib import Path

import pytest

from training.spec.base import Spec
from training.spec.pool import PoolSpec
from training.spec.score import ScoreSpec

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "spec"), [("pooling", PoolSpec), ("scoring", ScoreSpec)])
def test_the_table_of_keys_is_that_of_the_spec(page: str, spec: type[Spec]) -> None:
    text = (DOCS / f"{page}.md").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("| `")] == [
        f"| `{key.name}` | `{json.dumps(key.default)}` | {key.help} |" for key in spec.described()
    ]
