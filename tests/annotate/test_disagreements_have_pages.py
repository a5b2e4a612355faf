"""The reviewers' pages: the list, and a case whose names are hidden until it is decided."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.services import project_update
from annotate.models import Candidate, Judgment
from tests.annotate.judging import decide, grade, record, reword_passage
from tests.factory import PASSWORD, Cast, make_annotator, make_proposal, make_queue

pytestmark = pytest.mark.django_db
LIST = "/projects/library/adjudications/"


@pytest.fixture
def rows(cast: Cast) -> list[Candidate]:
    """Two candidates that two people see differently, the second one further down."""
    project_update(project=cast.project, overlap=2)
    found = make_queue(cast.project)[:2]
    ada = make_annotator(cast.project, "ada")
    for rank, row in enumerate(found, start=1):
        make_proposal(row, "search", rank=rank)
        record(cast.project, ada, grade(row, 0, comment="Off topic.", evidence=((0, 7), (8, 9))))
        record(cast.project, cast.annotator, grade(row, 1, seconds=2.5, evidence=((4, 9),)))
    return found


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def post(client: Client, item: Candidate, **fields: Any) -> Any:
    body = {"id": uuid.uuid4(), "revision": 1, "query_revision": 1, **fields}
    return client.post(f"{LIST}{item.pk}/", body)


def test_names_are_hidden_until_it_is_decided(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    client.login(username=cast.reviewer.username, password=PASSWORD)
    hidden = text(client, f"{LIST}{rows[0].pk}/")
    assert "Judge A" in hidden
    assert "ada" not in re.sub("adapt|read|head|shadow|[0-9a-f-]{36}", "", hidden)
    assert "Off topic." in hidden
    assert '<mark class="evidence line-0">Pass</mark>' in hidden
    assert '<mark class="evidence line-0">age</mark><sup' in hidden
    assert "rank 1" in hidden
    assert "ada" in text(client, f"{LIST}{rows[0].pk}/?names=shown")
    decide(cast.project, cast.reviewer, rows[0])
    decided = text(client, f"{LIST}{rows[0].pk}/")
    assert "decided by You" in decided
    assert "ada" in decided


def test_a_decision_leads_to_the_next_and_can_be_revised_and_taken_back(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    client.login(username=cast.reviewer.username, password=PASSWORD)
    answer = post(
        client, rows[0], grade=1, quick="The evidence shows it", words="Line 2", seconds=4
    )
    assert answer.url == f"{LIST}{rows[1].pk}/?after={rows[0].pk}"
    row = Judgment.objects.adjudications().get()
    assert (row.comment, row.seconds) == ("The evidence shows it. Line 2", 4)
    assert "Back to the last decision" in text(client, answer.url)
    lost = post(client, rows[0], grade=0, words="I came late.")
    assert lost.url == f"{LIST}{rows[0].pk}/"
    assert "You" in text(client, lost.url)
    post(client, rows[0], grade=0, words="On second thought.", replaces=row.pk)
    second = Judgment.objects.adjudications().get()
    post(client, rows[0], withdraw=1, words="Ask again.", replaces=second.pk)
    assert not Judgment.objects.adjudications().exists()
    history = text(client, f"{LIST}{rows[0].pk}/?names=shown")
    assert "Took the adjudication back" in history
    assert "The whole history, 5 entries" in history


def test_what_lacks_a_reason_keeps_what_was_typed(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    client.login(username=cast.reviewer.username, password=PASSWORD)
    assert "Say why" in post(client, rows[0], grade=1).content.decode()
    kept = post(client, rows[0], words="Typed already.").content.decode()
    assert "Choose a grade." in kept
    assert "Typed already." in kept
    reword_passage(rows[0].passage, "Said otherwise.")
    stale = post(client, rows[0], grade=1, words="x")
    assert "was edited meanwhile" in text(client, stale.url)
    assert not Judgment.objects.adjudications().exists()


def test_the_list_is_filtered_paged_and_says_its_n(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    client.login(username=cast.reviewer.username, password=PASSWORD)
    page = text(client, LIST)
    assert "2 candidates" in page
    assert page.index(f"{LIST}{rows[0].pk}/") < page.index(f"{LIST}{rows[1].pk}/")
    assert "No candidate matches." in text(client, f"{LIST}?q=nothing")
    assert "Nothing is adjudicated yet." in text(client, f"{LIST}?state=done")
    assert "2 candidates" in text(client, f"{LIST}?judge=ada&show=crossing")
    assert "0 candidates" in text(client, f"{LIST}?judge={cast.owner.username}")
    first = text(client, f"{LIST}?page_size=1")
    [onward] = re.findall(r'rel="next" href="([^"]*)"', first)
    assert f"{LIST}{rows[1].pk}/" in text(client, onward.replace("&amp;", "&"))
    assert client.get(f"{LIST}?cursor=x")["Location"] == f"{LIST}?"
    assert "Disagreements" in text(client, "/projects/library/")


def test_only_reviewers_and_above_see_them(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    urls = (LIST, f"{LIST}{rows[0].pk}/")
    for url in urls:
        assert client.get(url)["Location"].startswith("/accounts/login/")
    for user, code in ((cast.outsider, 404), (cast.annotator, 403), (cast.reviewer, 200)):
        client.login(username=user.username, password=PASSWORD)
        for url in urls:
            assert client.get(url).status_code == code
        assert post(client, rows[0]).status_code == code
    assert "Disagreements" in text(client, "/projects/library/")
    assert client.get(f"{LIST}{rows[1].pk + 999}/").status_code == 404
    assert client.post(LIST).status_code == 405
    assert client.put(urls[1]).status_code == 405
    client.login(username=cast.annotator.username, password=PASSWORD)
    assert "Disagreements" not in text(client, "/projects/library/")
