"""Who judges or decides reads what came with a query: a topic's description and narrative."""

import re

import pytest
from django.test import Client

from accounts.services import project_update
from annotate.models import Passage, Query
from annotate.texts.about import query_about
from tests.annotate.judging import grade, record
from tests.factory import PASSWORD, Cast, bearer, make_annotator, make_queue

pytestmark = pytest.mark.django_db
TOPIC = {
    "author": "lisa",
    "year": 2019,
    "narrative": "Not <where> it only names the thing.",
    "description": "How the thing is done, step by step.",
}


def topic(**metadata: object) -> None:
    Query.objects.filter(external_id="q0").update(metadata=metadata)


def told(page: str) -> tuple[str, list[str]]:
    """Return how the page shows it: the attributes of its place, and names and texts."""
    place = r'<details class="about about-query" id="about-query"([^>]*)>(.*?)</details>'
    found = re.search(place, page, re.DOTALL)
    assert found
    return found[1].strip(), re.findall(r"<d[td][^>]*>(.*?)</d[td]>", found[2])


def test_description_and_narrative_come_first_and_are_open(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    client.login(username=cast.annotator.username, password=PASSWORD)
    page = "/projects/library/judge/"
    assert told(client.get(page).text) == ("hidden", [])
    topic(**TOPIC)
    shown = [
        *("description", "How the thing is done, step by step."),
        *("narrative", "Not &lt;where&gt; it only names the thing."),
        *("year", "2019", "author", "lisa"),
    ]
    assert told(client.get(page).text) == ("open", shown)
    assert told(client.get(f"{page}?layout=list").text) == ("open", shown)
    topic(narrative="It is a long story. " * 40)
    assert told(client.get(page).text)[0] == ""
    topic(author="lisa")
    assert told(client.get(page).text) == ("", ["author", "lisa"])


def test_a_reviewer_reads_it_where_they_decide(client: Client, cast: Cast) -> None:
    project_update(project=cast.project, overlap=2)
    [row, *_] = make_queue(cast.project)
    record(cast.project, cast.annotator, grade(row, 1))
    record(cast.project, make_annotator(cast.project, "ada"), grade(row, 0))
    topic(**TOPIC)
    client.login(username=cast.reviewer.username, password=PASSWORD)
    state, shown = told(client.get(f"/projects/library/adjudications/{row.pk}/").text)
    assert (state, shown[:2]) == ("open", ["description", TOPIC["description"]])


def test_the_page_of_a_query_lists_it(client: Client, cast: Cast) -> None:
    [row, *_] = make_queue(cast.project)
    topic(**TOPIC)
    Passage.objects.filter(pk=row.passage_id).update(metadata={"source": "handbook"})
    client.login(username=cast.annotator.username, password=PASSWORD)
    page = client.get(f"/projects/library/queries/{row.query_id}/").text
    first = f'<dt>description</dt><dd dir="auto">{TOPIC["description"]}</dd>'
    assert f'<dl class="facts told">{first}<dt>narrative</dt>' in page
    page = client.get(f"/projects/library/passages/{row.passage_id}/").text
    assert '<dt>source</dt><dd dir="auto">handbook</dd>' in page


def test_a_lease_carries_it(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    topic(**TOPIC)
    url = "/api/v1/projects/library/tasks/lease/"
    sent = client.post(url, {}, content_type="application/json", **bearer(cast.annotator))
    assert sent.json()["items"][0]["query"]["metadata"] == TOPIC


def test_names_are_known_in_any_case_and_values_of_any_kind() -> None:
    about = query_about({"a": ["x", 1], "Narrative": "n", "DESCRIPTION": "d", "b": None})
    assert about.rows == [
        ("DESCRIPTION", "d"),
        ("Narrative", "n"),
        ("a", '["x", 1]'),
        ("b", "null"),
    ]
    assert about.opened
