"""docs/pooling.md names every key of the spec with its default and its meaning."""

import json
from pathlib import Path

from training.pool_spec import PoolSpec

DOCS = Path(__file__).parents[2] / "docs" / "pooling.md"


def test_the_table_of_keys_is_that_of_the_spec() -> None:
    rows = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{key.name}` | `{json.dumps(key.default)}` | {key.help} |"
        for key in PoolSpec.described()
    ]
