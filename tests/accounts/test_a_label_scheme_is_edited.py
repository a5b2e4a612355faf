"""A manager renames, weighs, adds and removes grades; one that judgments use stays what it is."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.factory import PASSWORD, Cast, make_judgment, make_queue

PAGE = "/projects/library/scheme/"
ROWS = (
    {"value": 0, "name": "Not relevant", "gain": 0, "target": 0},
    {"value": 1, "name": "Relevant", "gain": 1, "target": 1, "relevant": "on"},
)


def posted(*rows: dict[str, Any], known: int = 2) -> dict[str, Any]:
    body: dict[str, Any] = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": known}
    return body | {
        f"form-{at}-{name}": value for at, row in enumerate(rows) for name, value in row.items()
    }


@pytest.fixture
def manager(client: Client, cast: Cast) -> Client:
    client.login(username=cast.manager.username, password=PASSWORD)
    return client


def scheme(cast: Cast) -> list[tuple[int, str, float, float, bool]]:
    rows = cast.project.grades.order_by("value")
    return [(row.value, row.name, row.gain, row.target, row.relevant) for row in rows]


def test_it_is_renamed_and_weighed(manager: Client, cast: Cast) -> None:
    make_judgment(make_queue(cast.project)[0], cast.annotator, grade=1)
    rows = (ROWS[0], {**ROWS[1], "name": "On topic", "gain": 3, "target": "0.8"}, {"name": ""})
    answer = manager.post(PAGE, posted(*rows), follow=True)
    assert "The label scheme was saved." in answer.content.decode()
    assert scheme(cast) == [(0, "Not relevant", 0, 0, False), (1, "On topic", 3, 0.8, True)]


def test_a_grade_is_added_with_what_follows_from_its_number(manager: Client, cast: Cast) -> None:
    new = {"value": 2, "name": "Exact", "gain": "", "target": "", "relevant": "on"}
    assert manager.post(PAGE, posted(*ROWS, new)).status_code == 302
    assert scheme(cast)[2] == (2, "Exact", 2, 1, True)
    unused = {**new, "gain": 2, "target": 1, "DELETE": "on"}
    assert manager.post(PAGE, posted(*ROWS, unused, known=3)).status_code == 302
    assert len(scheme(cast)) == 2


def test_a_grade_in_use_offers_no_removal_and_is_not_removed(manager: Client, cast: Cast) -> None:
    manager.post(PAGE, posted(*ROWS, {"value": 2, "name": "Exact", "relevant": "on"}))
    make_judgment(make_queue(cast.project)[0], cast.annotator, grade=1)
    page = manager.get(PAGE).content.decode()
    assert page.count("in use") == 1
    assert page.count("-DELETE") // 2 == 2
    gone = ({**ROWS[1], "DELETE": "on"}, {"value": 2, "name": "Exact", "relevant": "on"})
    answer = manager.post(PAGE, posted(ROWS[0], *gone, known=3))
    assert "1 Relevant: a grade that is used cannot be removed" in answer.content.decode()
    assert [row[0] for row in scheme(cast)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((ROWS[0], ROWS[1], {"value": 1, "name": "Again"}), "Each grade value may occur once."),
        ((ROWS[0], {**ROWS[1], "relevant": ""}), "At least one grade must count as relevant"),
        ((ROWS[0], {**ROWS[1], "target": 2}), "less than or equal to 1"),
        ((ROWS[0], {**ROWS[1], "DELETE": "on"}), "at least two grades"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(
    manager: Client, cast: Cast, rows: tuple[dict[str, Any], ...], message: str
) -> None:
    answer = manager.post(PAGE, posted(*rows))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert len(scheme(cast)) == 2


@pytest.mark.parametrize(
    ("role", "status"),
    [("owner", 200), ("reviewer", 403), ("annotator", 403), ("viewer", 403), ("outsider", 404)],
)
def test_who_may_edit_it(client: Client, cast: Cast, role: str, status: int) -> None:
    user: User = getattr(cast, role)
    client.login(username=user.username, password=PASSWORD)
    assert client.get(PAGE).status_code == status
    assert client.post(PAGE, posted(*ROWS)).status_code == (302 if status == 200 else status)
    assert client.delete(PAGE).status_code == 405


def test_a_stranger_logs_in_first(client: Client, cast: Cast) -> None:
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")
