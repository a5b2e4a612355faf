"""Where checks are among the items, annotators and viewers read nothing that tells which."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import project_update
from annotate.models import Judgment, Lease
from annotate.selectors import checks, progress
from tests.annotate.checks import make_gold, set_queue, work
from tests.annotate.judging import grade, record, withdraw
from tests.factory import Cast, bearer, make_annotator, make_judgment, make_queue

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library"
PAGE = "/projects/library"
HOME = "/projects/"  # its cards


def mixed(cast: Cast, **fields: Any) -> list[Lease]:
    """Let the annotator judge among checks and repeats, some of it after a colleague."""
    rows = make_queue(cast.project, queries=8, passages=5)
    project_update(project=cast.project, overlap=2, **fields)
    colleague = make_annotator(cast.project, "colleague")
    for row in rows[::3]:
        make_judgment(row, colleague, 1)
    make_gold(cast.manager, *rows[20:36])
    set_queue(cast.project, gold_rate=0.25, repeat_rate=0.25, repeat_after=3)
    judged = work(cast.project, cast.annotator, 30, value=0)
    kinds = {lease.purpose for lease in judged}
    assert kinds == {"counted", "check", "repeat"}
    return judged


def figures(client: Client, user: User) -> list[str]:
    """Return what of progress a person reads anywhere, but for the number of their own answers."""
    client.force_login(user)
    pages = [client.get(f"{PAGE}/{path}").content.decode() for path in ("", "progress/")]
    pages.append(client.get(HOME, headers={"HX-Request": "true"}).content.decode())
    client.logout()
    told = [re.sub(r"Answers of yours.*?</tr>", "", page) for page in pages]
    cells = [re.findall(r"<(?:td|dd|p|strong)[^>]*>([^<]*\d[^<]*)<", page) for page in told]
    return [client.get(f"{API}/progress/", **bearer(user)).content.decode(), *map(str, cells)]


def test_figures_stand_still_whatever_an_answer_was(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = mixed(cast)
    begun = timezone.now()
    for module in (checks, progress):
        monkeypatch.setattr(module, "hour_begun", lambda: begun)
    people = (cast.annotator, cast.viewer)
    before = [figures(client, user) for user in people]
    held = Judgment.objects.counted().count()
    mine = Judgment.objects.given().filter(person=cast.annotator).order_by("created_at")
    record(cast.project, cast.annotator, *(withdraw(row.pk) for row in [*mine][:6]))
    assert Judgment.objects.counted().count() < held
    assert [figures(client, user) for user in people] == before
    work(cast.project, cast.annotator, 12)
    assert [figures(client, user) for user in people] == before
    own = client.get(f"{API}/progress/", **bearer(cast.annotator)).json()
    assert datetime.fromisoformat(own["counted_at"]) == begun
    assert own["judgments"] == held  # of that hour, undone since or not
    exact = client.get(f"{API}/progress/", **bearer(cast.reviewer)).json()
    assert exact["judgments"] == Judgment.objects.counted().count()
    assert len(judged) == 30


@pytest.mark.parametrize("path", ["progress/details/", "agreement/"])
def test_details_are_for_reviewers(client: Client, cast: Cast, path: str) -> None:
    assert client.get(f"{API}/{path}", **bearer(cast.annotator)).status_code == 200
    set_queue(cast.project, repeat_rate=0.1)
    for user, status in ((cast.annotator, 403), (cast.viewer, 403), (cast.reviewer, 200)):
        assert client.get(f"{API}/{path}", **bearer(user)).status_code == status
        client.force_login(user)
        assert client.get(f"{PAGE}/agreement/").status_code == status
        page = client.get(f"{PAGE}/progress/").content.decode()
        assert ("Judgments per day" in page) is (status == 200)
        client.logout()


def test_a_check_in_hand_keeps_them_hidden_when_the_rates_are_none_again(cast: Cast) -> None:
    row = make_queue(cast.project)[0]
    assert not checks.checks_among([cast.project.pk])
    make_gold(cast.manager, row)
    Lease.objects.create(
        candidate=row, person=cast.annotator, purpose="check",
        expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    assert checks.checks_among([cast.project.pk]) == {cast.project.pk}


@pytest.mark.parametrize("blind", [True, False])
def test_lists_show_the_newest_answer_of_ones_own_whatever_it_was(
    client: Client, cast: Cast, blind: bool
) -> None:
    judged = mixed(cast, blind=blind)
    name = cast.annotator.username
    newest = {str(lease.candidate_id): 0 for lease in judged}
    [again] = [lease.candidate_id for lease in judged if lease.purpose == "check"][:1]
    record(cast.project, cast.annotator, grade(again, 1))
    newest[str(again)] = 1
    for row in client.get(f"{API}/candidates/", **bearer(cast.annotator)).json()["results"]:
        own = [label for label in row["judgments"] if label["person"] == name]
        told = [(label["kind"], label["grade"]) for label in own]
        assert told == ([("counted", newest[row["id"]])] if row["id"] in newest else [])
        assert not blind or len(row["judgments"]) == len(own)  # others' would tell by being there
    client.force_login(cast.annotator)
    queries = {lease.candidate.query_id for lease in judged}
    pages = [f"{PAGE}/candidates/", *(f"{PAGE}/queries/{query}/" for query in queries)]
    tags = [client.get(page).content.decode().count(f"· {name}") for page in pages]
    assert tags[0] == sum(tags[1:]) == len(newest)


def test_others_appear_after_ones_own_where_no_checks_are(client: Client, cast: Cast) -> None:
    row = make_queue(cast.project)[0]
    project_update(project=cast.project, overlap=2)
    make_judgment(row, cast.reviewer, 1)
    record(cast.project, cast.annotator, grade(row, 0))
    [first, *_] = client.get(f"{API}/candidates/", **bearer(cast.annotator)).json()["results"]
    assert len(first["judgments"]) == 2


def test_exports_of_open_judging_are_for_reviewers_while_checks_are_among_the_items(
    client: Client, cast: Cast
) -> None:
    project_update(project=cast.project, blind=False)
    path = f"{API}/export/?format=jsonl"
    assert client.get(path, **bearer(cast.annotator)).status_code == 200
    set_queue(cast.project, gold_rate=0.1)
    for user, status in ((cast.annotator, 403), (cast.viewer, 403), (cast.reviewer, 200)):
        assert client.get(path, **bearer(user)).status_code == status
