"""An empty wish assigns nothing and frees nothing; who frees many is asked with their number."""

from typing import Any

import pytest
from django.test import Client

from annotate.models import Query
from annotate.services.assigning import queries_assign
from tests.factory import Cast, bearer, make_queue

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library/assignments/"
PAGE = "/projects/library/queue/assignments/"


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """Of three queries two are the annotator's."""
    make_queue(cast.project, queries=3, passages=1)
    queries = cast.project.queries.filter(external_id__in=["q0", "q1"])
    queries_assign(project=cast.project, queries=queries, people=[cast.annotator], by=cast.manager)
    return cast


def assigned() -> int:
    return Query.objects.exclude(lane=0).count()


def test_an_empty_form_is_answered_with_what_is_missing(client: Client, cast: Cast) -> None:
    client.force_login(cast.manager)
    for form in ({}, {"q": "thing"}):
        page = client.post(PAGE, form)
        assert (page.status_code, assigned()) == (200, 2)
        assert "Choose people or groups, or give" in page.content.decode()
    both = {"people": [cast.annotator.username], "everybody": "on"}
    assert "not both" in client.post(PAGE, both).content.decode()


@pytest.mark.parametrize(
    ("wish", "question", "after"),
    [
        ({"everybody": "on"}, "Give 3 queries back to everybody?", 0),
        ({"everybody": "on", "q": "thing 1"}, "Give 1 query back to everybody?", 1),
        ({"people": ["library-reviewer"]}, "Assign 3 queries?", 3),
    ],
)
def test_much_is_asked_about_with_its_number(
    client: Client, cast: Cast, wish: dict[str, Any], question: str, after: int
) -> None:
    client.force_login(cast.manager)
    page = client.post(PAGE, wish).content.decode()
    assert question in page
    assert assigned() == 2
    number = question.split()[1]
    assert f'name="agreed" value="{number}"' in page
    for name, value in (("q", wish.get("q")), ("people", wish.get("people", [""])[0])):
        assert not value or f'name="{name}" value="{value}"' in page
    assert question in client.post(PAGE, {**wish, "agreed": "2"}).content.decode()
    assert client.post(PAGE, {**wish, "agreed": number}).status_code == 302
    assert assigned() == after


def test_one_query_for_one_person_needs_no_question(client: Client, cast: Cast) -> None:
    client.force_login(cast.manager)
    wish = {"q": "q2", "people": [cast.annotator.username]}
    assert client.post(PAGE, wish, follow=True).content.decode().count("1 query was assigned") == 1
    assert assigned() == 3


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({}, "queries"),
        ({"people": ["library-annotator"]}, "queries"),
        ({"queries": [], "everybody": True}, "queries"),
        ({"q": "", "everybody": True}, "queries"),
        ({"show": "opne", "everybody": True}, "show"),
        ({"all": True, "q": "thing", "everybody": True}, "all"),
        ({"all": True}, "people"),
        ({"all": True, "people": ["library-annotator"], "everybody": True}, "people"),
        ({"all": True, "people": ["library-outsider"]}, "people"),
        ({"queries": [10**9], "everybody": True}, "queries"),
    ],
)
def test_a_vague_or_foreign_wish_is_refused(
    client: Client, cast: Cast, wish: dict[str, Any], field: str
) -> None:
    answer = client.post(API, wish, "application/json", **bearer(cast.manager))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert assigned() == 2


def test_everything_is_given_back_in_so_many_words(client: Client, cast: Cast) -> None:
    wish = {"all": True, "everybody": True}
    answer = client.post(API, wish, "application/json", **bearer(cast.manager))
    assert (answer.json(), assigned()) == ({"queries": 2}, 0)


def test_ids_of_another_project_are_refused(client: Client, cast: Cast) -> None:
    foreign = make_queue(cast.outsider.memberships.get().project, 1, 1)[0].query
    own = cast.project.queries.order_by("pk")[2]
    wish = {"queries": [own.pk, foreign.pk], "people": [cast.annotator.username]}
    answer = client.post(API, wish, "application/json", **bearer(cast.manager))
    assert answer.status_code == 400
    assert str(foreign.pk) in str(answer.json()["errors"]["queries"])
    assert assigned() == 2
