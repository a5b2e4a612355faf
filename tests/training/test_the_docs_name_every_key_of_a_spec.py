"""The docs name every key of a spec with default and meaning."""

import json
from pathlib import Path

import pytest

from training.spec.base import Spec
from training.spec.pool import PoolSpec
from training.spec.score import ScoreSpec
from training.spec.silver import SilverSpec

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "spec"), [("pooling", PoolSpec), ("scoring", ScoreSpec)])
def test_the_table_of_keys_is_that_of_the_spec(page: str, spec: type[Spec]) -> None:
    text = (DOCS / f"{page}.md").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("| `")] == [
        f"| `{key.name}` | `{json.dumps(key.default)}` | {key.help} |" for key in spec.described()
    ]


def test_the_section_on_the_silver_stage_has_all_of_its_keys() -> None:
    text = (DOCS / "training.md").read_text("utf-8").partition("## The silver stage")[2]
    for key in SilverSpec.described():
        assert f"| `{key.name}` | `{json.dumps(key.default)}` | {key.help} |\n" in text
