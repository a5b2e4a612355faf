"""Finishing gives back what is held and sums up; the layout is remembered; who may not."""

from django.test import Client

from annotate.models import Lease
from annotate.services.leasing import tasks_lease
from tests.annotate.judging import grade, record, withdraw
from tests.factory import PASSWORD, Cast, make_queue

PAGE = "/projects/library/judge/"
FINISH = f"{PAGE}finish/"
DONE = f"{PAGE}done/"


def test_what_is_held_is_free_and_what_was_undone_stays(client: Client, cast: Cast) -> None:
    first, *_ = make_queue(cast.project)
    answer = grade(first, 1, seconds=70)
    record(cast.project, cast.annotator, answer, withdraw(answer.id))
    tasks_lease(project=cast.project, person=cast.annotator, count=4)
    tasks_lease(project=cast.project, person=cast.reviewer, count=1)
    client.login(username=cast.annotator.username, password=PASSWORD)
    response = client.post(FINISH)
    assert response.headers["Location"] == DONE
    left = Lease.objects.values_list("person__username", "candidate")
    assert {name for name, _ in left} == {cast.annotator.username, cast.reviewer.username}
    assert (cast.annotator.username, first.pk) in left
    assert len(left) == 2
    record(cast.project, cast.annotator, grade(first, 1, seconds=70))
    page = client.get(DONE).text
    assert "That was it for now" in page
    assert "1 min" in page
    assert f'href="{PAGE}"' in page
    assert not Lease.objects.filter(person=cast.annotator).exists()  # looking takes nothing


def test_the_layout_is_remembered(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    client.login(username=cast.annotator.username, password=PASSWORD)
    assert 'id="rows"' not in client.get(PAGE).text
    assert 'id="rows"' in client.get(f"{PAGE}?layout=list").text
    assert Lease.objects.count() == 3  # the query as a whole
    page = client.get(PAGE).text
    assert 'id="rows"' in page
    assert 'href="?layout=one"' in page
    assert 'id="rows"' in client.get(f"{PAGE}?layout=sideways").text
    assert 'id="rows"' not in client.get(f"{PAGE}?layout=one").text


def test_who_may_not(client: Client, cast: Cast) -> None:
    for url, send in ((FINISH, client.post), (DONE, client.get)):
        client.logout()
        assert send(url).headers["Location"].startswith("/accounts/login/")
        client.login(username=cast.outsider.username, password=PASSWORD)
        assert send(url).status_code == 404
        client.login(username=cast.viewer.username, password=PASSWORD)
        assert send(url).status_code == 403
    client.login(username=cast.annotator.username, password=PASSWORD)
    assert client.get(FINISH).status_code == 405
    assert client.post(DONE).status_code == 405
