"""Everybody changes their own password; their other sessions end, their tokens stay."""

import pytest
from django.test import Client

from tests.factory import PASSWORD, bearer, make_user

pytestmark = pytest.mark.django_db
PATH = "/accounts/password/"
NEW = "another horse, another battery"


def change(client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> str:
    given = {"old_password": old, "new_password1": new, "new_password2": again}
    return client.post(PATH, given, follow=True).content.decode()


def test_this_session_goes_on_and_all_others_end() -> None:
    ada, here, elsewhere = make_user("ada"), Client(), Client()
    for each in (here, elsewhere):
        assert each.login(username="ada", password=PASSWORD)
    token = bearer(ada)
    assert "Your password was changed" in change(here)
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").headers["Location"].startswith("/accounts/login/")
    assert Client().get("/api/v1/projects/", **token).status_code == 200
    assert Client().login(username="ada", password=NEW)
    assert not Client().login(username="ada", password=PASSWORD)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"old": "not it at all"}, "Your old password was entered incorrectly"),
        ({"new": "short", "again": "short"}, "too short"),
        ({"again": "something else here"}, "didn’t match"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    client: Client, given: dict[str, str], problem: str
) -> None:
    make_user("ada")
    client.login(username="ada", password=PASSWORD)
    assert problem in change(client, **given)
    assert Client().login(username="ada", password=PASSWORD)


def test_the_account_page_leads_there(client: Client) -> None:
    make_user("ada")
    client.login(username="ada", password=PASSWORD)
    assert f'href="{PATH}"' in client.get("/tokens/").content.decode()


def test_nobody_else_sees_it(client: Client) -> None:
    assert client.get(PATH).headers["Location"] == f"/accounts/login/?next={PATH}"
