"""The queue's pages and calls: what they change, and who may not."""

from typing import Any

import pytest
from django.test import Client

from annotate.models import Gold, Group, Query, Queue, Run
from annotate.services.arranging import queue_of
from tests.annotate.checks import make_gold
from tests.factory import PASSWORD, Cast, bearer, make_queue

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library/"
PAGE = "/projects/library/queue/"
CALLS: tuple[tuple[str, str, Any], ...] = (
    ("get", "queue/", None), ("patch", "queue/", {"seed": 4}), ("get", "golds/", None),
    ("post", "golds/", {"golds": []}), ("delete", "golds/1/", None), ("get", "judges/", None),
    ("get", "groups/", None), ("post", "groups/", {"name": "n", "people": []}),
    ("put", "groups/1/", {"name": "n", "people": []}), ("delete", "groups/1/", None),
    ("get", "assignments/", None), ("post", "assignments/", {"queries": []}),
)  # fmt: skip
PAGES = ("", "gold/", "assignments/", "judges/")


def call(client: Client, method: str, path: str, body: Any = None, **headers: Any) -> Any:
    return getattr(client, method)(f"{API}{path}", body, "application/json", **headers)


def test_settings_are_shown_and_changed(client: Client, cast: Cast) -> None:
    Run.objects.create(project=cast.project, name="bm25")
    headers = bearer(cast.manager)
    shown = client.get(f"{API}queue/", **headers).json()
    assert shown["strategy"] == "random"
    assert shown["ordering"] == {"status": "done", "arranged": 0, "total": 0, "arranged_at": None}
    wish = {"strategy": "uncertainty", "run": "bm25", "gold_rate": 0.1, "repeat_after": 20}
    changed = call(client, "patch", "queue/", wish, **headers).json()
    assert {name: changed[name] for name in wish} == wish
    assert changed["ordering"]["status"] == "queued"
    for bad, field in (
        ({"strategy": "best"}, "strategy"), ({"run": "no such"}, "run"),
        ({"gold_rate": 2}, "gold_rate"),
        ({"strategy": "disagreement"}, "other_run"), ({"ordering": {}}, "ordering"),
        ({"gold_rate": 0.4, "repeat_rate": 0.4}, "gold_rate"), ({"nonsense": 1}, "nonsense"),
    ):  # fmt: skip
        answer = call(client, "patch", "queue/", bad, **headers)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field]), bad
    assert queue_of(cast.project).gold_rate == 0.1


def test_gold_candidates_are_set_and_removed_with_history(client: Client, cast: Cast) -> None:
    rows = make_queue(cast.project, 1, 3)
    headers = bearer(cast.manager)

    def put(*golds: dict[str, object]) -> Any:
        return call(client, "post", "golds/", {"golds": golds}, **headers)

    first: dict[str, object] = {"candidate": rows[0].pk, "grade": 1, "explanation": "clear"}
    second: dict[str, object] = {"candidate": rows[1].pk, "grade": 0}
    assert put(first, second).json() == {"set": 2}
    assert put(first).json() == {"set": 0}
    assert put({**first, "grade": 0}).json() == {"set": 1}
    good: dict[str, object] = {"candidate": rows[2].pk, "grade": 1}
    for bad in ({"candidate": 10**9}, {"grade": 7}):
        answer = put(good, {**good, **bad})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["golds"])
    listed = client.get(f"{API}golds/", **headers).json()["results"]
    assert {(row["candidate"], row["grade"]) for row in listed} == {
        (str(rows[0].pk), 0), (str(rows[1].pk), 0),
    }  # fmt: skip
    assert call(client, "delete", f"golds/{rows[0].pk}/", **headers).status_code == 204
    assert call(client, "delete", f"golds/{rows[0].pk}/", **headers).status_code == 404
    history = Gold.objects.filter(candidate=rows[0]).order_by("pk")
    assert [(row.grade.value, row.removed_by) for row in history] == [
        (1, cast.manager), (0, cast.manager),
    ]  # fmt: skip


def test_groups_and_assignments(client: Client, cast: Cast) -> None:
    rows = make_queue(cast.project, 3, 1)
    headers = bearer(cast.manager)
    people = [cast.annotator.username, cast.reviewer.username]
    group = call(client, "post", "groups/", {"name": "night", "people": people}, **headers).json()
    assert group["people"] == people
    again = call(client, "post", "groups/", {"name": "night", "people": []}, **headers)
    assert again.status_code == 400
    wish: dict[str, Any] = {"name": "day", "people": people[:1]}
    assert (
        call(client, "put", f"groups/{group['id']}/", wish, **headers).json()["people"]
        == people[:1]
    )
    wish = {"q": "thing 1", "groups": [int(group["id"])], "people": [cast.owner.username]}
    assert call(client, "post", "assignments/", wish, **headers).json() == {"queries": 1}
    wish = {"queries": [rows[0].query_id], "people": people[:1]}
    assert call(client, "post", "assignments/", wish, **headers).json() == {"queries": 1}
    listed = client.get(f"{API}assignments/", **headers).json()["assignments"]
    assert {(tuple(row["people"]), tuple(row["groups"])) for row in listed} == {
        ((cast.owner.username,), ("day",)), ((people[0],), ()),
    }  # fmt: skip
    assert call(client, "delete", f"groups/{group['id']}/", **headers).status_code == 204
    unknown = {"all": True, "groups": [5]}
    assert call(client, "post", "assignments/", unknown, **headers).status_code == 404


def test_who_may_not(client: Client, cast: Cast) -> None:
    make_gold(cast.manager, *make_queue(cast.project, 1, 1))
    before = list(Gold.objects.values())
    for method, path, body in CALLS:
        assert call(client, method, path, body).status_code == 401, path
        for person, status in ((cast.reviewer, 403), (cast.annotator, 403), (cast.outsider, 404)):
            headers = bearer(person)
            assert call(client, method, path, body, **headers).status_code == status, path
    assert call(client, "post", "queue/", {}, **bearer(cast.owner)).status_code == 405
    assert call(client, "get", "golds/1/", **bearer(cast.owner)).status_code == 405
    assert list(Gold.objects.values()) == before
    assert not Queue.objects.exists()
    for page in PAGES:
        assert client.get(f"{PAGE}{page}").status_code == 302
        for person, status in ((cast.annotator, 403), (cast.outsider, 404), (cast.manager, 200)):
            client.force_login(person)
            assert client.get(f"{PAGE}{page}").status_code == status
        assert client.put(f"{PAGE}{page}").status_code == 405
        client.logout()


def test_the_pages_do_what_the_calls_do(client: Client, cast: Cast) -> None:
    rows = make_queue(cast.project, 2, 2)
    client.login(username=cast.manager.username, password=PASSWORD)
    wish = {
        "strategy": "query", "depth": 5, "seed": 3, "gold_percent": 10, "repeat_percent": "2.5",
        "repeat_after": 30, "repeat_days": 1,
    }  # fmt: skip
    assert client.post(PAGE, wish).status_code == 302
    queue = queue_of(cast.project)
    assert (queue.strategy, queue.seed, queue.gold_rate, queue.repeat_rate) == (
        "query",
        3,
        0.1,
        0.025,
    )
    page = client.get(PAGE).content.decode()
    assert "are being arranged" in page
    assert 'value="2.5"' in page
    page = client.post(PAGE, {**wish, "strategy": "uncertainty"}).content.decode()
    assert "This strategy needs a run." in page
    page = client.get(f"{PAGE}gold/", {"query": rows[0].query_id}).content.decode()
    assert page.count("Make it gold") == 2
    gold = {"candidate": rows[0].pk, "grade": 1, "explanation": "clear"}
    assert client.post(f"{PAGE}gold/", gold).status_code == 302
    assert "clear" in client.get(f"{PAGE}gold/").content.decode()
    assert client.post(f"{PAGE}gold/{rows[0].pk}/remove/").status_code == 302
    assert not Gold.objects.filter(removed_at=None).exists()
    group = {"name": "night", "people": [cast.annotator.username]}
    assert client.post(f"{PAGE}groups/", group).status_code == 302
    assert client.post(f"{PAGE}groups/", group).status_code == 200  # the name is taken
    wish = {"q": "thing 0", "groups": [Group.objects.get().pk]}
    assert client.post(f"{PAGE}assignments/", wish).status_code == 302
    assert Query.objects.filter(lane__gt=0).count() == 1
    assert "night" in client.get(f"{PAGE}assignments/").content.decode()
    assert client.post(f"{PAGE}groups/{Group.objects.get().pk}/remove/").status_code == 302
    assert cast.annotator.username in client.get(f"{PAGE}judges/").content.decode()
