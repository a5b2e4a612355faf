"""The judging page as the server renders it: item, end, waiting, empty, closed; and who may not."""

import re
import uuid

from django.test import Client
from django.utils import timezone

from accounts.services import project_update
from annotate.models import Judgment, Lease
from annotate.services.leasing import tasks_lease
from tests.annotate.judging import grade, record, skip, withdraw
from tests.factory import PASSWORD, Cast, make_queue

PAGE = "/projects/library/judge/"
ANSWER = "/projects/library/judge/answer/"
SKIPPED = "/projects/library/judge/skipped/"


def as_annotator(client: Client, cast: Cast) -> Client:
    client.login(username=cast.annotator.username, password=PASSWORD)
    return client


def shown(client: Client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    return response.content.decode()


def test_it_shows_one_item_and_leases_one(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    page = shown(as_annotator(client, cast))
    assert "Passage 0 about thing 0." in page
    assert "Passage 1 about" not in page
    assert shown(client).count("Passage 0 about thing 0.") == page.count("Passage 0 about thing 0.")
    assert Lease.objects.count() == 1


def test_a_posted_answer_counts_once_however_often_it_is_sent(client: Client, cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    as_annotator(client, cast)
    form = {"id": str(uuid.uuid4()), "candidate": item.pk, "grade": 1, "revision": 1}
    for _ in range(2):
        assert client.post(ANSWER, form).headers["Location"] == PAGE
    assert Judgment.objects.counted().count() == 1
    assert "This id has been used" in client.post(ANSWER, {**form, "grade": 0}, follow=True).text


def test_a_malformed_answer_is_told(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    page = as_annotator(client, cast).post(ANSWER, {"id": "x", "grade": "y"}, follow=True)
    assert "could not be read" in page.text
    assert not Judgment.objects.exists()


def test_the_end_the_waiting_the_empty_and_the_closed_state(client: Client, cast: Cast) -> None:
    as_annotator(client, cast)
    assert "There is nothing to judge yet" in shown(client)
    [first, second] = make_queue(cast.project, 1, 2)
    record(cast.project, cast.annotator, grade(first, 1))
    tasks_lease(project=cast.project, person=cast.reviewer, count=1)
    assert "Colleagues hold the 1 candidate that" in shown(client)
    record(cast.project, cast.reviewer, grade(second, 1))
    page = shown(client)
    assert "You have judged everything that is open to you" in page
    assert "Your 1 answer in this project" in page
    project_update(project=cast.project, closed_at=timezone.now())
    assert "This project is closed" in shown(client)


def test_what_was_skipped_is_offered_again_with_its_answer(client: Client, cast: Cast) -> None:
    first, second, third = make_queue(cast.project, 1, 3)
    record(cast.project, cast.annotator, skip(first, "The query is unclear"), skip(second))
    record(cast.project, cast.annotator, skip(third))
    record(cast.project, cast.reviewer, grade(third, 1))
    page = shown(as_annotator(client, cast))
    assert "All that is left for you is what you skipped" in page
    assert "Look at the 2 you skipped" in page  # the third has its judgment
    client.get(SKIPPED)
    assert Judgment.objects.skips().count() == 3  # looking changes nothing
    page = client.post(SKIPPED, follow=True).text
    assert "Passage 0 about thing 0." in page
    assert "<option selected>The query is unclear</option>" in page
    assert 'class="tool earlier" name="skip"' in page
    assert set(Judgment.objects.skips().values_list("candidate", flat=True)) == {third.pk}
    record(cast.project, cast.annotator, grade(first, 1), grade(second, 0))
    assert "You have judged everything that is open to you" in shown(client)
    assert "Nothing that you skipped waits" in client.post(SKIPPED, follow=True).text


def test_an_answer_that_was_taken_back_stands_in_its_form(client: Client, cast: Cast) -> None:
    [item, *_] = make_queue(cast.project, 1, 2)
    answer = grade(item, 1, comment="half of <it>", flagged=True)
    record(cast.project, cast.annotator, answer, withdraw(answer.id))
    page = shown(as_annotator(client, cast))
    assert "half of &lt;it&gt;</textarea>" in page
    assert 'aria-keyshortcuts="f" checked' in page
    assert re.findall(r'earlier" name="grade" value="(\d)"', page) == ["1"]


def test_a_waiting_page_asks_until_something_is_free(client: Client, cast: Cast) -> None:
    [item] = make_queue(cast.project, 1, 1)
    [lease] = tasks_lease(project=cast.project, person=cast.reviewer, count=1)
    page = shown(as_annotator(client, cast))
    assert f'hx-get="{PAGE}"' in page
    waiting = client.get(PAGE, headers={"HX-Request": "true"})
    assert (waiting.status_code, "HX-Refresh" in waiting.headers) == (204, False)
    lease.delete()
    assert client.get(PAGE, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert not Lease.objects.exists()  # asking takes nothing: the page is asked for after it
    tasks_lease(project=cast.project, person=cast.reviewer, count=1)
    record(cast.project, cast.reviewer, grade(item, 1))
    assert client.get(PAGE, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_a_blind_page_says_nothing_of_others(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    as_annotator(client, cast)
    assert "Runs and labels of others" not in shown(client)
    project_update(project=cast.project, blind=False)
    assert "Runs and labels of others" in shown(client)


def test_who_may_not(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    for url, send in ((PAGE, client.get), (ANSWER, client.post)):
        client.logout()
        assert send(url).headers["Location"].startswith("/accounts/login/")
        client.login(username=cast.outsider.username, password=PASSWORD)
        assert send(url).status_code == 404
        client.login(username=cast.viewer.username, password=PASSWORD)
        assert send(url).status_code == 403
    as_annotator(client, cast)
    assert client.post(PAGE).status_code == 405
    assert client.get(ANSWER).status_code == 405
