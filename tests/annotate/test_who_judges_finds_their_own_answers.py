"""My answers: a person's own, newest first, narrowed, and answered anew; nobody else's."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.services import project_update
from annotate.models import Candidate, Judgment, Kind, Lease, Purpose
from tests.annotate.checks import make_gold
from tests.annotate.judging import counted, grade, record, reword_passage, skip
from tests.factory import PASSWORD, Cast, make_queue

pytestmark = pytest.mark.django_db
LIST = "/projects/library/judge/answers/"


@pytest.fixture
def rows(client: Client, cast: Cast) -> list[Candidate]:
    """Four answers of the annotator's, and one of a colleague's."""
    found = make_queue(cast.project, 2, 3)
    record(cast.project, cast.annotator, grade(found[0], 1, comment="hard <case>"))
    record(cast.project, cast.annotator, skip(found[1], "I lack the knowledge"))
    record(cast.project, cast.annotator, grade(found[2], 0, flagged=True))
    record(cast.project, cast.annotator, grade(found[3], 1, evidence=((0, 7),)))
    record(cast.project, cast.reviewer, grade(found[4], 1))
    client.login(username=cast.annotator.username, password=PASSWORD)
    return found


def listed(client: Client, rows: list[Candidate], **wish: Any) -> list[int]:
    """Return which of the rows the page lists, in its order."""
    page = client.get(LIST, wish)
    assert page.status_code == 200
    places = {row.pk: place for place, row in enumerate(rows)}
    return [places[int(pk)] for pk in re.findall(rf'href="{LIST}(\d+)/', page.text)]


def send(client: Client, row: Candidate, **fields: Any) -> str:
    body = {"id": uuid.uuid4(), "revision": 1, "query_revision": 1, **fields}
    return client.post(f"{LIST}{row.pk}/?show=flagged", body, follow=True).text


def test_it_lists_them_newest_first_and_narrowed(client: Client, rows: list[Candidate]) -> None:
    assert listed(client, rows) == [3, 2, 1, 0]
    assert listed(client, rows, grade=1) == [3, 0]
    assert listed(client, rows, show="skipped") == [1]
    assert listed(client, rows, show="flagged") == [2]
    assert listed(client, rows, q="do thing 1") == [3]  # the query's words
    assert listed(client, rows, q="passage 2") == [2]  # the passage's
    assert listed(client, rows, q="nowhere") == []
    assert listed(client, rows, show="x", grade="y") == [3, 2, 1, 0]
    page = client.get(LIST).text
    assert "hard &lt;case&gt;" in page
    assert "Skipped: I lack the knowledge" in page


def test_pages_follow_one_another(client: Client, rows: list[Candidate]) -> None:
    page = client.get(LIST, {"page_size": 3}).text
    [older] = re.findall(r'rel="next" href="([^"]*)"', page)
    rest = client.get(older.replace("&amp;", "&")).text
    assert re.findall(rf'href="{LIST}(\d+)/', rest) == [str(rows[0].pk)]
    assert listed(client, rows, cursor="nonsense") == [3, 2, 1, 0]


def test_an_answer_is_changed_and_its_evidence_stays(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    page = client.get(f"{LIST}{rows[3].pk}/").text
    assert '<q dir="auto">Passage</q>' in page
    assert 'tone-4 earlier" name="grade" value="1"' in page
    told = send(client, rows[3], grade=0, comment="after all", flagged=1)
    assert "Your answer is now: Not relevant." in told
    assert "Flagged" in told  # back in the list as it was narrowed
    assert counted(rows[3]) == [("library-annotator", 0)]
    new = Judgment.objects.counted().get(candidate=rows[3])
    assert (new.comment, new.flagged, new.evidence) == ("after all", True, [[0, 7]])
    assert new.replaces is not None
    assert "It is skipped now." in send(client, rows[3], skip=1, reason="The query is unclear")
    assert counted(rows[3]) == []


def test_what_changed_meanwhile_is_said(client: Client, cast: Cast, rows: list[Candidate]) -> None:
    assert "could not be read" in send(client, rows[0], grade="y")
    assert "could not be read" in send(client, rows[0], withdraw=uuid.uuid4())
    reword_passage(rows[3].passage, "Another text.")
    assert "This passage was edited" in client.get(f"{LIST}{rows[3].pk}/").text
    assert "was edited meanwhile" in send(client, rows[3], grade=0)
    send(client, rows[3], grade=0, revision=2)
    assert Judgment.objects.get(candidate=rows[3], current=True).evidence == []  # of the old text
    Candidate.objects.filter(pk=rows[0].pk).update(withdrawn_at=timezone.now())
    assert listed(client, rows) == [3, 2, 1]
    assert "Withdrawn since" in client.get(LIST).text
    project_update(project=cast.project, closed_at=timezone.now())
    assert "This project is closed." in send(client, rows[2], grade=1)
    assert 'name="grade" value' not in client.get(f"{LIST}{rows[2].pk}/").text


def test_an_answer_to_a_check_looks_like_any_other(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    make_gold(cast.manager, rows[5])
    Lease.objects.create(
        candidate=rows[5], person=cast.annotator, purpose=Purpose.CHECK, expires_at=timezone.now()
    )
    [done] = record(cast.project, cast.annotator, grade(rows[5], 1))
    assert done.judgment is not None
    assert done.judgment.kind == Kind.CHECK
    page = client.get(LIST).text
    assert listed(client, rows)[0] == 5
    assert not re.search(r"check|gold", page.split("<main")[1], re.IGNORECASE)


def test_who_may_not(client: Client, cast: Cast, rows: list[Candidate]) -> None:
    assert client.get(f"{LIST}{rows[4].pk}/").status_code == 404  # a colleague's
    assert client.post(f"{LIST}{rows[4].pk}/").status_code == 404
    assert client.post(LIST).status_code == 405
    assert client.put(f"{LIST}{rows[0].pk}/").status_code == 405
    for url in (LIST, f"{LIST}{rows[0].pk}/"):
        client.login(username=cast.outsider.username, password=PASSWORD)
        assert client.get(url).status_code == 404
        client.login(username=cast.viewer.username, password=PASSWORD)
        assert client.get(url).status_code == 403
        client.logout()
        assert client.get(url).headers["Location"].startswith("/accounts/login/")


def test_it_is_linked_where_people_look(client: Client, rows: list[Candidate]) -> None:
    for url in ("/projects/library/judge/", "/projects/library/judge/done/", "/projects/library/"):
        assert f'href="{LIST}"' in client.get(url).text
