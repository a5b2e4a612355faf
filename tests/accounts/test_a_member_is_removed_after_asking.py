"""A member goes on the second click, by name; who may not remove members cannot even ask."""

import pytest
from django.test import Client

from tests.factory import PASSWORD, Cast

SETTINGS = "/projects/library/settings/"


def path_of(name: str) -> str:
    return f"/projects/library/members/{name}/remove/"


def test_the_first_click_only_asks(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    name = cast.annotator.username
    settings = client.get(SETTINGS).content.decode()
    assert f'href="{path_of(name)}"' in settings
    assert f'action="{path_of(name)}"' not in settings
    assert f"Remove {name}?" in client.get(path_of(name)).content.decode()
    assert cast.project.members.filter(user=cast.annotator).exists()


def test_the_second_removes_and_says_whom(client: Client, cast: Cast) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    answer = client.post(path_of(cast.annotator.username), follow=True)
    assert answer.redirect_chain == [(SETTINGS, 302)]
    said = f"{cast.annotator.username} is no longer a member of Library."
    assert said in answer.content.decode()
    assert not cast.project.members.filter(user=cast.annotator).exists()


def test_the_last_owner_cannot_go(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    answer = client.post(path_of(cast.owner.username))
    assert "A project needs at least one owner." in answer.content.decode()
    assert cast.project.members.filter(user=cast.owner).exists()


def test_who_removes_themselves_is_led_home(client: Client, cast: Cast) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    answer = client.post(path_of(cast.manager.username), follow=True)
    assert answer.redirect_chain == [("/", 302)]


@pytest.mark.parametrize(
    ("who", "status"), [("annotator", 403), ("outsider", 404), ("manager", 403)]
)
def test_who_may_not(client: Client, cast: Cast, who: str, status: int) -> None:
    client.login(username=getattr(cast, who).username, password=PASSWORD)
    assert client.post(path_of(cast.owner.username)).status_code == status
    assert cast.project.members.filter(user=cast.owner).exists()
