"""A card of either seed recipe has every section and field of the real reranker's card.

What the two reference cards consist of, their headings, keys, columns and labels and none of their
texts, is kept in `card_outlines.json`. Where the cards themselves lie beside the checkout (see
`tests.shared`), that file is checked against them; write it anew with `python -m
tests.models_app.test_card_reference`.
"""

import dataclasses
import json
import re
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from sentence_transformers.cross_encoder import CrossEncoderTrainingArguments

from models_app.cards import card_render
from tests.shared import SHARED
from tests.tiny_run import tiny_run

REFERENCE = SHARED / "reference"
SEEDS = {"agro": "agro-card.md", "court-cases": "legal-card.md"}
OUTLINES = Path(__file__).with_name("card_outlines.json")
SECTIONS = ("Non-Default Hyperparameters", "All Hyperparameters")
LOSS = re.compile(r'^\* Loss: .*?"pos_weight": null\n  \}\n  ```$', re.MULTILINE | re.DOTALL)
BIBTEX = re.compile(r"^```bibtex\n.*?^```$", re.MULTILINE | re.DOTALL)
beside = pytest.mark.skipif(
    not REFERENCE.is_dir(),
    reason="the reference cards are not beside the checkout; set ARBITER_SHARED",
)
seeds = pytest.mark.parametrize("seed", sorted(SEEDS))


@cache
def reference(seed: str) -> dict[str, Any]:
    """The outline of a reference card."""
    found: dict[str, Any] = json.loads(OUTLINES.read_text(encoding="utf-8"))[seed]
    return found


def real_card(seed: str) -> str:
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


def outline(text: str) -> dict[str, Any]:
    """What a card consists of, without what it says."""
    front = head(text)
    results = front.get("model-index") or [{"results": []}]
    return {
        "headings": headings(text),
        "keys": sorted(keys(front)),
        "tags": [re.sub(r":\d+$", "", tag) for tag in front["tags"]],
        "named": {key: front[key] for key in ("pipeline_tag", "library_name")},
        "metrics": front.get("metrics", []),
        "results": [
            {
                "task": result["task"],
                "dataset": result["dataset"],
                "metrics": [[metric["type"], metric["name"]] for metric in result["metrics"]],
            }
            for result in results[0]["results"]
        ],
        "tables": table_headers(text),
        "cells": sorted(first_cells(text)),
        "bullets": sorted(bullets(text)),
        "hyperparameters": {name: hyperparameters(text, name) for name in SECTIONS},
        "blocks": blocks(text),
    }


def blocks(text: str) -> dict[str, list[str]]:
    """The sha256 of what must come out word for word: the loss and the citations."""
    found = {"loss": LOSS.findall(text), "bibtex": BIBTEX.findall(text)}
    return {
        name: [sha256(each.encode()).hexdigest() for each in texts] for name, texts in found.items()
    }


@beside
@seeds
def test_the_outlines_are_those_of_the_real_cards(seed: str) -> None:
    assert outline(real_card(seed)) == reference(seed)


@seeds
def test_every_heading_is_there_and_in_the_same_order(seed: str) -> None:
    ours = iter(headings(live(card(seed))))
    missing = [heading for heading in reference(seed)["headings"] if heading not in ours]
    assert missing == []


@seeds
def test_every_key_of_the_front_matter_is_there(seed: str) -> None:
    theirs, ours = reference(seed), outline(card(seed))
    assert set(theirs["keys"]) - set(ours["keys"]) == set()
    assert theirs["tags"] == ours["tags"]
    assert theirs["named"] == ours["named"]


def test_the_metrics_of_the_front_matter_are_those_of_the_reference_and_more() -> None:
    theirs, ours = reference("court-cases"), outline(card("court-cases"))
    assert ours["metrics"][: len(theirs["metrics"])] == theirs["metrics"] != []
    assert ours["results"][0] == theirs["results"][0]
    assert theirs["results"][0]["dataset"] == {"name": "val", "type": "val"}


@seeds
def test_every_table_has_its_counterpart_with_the_same_columns(seed: str) -> None:
    ours = table_headers(live(card(seed)))
    for header in reference(seed)["tables"]:
        assert any(header == [name for name in other if name in header] for other in ours), header
    assert set(reference(seed)["cells"]) - first_cells(live(card(seed))) == set()


@seeds
def test_every_field_of_a_list_is_there(seed: str) -> None:
    assert set(reference(seed)["bullets"]) - bullets(live(card(seed))) == set()


@seeds
def test_every_hyperparameter_that_the_library_still_has_is_there(seed: str) -> None:
    known = {item.name for item in dataclasses.fields(CrossEncoderTrainingArguments)}
    for section in SECTIONS:
        theirs = set(reference(seed)["hyperparameters"][section]) & known
        assert theirs
        assert theirs - set(hyperparameters(card(seed), section)) == set()


@seeds
def test_the_loss_and_the_citation_are_those_of_the_reference(seed: str) -> None:
    assert blocks(card(seed)) == reference(seed)["blocks"]
    assert all(reference(seed)["blocks"].values())


def test_the_reader_of_references_finds_what_is_in_them() -> None:
    """Were the patterns above to match nothing, the tests would pass for an empty card."""
    found = reference("court-cases")
    assert len(found["headings"]) == 28
    assert "## Glossary" in found["headings"]
    assert "#### Cross Encoder Binary Classification" in found["headings"]
    assert ["Epoch", "Step", "Training Loss", "val_average_precision"] in found["tables"]
    assert ["", "sentence_0", "sentence_1", "label"] in found["tables"]
    assert len(found["tables"]) == 4
    labels = {"- **License:**", "* Size:", "* Loss:", "- Python:", "* Evaluated with"}
    assert labels <= set(found["bullets"])
    assert {"details", "accuracy", "**average_precision**"} <= set(found["cells"])
    assert len(found["hyperparameters"]["All Hyperparameters"]) > 100


if __name__ == "__main__":
    found = {seed: outline(real_card(seed)) for seed in sorted(SEEDS)}
    OUTLINES.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
