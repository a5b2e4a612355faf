"""Agreement has figures for every member, names for managers and reviewers, and nothing for others:
as a page and by the API."""

import pytest
from django.test import Client

from accounts.services import project_update
from annotate.agreement.figures import MEASURES
from tests.annotate.judging import grade, record, skip
from tests.factory import (
    PASSWORD,
    Cast,
    bearer,
    make_label,
    make_proposal,
    make_queue,
)

PAGE = "/projects/library/agreement/"
PAIR = f"{PAGE}pair/"
API = "/api/v1/projects/library/agreement/"


@pytest.fixture
def judged(cast: Cast) -> Cast:
    """Two people judge 30 candidates of 10 queries, of which they dispute every fourth."""
    project_update(project=cast.project, overlap=2)
    queue = make_queue(cast.project, queries=10, passages=3)
    record(cast.project, cast.annotator, *(grade(row, at % 2) for at, row in enumerate(queue)))
    other = [grade(row, (at + (at % 4 == 0)) % 2) for at, row in enumerate(queue[:-1])]
    record(cast.project, cast.reviewer, *other, skip(queue[-1]))
    for at, row in enumerate(queue):
        make_label(row, at % 2)
        for number, run in enumerate(("bm25", "dense")):
            make_proposal(row, run, rank=(at * (number + 2)) % 3)
    return cast


def test_the_api_gives_each_figure_with_its_n_and_interval(client: Client, judged: Cast) -> None:
    body = client.get(API, **bearer(judged.manager)).json()
    assert (body["judgments"], body["judges"], body["candidates"]) == (59, 2, 30)
    assert (body["current"], body["measuring"]) == (True, False)
    assert set(body["figures"]) == set(MEASURES)
    percent = body["figures"]["percent"]
    assert percent["value"] == pytest.approx(21 / 29)  # the skip is no judgment
    assert percent["low"] < percent["value"] < percent["high"]
    assert [percent[key] for key in ("units", "pairs", "judges", "queries")] == [29, 29, 2, 10]
    [pair] = body["pairs"]
    assert {pair["one"]["name"], pair["other"]["name"]} == {"library-annotator", "library-reviewer"}
    assert sum(map(sum, pair["table"])) == 29
    assert [run["run"] for run in pair["rankings"]["runs"]] == ["bm25", "dense"]
    assert pair["rankings"]["tau"]["queries"] == 10
    assert [each["grade"] for each in body["grades"]] == [0, 1]
    assert body["advice"]


def test_import_sources_are_judges_where_they_are_asked_for(client: Client, judged: Cast) -> None:
    body = client.get(API, {"with_imported": "true"}, **bearer(judged.manager)).json()
    assert (body["judges"], body["pairs_total"], body["judgments"]) == (3, 3, 89)
    sources = [pair["one"] for pair in body["pairs"] if pair["one"]["imported"]]
    assert sources == [{"name": "labels", "imported": True}] * 2
    unknown = client.get(API, {"imported": "1"}, **bearer(judged.manager))
    assert (unknown.status_code, list(unknown.json()["errors"])) == (400, ["imported"])


@pytest.mark.parametrize("role", ["annotator", "viewer"])
def test_who_reviews_nothing_sees_figures_without_names(
    client: Client, judged: Cast, role: str
) -> None:
    user = getattr(judged, role)
    body = client.get(API, **bearer(user)).json()
    assert body["figures"]["percent"]["units"] == 29
    assert (body["pairs"], body["pairs_total"], body["conflicts"]) == ([], 1, [])
    client.login(username=user.username, password=PASSWORD)
    page = client.get(PAGE).content.decode()
    assert "Managers and reviewers see who agrees with whom" in page
    assert "library-reviewer" not in page
    assert client.get(PAIR).status_code == 403


def test_others_see_nothing(client: Client, judged: Cast) -> None:
    assert client.get(API).status_code == 401
    assert client.get(API, **bearer(judged.outsider)).status_code == 404
    assert client.post(API, **bearer(judged.manager)).status_code == 405
    for path in (PAGE, PAIR):
        assert client.get(path).status_code == 302
    client.login(username=judged.outsider.username, password=PASSWORD)
    for path in (PAGE, PAIR):
        assert client.get(path).status_code == 404
        assert client.post(path).status_code == 405


def test_the_pages_show_what_the_api_gives(client: Client, judged: Cast) -> None:
    client.login(username=judged.reviewer.username, password=PASSWORD)
    page = client.get(PAGE, {"measure": "percent"}).content.decode()
    for text in ("Percent agreement", "Krippendorff&#x27;s alpha, ordinal", "0.724", "n = 29"):
        assert text in page
    two = {"one": judged.reviewer.pk, "other": judged.annotator.pk}
    pair = client.get(PAIR, two).content.decode()
    assert "Who gave which grade" in pair
    assert "dense" in pair
    assert client.get(PAIR, {**two, "one": judged.owner.pk}).status_code == 404
    assert client.get(PAIR).status_code == 404


def test_a_project_that_nobody_judged_says_so(client: Client, cast: Cast) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    page = client.get(PAGE).content.decode()
    assert "Nobody can be compared yet" in page
    assert "not defined, because no candidate has judgments of two people" in page.lower()
