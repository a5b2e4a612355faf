"""What a list shows is withdrawn, made gold or assigned at once: the chosen ones, or all."""

from typing import Any

import pytest
from django.test import Client

from accounts.services import member_remove
from annotate.models import Bulk, BulkStatus, Candidate
from annotate.services import bulk as bulks
from annotate.services.bulk import bulk_run, bulks_requeue
from annotate.services.indexing import passages_read
from tests.annotate.bells import bells_taken
from tests.annotate.judging import decide
from tests.factory import Cast, bearer, make_label, make_queue

API = "/api/v1/projects/library/bulk/"
LIST = "/projects/library/candidates/"
TASK = "annotate.tasks.bulk_run"


@pytest.fixture
def rows(cast: Cast) -> list[Candidate]:
    rows = make_queue(cast.project, queries=3, passages=4)
    for row in rows[:5]:
        make_label(row, grade=1)
    passages_read()
    return rows


def left(cast: Cast) -> int:
    return cast.project.candidates.filter(withdrawn_at=None).count()


@pytest.mark.django_db(transaction=True)
def test_all_that_match_are_withdrawn_by_a_worker(
    client: Client, cast: Cast, rows: list[Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulks, "_BLOCK", 2)
    client.force_login(cast.manager)
    bells_taken()
    form = {"which": "all", "deed": "withdraw", "reason": "Off topic.", "parameters": "show=judged"}
    answer = client.post(f"{LIST}bulk/", form)
    bulk = Bulk.objects.get()
    assert answer["Location"] == f"/projects/library/bulk/{bulk.pk}/"
    assert "Queued" in client.get(answer["Location"]).content.decode()
    bulks_requeue()
    assert bells_taken() == [(TASK, bulk.pk)] * 2
    assert left(cast) == 12
    for _ in range(2):  # a message may come twice
        bulk_run(bulk_id=bulk.pk)
    bulk.refresh_from_db()
    assert (bulk.status, bulk.changed, left(cast)) == (BulkStatus.SUCCEEDED, 5, 7)
    page = client.get(answer["Location"]).content.decode()
    assert "5 changed" in page
    assert "hx-trigger" not in page
    assert cast.project.corpus_changes.count() == 3  # a log entry for each block


@pytest.mark.django_db(transaction=True)
def test_chosen_ones_become_gold_and_queries_are_assigned(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    client.force_login(cast.owner)
    form = {"which": "chosen", "deed": "gold", "grade": "1", "keys": [rows[0].pk, rows[7].pk]}
    client.post(f"{LIST}bulk/", form)
    wish = {"listed": "queries", "deed": "assign", "people": [cast.annotator.username],
            "parameters": {"q": "thing 1"}}  # fmt: skip
    assert client.post(API, wish, "application/json", **bearer(cast.owner)).status_code == 202
    for bulk in Bulk.objects.all():
        bulk_run(bulk_id=bulk.pk)
    assert set(cast.project.golds.values_list("candidate", flat=True)) == {rows[0].pk, rows[7].pk}
    assert cast.project.queries.exclude(lane=0).count() == 1
    found = client.get(API, **bearer(cast.owner)).json()["results"]
    assert [(each["status"], each["changed"]) for each in found] == [
        ("succeeded", 2), ("succeeded", 1),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_gold_has_the_grade_that_was_decided_or_a_chosen_one_and_none_by_itself(
    client: Client, cast: Cast, rows: list[Candidate]
) -> None:
    decide(cast.project, cast.reviewer, rows[0], 0, reason="It does not answer.")
    decide(cast.project, cast.reviewer, rows[1], 1)
    client.force_login(cast.manager)
    page = client.get(LIST).content.decode()
    assert '<option value="">Grade of gold…</option>' in page
    form = {"which": "all", "deed": "gold", "grade": ""}
    assert "Choose a grade" in client.post(f"{LIST}bulk/", form, follow=True).content.decode()
    client.post(f"{LIST}bulk/", {**form, "grade": "decided"})
    bulk = Bulk.objects.get()
    bulk_run(bulk_id=bulk.pk)
    golds = cast.project.golds.order_by("candidate")
    assert list(golds.values_list("candidate", "grade__value", "explanation")) == [
        (rows[0].pk, 0, "It does not answer."), (rows[1].pk, 1, "It answers the question."),
    ]  # fmt: skip
    page = client.get(f"/projects/library/bulk/{bulk.pk}/").content.decode()
    assert "2 changed" in page
    assert "as a reviewer decided" in page


@pytest.mark.django_db(transaction=True)
def test_who_has_left_changes_nothing(cast: Cast, rows: list[Candidate], client: Client) -> None:
    wish = {"listed": "candidates", "deed": "withdraw", "reason": "Off topic.", "all": True}
    client.post(API, wish, "application/json", **bearer(cast.manager))
    member_remove(project=cast.project, user=cast.manager)
    bulk = Bulk.objects.get()
    bulk_run(bulk_id=bulk.pk)
    bulk.refresh_from_db()
    assert (bulk.status, left(cast)) == (BulkStatus.FAILED, 12)
    assert "no longer" in bulk.error


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"keys": []}, "keys"),
        ({"keys": [10**9]}, "keys"),
        ({"parameters": {"show": "opne"}}, "parameters"),
        ({"parameters": {"grade": "high"}}, "parameters"),
        ({"all": True}, "all"),
        ({"deed": "assign", "everybody": True}, "deed"),
        ({"listed": "queries", "deed": "assign"}, "people"),
        ({"deed": "gold"}, "grade"),
        ({"deed": "gold", "grade": 7}, "grade"),
        ({"deed": "gold", "grade": 1, "decided": True}, "grade"),
        ({"listed": "queries", "deed": "gold", "grade": 1}, "deed"),
        ({"listed": "queries", "deed": "assign", "people": ["never"], "everybody": True}, "people"),
        ({"listed": "queries", "deed": "assign", "people": ["nobody"]}, "people"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: Client, cast: Cast, change: dict[str, object], field: str
) -> None:
    key = make_queue(cast.project)[0].pk
    wish = {"listed": "candidates", "deed": "withdraw", "reason": "x", "keys": [key], **change}
    answer = client.post(API, wish, "application/json", **bearer(cast.manager))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.django_db
def test_all_are_asked_for_in_so_many_words(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    headers = bearer(cast.manager)
    wish = {"listed": "queries", "deed": "assign", "everybody": True}
    vague_ones: tuple[dict[str, Any], ...] = (
        {},
        {"parameters": {}},
        {"parameters": {"q": "", "order": "id"}},
    )
    for vague in vague_ones:
        answer = client.post(API, {**wish, **vague}, "application/json", **headers)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["keys"])
    answer = client.post(API, {**wish, "all": True}, "application/json", **headers)
    assert answer.status_code == 202
    client.force_login(cast.manager)
    page = "/projects/library/queries/bulk/"
    form = {"which": "all", "deed": "assign", "people": ""}
    assert "whom to assign" in client.post(page, form, follow=True).content.decode()
    client.post(page, {**form, "people": "@everybody"})
    assert Bulk.objects.count() == 2


@pytest.mark.django_db
def test_only_owners_and_managers_do_it(client: Client, cast: Cast, rows: list[Candidate]) -> None:
    assert client.get(API).status_code == 401
    assert client.get(API, **bearer(cast.outsider)).status_code == 404
    assert client.get(API, **bearer(cast.reviewer)).status_code == 403
    assert client.put(API, **bearer(cast.owner)).status_code == 405
    client.force_login(cast.reviewer)
    assert client.post(f"{LIST}bulk/", {"deed": "withdraw"}).status_code == 403
    assert "Do with them" not in client.get(LIST).content.decode()
    client.force_login(cast.manager)
    assert "Do with them" in client.get(LIST).content.decode()
    assert client.get(f"{LIST}bulk/").status_code == 405
    answer = client.post(f"{LIST}bulk/", {"deed": "eat", "keys": "1"}, follow=True)
    assert "Choose what to do." in answer.content.decode()
