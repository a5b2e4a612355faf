"""The section on the silver stage is there where there was one, with the figures of the facts."""

import re
from typing import Any

from models_app.cards import card_render
from tests.models_app.facts import facts_of


def silver_facts() -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"system": system, "metric": metric, "value": value, "low": 0.25, "high": 0.75, "n": 60}
        for system, value in (("before", 0.125), ("after", 0.625), ("teacher", 0.5))
        for metric in ("MRR@10", "nDCG@10", "rho")
        if (system, metric) != ("teacher", "rho")
    ]
    rows[0] |= {"low": None, "high": None}
    return {
        "cached": True,
        "corpus": {"passages": 70_000, "used": 20_000, "digest": "c0" * 32},
        "queries": {"made": 900, "kinds": {"title": 900}, "trained": 640, "held_out": 60},
        "teacher": {"loaded": "team/<b>teacher", "kind": "embedder", "weights_sha256": "ab" * 32},
        "pairs": 5_120,
        "steps": 160,
        "seconds": 312.0,
        "held_out": {"queries": 60, "passages": 12, "rows": rows, "differences": []},
    }


def test_the_section_has_what_was_trained_on_by_whom_and_how_far_it_came() -> None:
    text = card_render({**facts_of(), "silver": silver_facts()})
    section = text.split("### Silver Stage")[1].split("\n### ")[0]
    assert "20,000 of 70,000 passages" in section
    assert "900 made from them (900 of title); 640 trained on" in section
    assert "<b>" not in section
    assert "5,120 in 160 steps" in section
    assert "kept from an earlier run" in section
    rows = re.findall(r"^\| (before|after|the teacher) .*$", section, re.MULTILINE)
    assert rows == ["before", "after", "the teacher"]
    assert "0.625 (0.25 to 0.75)" in section


def test_without_a_silver_stage_there_is_no_section() -> None:
    assert "Silver Stage" not in card_render(facts_of())
