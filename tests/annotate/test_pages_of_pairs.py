"""The judging page in pairs as the server renders it, and the page on which managers ask for it."""

import re
import uuid

import pytest
from django.test import Client

from annotate.models import PairLease, Preference
from annotate.services.pairing import pairs_of, pairs_update
from tests.annotate.pairing import compare, leased, make_pairs, prefer, skip, tie, withdraw
from tests.factory import PASSWORD, Cast, make_queue

pytestmark = pytest.mark.django_db
PAGE = "/projects/library/judge/"
PAIRS = f"{PAGE}?layout=pairs"
ANSWER = "/projects/library/judge/pairs/answer/"
SKIPPED = "/projects/library/judge/pairs/skipped/"
SETTINGS = "/projects/library/queue/pairs/"


def logged_in(client: Client, name: str) -> Client:
    assert client.login(username=name, password=PASSWORD)
    return client


def test_a_project_without_pairs_has_two_layouts(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    logged_in(client, cast.annotator.username)
    page = client.get(f"{PAGE}?layout=list").text
    assert 'href="?layout=one"' in page
    assert "Passage 0 about" in client.get(PAIRS).text  # one by one, or as before
    assert 'class="side"' not in client.get(PAIRS).text
    make_pairs(cast.outsider.memberships.get().project)
    pairs_update(project=cast.project, on=True)
    assert 'href="?layout=pairs"' in client.get(f"{PAGE}?layout=list").text
    assert "There are no pairs yet" in client.get(PAIRS).text  # they are being made


def test_forms_answer_undo_and_tell(client: Client, cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    logged_in(client, cast.annotator.username)
    page = client.get(PAIRS).text
    given = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    form = {**given, "id": str(uuid.uuid4()), "verdict": "right", "comment": "c", "flagged": "1"}
    assert client.post(ANSWER, form).headers["Location"] == PAGE
    row = Preference.objects.counted().get()
    assert (str(row.preferred_id), str(row.left_id)) == (given["right"], given["left"])
    told = client.post(ANSWER, {**form, "verdict": "tie"}, follow=True).text
    assert "This id has been used" in told
    assert "could not be read" in client.post(ANSWER, {"id": "x"}, follow=True).text
    client.post(ANSWER, {"id": str(uuid.uuid4()), "withdraw": row.pk})
    page = client.get(PAGE).text
    assert re.findall(r'earlier" name="verdict" value="(\w+)"', page) == ["right"]
    assert 'aria-keyshortcuts="f" checked' in page
    held = set(PairLease.objects.values_list("pair", flat=True))
    assert held == {pair.pk, other.pk}  # what was undone, and what was shown meanwhile


def test_the_end_the_waiting_and_the_skipped_state(client: Client, cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    logged_in(client, cast.annotator.username)
    compare(cast.project, cast.annotator, skip(pair))
    leased(cast.project, cast.reviewer, 2)
    page = client.get(PAIRS).text
    assert "Colleagues hold the 1 pair that" in page
    assert client.get(PAGE, headers={"HX-Request": "true"}).status_code == 204
    compare(cast.project, cast.reviewer, tie(other))
    PairLease.objects.all().delete()
    assert "All that is left for you is what you skipped" in client.get(PAGE).text
    assert "Passage" in client.post(SKIPPED, follow=True).text
    compare(cast.project, cast.annotator, prefer(pair))
    page = client.get(PAGE).text
    assert "You have compared every pair" in page
    assert "Your 1 answer on pairs" in page
    assert "Nothing that you skipped waits" in client.post(SKIPPED, follow=True).text
    leased(cast.project, cast.annotator)
    [undone] = Preference.objects.counted().filter(person=cast.annotator)
    compare(cast.project, cast.annotator, withdraw(undone.pk), prefer(pair))
    page = client.post("/projects/library/judge/finish/", follow=True).text
    assert "That was it for now" in page
    assert "Go on comparing" in page


@pytest.mark.parametrize("url", [ANSWER, SKIPPED, f"{SETTINGS}make/"])
def test_who_may_not_post(client: Client, cast: Cast, url: str) -> None:
    manages = url.startswith(SETTINGS)
    low = cast.annotator if manages else cast.viewer
    assert "/accounts/login/" in client.post(url).headers["Location"]
    assert logged_in(client, cast.outsider.username).post(url).status_code == 404
    assert logged_in(client, low.username).post(url).status_code == 403
    good = logged_in(client, cast.manager.username)
    assert good.post(url).status_code == 302
    assert good.get(url).status_code == 405


def test_managers_turn_pairs_on(client: Client, cast: Cast) -> None:
    assert "/accounts/login/" in client.get(SETTINGS).headers["Location"]
    assert logged_in(client, cast.outsider.username).get(SETTINGS).status_code == 404
    assert logged_in(client, cast.annotator.username).get(SETTINGS).status_code == 403
    logged_in(client, cast.manager.username)
    assert client.delete(SETTINGS).status_code == 405
    assert f'href="{SETTINGS}"' in client.get("/projects/library/queue/").text
    form = {"on": "on", "scheme": "all", "depth": "1"}
    assert "greater than or equal to 2" in client.post(SETTINGS, form).text
    assert client.post(SETTINGS, {**form, "depth": 4}).status_code == 302
    found = pairs_of(cast.project)
    assert (found.on, found.scheme, found.depth, found.status) == (True, "all", 4, "queued")
    page = client.get(SETTINGS).text
    assert "The pairs are being made" in page
    assert "are being made anew" in client.post(f"{SETTINGS}make/", follow=True).text
    client.post(SETTINGS, {"scheme": "all", "depth": 4})
    assert "has no pairs compared" in client.post(f"{SETTINGS}make/", follow=True).text
