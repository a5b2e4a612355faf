"""Agreement on preferences: over first, second and tie, whatever side they stood on."""

from dataclasses import replace

import krippendorff
import numpy as np
import pytest
from django.test import Client

from accounts.services import project_update
from tests.annotate.pairing import compare, make_pairs, prefer, skip, tie
from tests.factory import PASSWORD, Cast, bearer

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library/agreement/"
PAGE = "/projects/library/agreement/"


def test_it_equals_the_library_and_sides_play_no_part(client: Client, cast: Cast) -> None:
    project_update(project=cast.project, overlap=2)
    pairs = make_pairs(cast.project, queries=2, passages=6)
    headers = bearer(cast.reviewer)
    assert client.get(API, **headers).json()["preferences"] == {}
    said = [[0, 1, 2, 0, 0, 1, 2, 2, 0], [0, 1, 2, 1, 0, 1, 0, 2, 0]]
    for person, verdicts in zip((cast.annotator, cast.reviewer), said, strict=True):
        answers = [
            tie(pair) if verdict == 2 else prefer(pair, first=verdict == 0)
            for pair, verdict in zip(pairs, verdicts, strict=False)
        ]
        if person == cast.reviewer:  # the other way round on the screen
            answers = [
                replace(answer, left=pair.second_id)
                for pair, answer in zip(pairs, answers, strict=False)
            ]
        compare(cast.project, person, *answers, skip(pairs[9]))
    figures = client.get(API, **headers).json()["preferences"]
    assert set(figures) == {"percent", "cohen", "fleiss", "alpha_nominal"}
    assert figures["percent"]["value"] == pytest.approx(7 / 9)
    counts = {name: figures["percent"][name] for name in ("units", "pairs", "judges", "queries")}
    assert counts == {"units": 9, "pairs": 9, "judges": 2, "queries": 2}
    alpha = krippendorff.alpha(np.array(said), level_of_measurement="nominal")
    assert figures["alpha_nominal"]["value"] == pytest.approx(alpha)
    client.login(username=cast.reviewer.username, password=PASSWORD)
    page = client.get(PAGE).text
    assert "Of pairs that several compared" in page
    compare(cast.project, cast.annotator, prefer(pairs[6]))  # a change is measured anew
    assert client.get(API, **headers).json()["preferences"]["percent"]["value"] == 8 / 9
