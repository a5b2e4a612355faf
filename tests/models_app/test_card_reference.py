"""A card of either seed recipe has every section and field of the real reranker's card.

The reference cards lie beside the checkout (see `tests.shared`); without them it is skipped.
"""

import dataclasses
import re
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
import yaml
from sentence_transformers.cross_encoder import CrossEncoderTrainingArguments

from models_app.cards import card_render
from tests.shared import SHARED
from tests.tiny_run import tiny_run

REFERENCE = SHARED / "reference"
SEEDS = {"agro": "agro-card.md", "court-cases": "legal-card.md"}
pytestmark = pytest.mark.skipif(
    not REFERENCE.is_dir(),
    reason="the reference cards are not beside the checkout; set ARBITER_SHARED",
)
seeds = pytest.mark.parametrize("seed", sorted(SEEDS))


@cache
def reference(seed: str) -> str:
    return (REFERENCE / SEEDS[seed]).read_text(encoding="utf-8")


@cache
def card(seed: str) -> str:
    return card_render({**tiny_run(seed).outcome.facts, "samples_allowed": True})


def head(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def prose(text: str) -> list[str]:
    """The lines outside of fenced blocks; comment marks dropped, so that their content counts."""
    body = text.split("---\n", 2)[2]
    body = re.sub(r"^ *(`{3,}).*?^ *\1 *$", "", body, flags=re.MULTILINE | re.DOTALL)
    return [line.replace("<!-- ", "").rstrip() for line in body.splitlines()]


def live(text: str) -> str:
    """Without what is commented out: our card has to say it, not to hide it."""
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def headings(text: str) -> list[str]:
    found = [line for line in prose(text) if re.match(r"#{1,6} ", line)]
    return [re.sub(r"^(# CrossEncoder based on ).*", r"\1…", line) for line in found]


def table_headers(text: str) -> list[list[str]]:
    lines = prose(text)
    return [
        [cell.strip() for cell in above.strip().strip("|").split("|")]
        for above, below in pairwise(lines)
        if re.match(r"^ *\|[:\-| ]+\|$", below)
    ]


def first_cells(text: str) -> set[str]:
    rows = [line.strip().split("|")[1].strip() for line in prose(text) if line.strip()[:1] == "|"]
    return {row for row in rows if re.fullmatch(r"[\w*]+", row)}


def bullets(text: str) -> set[str]:
    """The labels of bullets: `- **Base model:**`, `- Python:`, `* Size:`, `* Evaluated with`."""
    labels = set()
    for line in prose(text):
        if found := re.match(r"^([-*] (?:\*\*[^*]+\*\*|[A-Z][\w ]*:|Evaluated with))", line):
            labels.add(re.sub(r"\d+", "N", found[1]))
    return labels


def hyperparameters(text: str, section: str) -> list[str]:
    part = text.split(f"#### {section}\n")[1].split("\n#")[0]
    return re.findall(r"^- `(\w+)`: ", part, flags=re.MULTILINE)


def keys(value: Any, path: str = "") -> set[str]:
    """All keys of a nested structure as paths; lists are walked through."""
    if isinstance(value, dict):
        found = {f"{path}/{key}" for key in value}
        return found.union(*(keys(inner, f"{path}/{key}") for key, inner in value.items()))
    if isinstance(value, list):
        return set().union(*(keys(inner, path) for inner in value))
    return set()


@seeds
def test_every_heading_is_there_and_in_the_same_order(seed: str) -> None:
    ours = iter(headings(live(card(seed))))
    missing = [heading for heading in headings(reference(seed)) if heading not in ours]
    assert missing == []


@seeds
def test_every_key_of_the_front_matter_is_there(seed: str) -> None:
    assert keys(head(reference(seed))) - keys(head(card(seed))) == set()
    tags = [re.sub(r":\d+$", "", tag) for tag in head(reference(seed))["tags"]]
    assert tags == [re.sub(r":\d+$", "", tag) for tag in head(card(seed))["tags"]]
    for key in ("pipeline_tag", "library_name"):
        assert head(card(seed))[key] == head(reference(seed))[key]


def test_the_metrics_of_the_front_matter_are_those_of_the_reference_and_more() -> None:
    theirs, ours = head(reference("court-cases")), head(card("court-cases"))
    assert ours["metrics"][: len(theirs["metrics"])] == theirs["metrics"]
    their_result = theirs["model-index"][0]["results"][0]
    our_result = ours["model-index"][0]["results"][0]
    assert our_result["task"] == their_result["task"]
    assert our_result["dataset"] == their_result["dataset"] == {"name": "val", "type": "val"}
    assert [(m["type"], m["name"]) for m in our_result["metrics"]] == [
        (m["type"], m["name"]) for m in their_result["metrics"]
    ]


@seeds
def test_every_table_has_its_counterpart_with_the_same_columns(seed: str) -> None:
    ours = table_headers(live(card(seed)))
    for header in table_headers(reference(seed)):
        assert any(header == [name for name in other if name in header] for other in ours), header
    assert first_cells(reference(seed)) - first_cells(live(card(seed))) == set()


@seeds
def test_every_field_of_a_list_is_there(seed: str) -> None:
    assert bullets(reference(seed)) - bullets(live(card(seed))) == set()


@seeds
def test_every_hyperparameter_that_the_library_still_has_is_there(seed: str) -> None:
    known = {item.name for item in dataclasses.fields(CrossEncoderTrainingArguments)}
    for section in ("Non-Default Hyperparameters", "All Hyperparameters"):
        theirs = set(hyperparameters(reference(seed), section)) & known
        assert theirs
        assert theirs - set(hyperparameters(card(seed), section)) == set()


@seeds
def test_the_loss_and_the_citation_are_those_of_the_reference(seed: str) -> None:
    loss = re.compile(r'^\* Loss: .*?"pos_weight": null\n  \}\n  ```$', re.MULTILINE | re.DOTALL)
    bibtex = re.compile(r"^```bibtex\n.*?^```$", re.MULTILINE | re.DOTALL)
    for pattern in (loss, bibtex):
        assert pattern.findall(card(seed)) == pattern.findall(reference(seed)) != []


def test_the_reader_of_references_finds_what_is_in_them() -> None:
    """Were the patterns above to match nothing, the tests would pass for an empty card."""
    text = reference("court-cases")
    assert len(headings(text)) == 28
    assert "## Glossary" in headings(text)
    assert "#### Cross Encoder Binary Classification" in headings(text)
    assert ["Epoch", "Step", "Training Loss", "val_average_precision"] in table_headers(text)
    assert ["", "sentence_0", "sentence_1", "label"] in table_headers(text)
    assert len(table_headers(text)) == 4
    assert {"- **License:**", "* Size:", "* Loss:", "- Python:", "* Evaluated with"} <= bullets(
        text
    )
    assert {"details", "accuracy", "**average_precision**"} <= first_cells(text)
    assert len(hyperparameters(text, "All Hyperparameters")) > 100
