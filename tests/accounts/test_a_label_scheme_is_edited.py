"""A manager renames, weighs, adds and removes grades; one that judgments use stays what it is."""

from collections.abc import Callable
from itertools import product
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.http import Http404
from django.test import Client

from accounts.models import User
from accounts.services import project_update, scheme_set
from tests.accounts.threads import together
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


def of_values(*values: int) -> list[dict[str, Any]]:
    return [{"value": value, "name": str(value)} for value in values]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", [scheme_set, project_update])
def test_an_edit_waits_for_the_one_before_and_replaces_it(
    cast: Cast, write: Callable[..., object]
) -> None:
    first_wrote, second_done = Event(), Event()

    def first() -> bool:
        with transaction.atomic():
            write(project=cast.project, grades=of_values(0, 1, 2))
            first_wrote.set()
            return second_done.wait(0.5)

    def second() -> bool:
        first_wrote.wait(10)
        write(project=cast.project, grades=of_values(0, 3, 4))
        second_done.set()
        return True

    assert together(first, second) == [False, True]
    assert [row[0] for row in scheme(cast)] == [0, 3, 4]


@pytest.mark.django_db(transaction=True)
def test_edits_at_the_same_moment_are_one_after_the_other(cast: Cast) -> None:
    wanted = [(0, 1, 2), (0, 3, 4), (4, 3, 2, 0), (1, 0)]

    def edit(values: tuple[int, ...]) -> Callable[[], None]:
        def edits() -> None:
            for _ in range(5):
                project_update(project=cast.project, grades=of_values(*values))

        return edits

    together(*(edit(values) for values, _ in product(wanted, range(3))))
    assert [row[0] for row in scheme(cast)] in [sorted(values) for values in wanted]


def test_an_edit_of_a_project_that_is_gone_is_404(cast: Cast) -> None:
    gone = type(cast.project).objects.get(pk=cast.project.pk)
    cast.project.delete()
    with pytest.raises(Http404):
        project_update(project=gone, name="Late")


def test_a_long_fraction_is_shown_short_and_kept_exact(manager: Client, cast: Cast) -> None:
    scheme_set(project=cast.project, grades=of_values(0, 1, 3))
    form = manager.get(PAGE).context["forms"][1]
    assert form["target"].initial == 0.3333
    body = posted(
        {"value": 0, "name": "0", "gain": 0, "target": 0},
        {"value": 1, "name": "One", "gain": 1, "target": "0.3333", "relevant": "on"},
        {"value": 3, "name": "3", "gain": 3, "target": 1, "relevant": "on"},
        known=3,
    )
    assert manager.post(PAGE, body).status_code == 302
    assert scheme(cast)[1] == (1, "One", 1, 1 / 3, True)
    body["form-1-target"] = "0.333"
    manager.post(PAGE, body)
    assert scheme(cast)[1][3] == 0.333
