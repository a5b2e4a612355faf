"""A page and a card say whose order the first stage is, what it ranked and where the rest is."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from models_app.cards import card_render
from tests.factory import Cast
from tests.models_app.facts import facts_of
from tests.models_app.published import facts_made, publish

SAID = (
    "The first stage is the run “bi-encoder”, which ranked 400 of the 480 pairs; the other 80 are "
    "put after the ranked ones of their query; ties are ordered by a hash that knows no label."
)


def named(facts: dict[str, Any], ranked: int) -> dict[str, Any]:
    found = deepcopy(facts) | {"first_stage": {"run": "bi-encoder"}}
    for split in found["evaluation"]["splits"]:
        split["ranked"] = ranked
    return found


def test_the_card_names_the_run_and_what_it_did_not_rank() -> None:
    facts = facts_of()
    card = card_render(named(facts, 7))
    pairs = facts["evaluation"]["splits"][1]["counts"]["pairs"]
    assert f"which ranked 7 of the {pairs} pairs; the other {pairs - 7} are put after" in card
    assert "- **First stage:** the order in which the run `bi-encoder` proposed" in card


def test_all_pairs_of_a_real_run_are_ranked_by_a_run_that_nobody_named() -> None:
    card = card_render(facts_of())
    assert "a run whose name was not recorded, which ranked all 48 pairs." in card
    assert "- **First stage:** the order in which the search proposed" in card
    without = facts_of()
    for split in without["evaluation"]["splits"]:
        split["ranked"] = 0
    assert "The first stage is" not in card_render(without)


@pytest.mark.django_db
def test_the_version_s_page_says_it_beside_the_figures(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "m", facts=named(facts_made(), 400))
    client.force_login(cast.viewer)
    page = client.get("/library/finder/versions/1/").content.decode()
    assert SAID in strip_tags(page.split('<h2 id="card">')[0].split('id="metrics"')[0])
