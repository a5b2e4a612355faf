"""The first start's link makes its visitor the owner, once."""

import pytest
from django.test import Client

from accounts.models import Project, User
from accounts.services import owner_link_create, project_create
from tests.factory import PASSWORD

pytestmark = pytest.mark.django_db
OWNER = {"username": "grace", "password": PASSWORD}


def test_its_visitor_becomes_owner_of_the_installation_and_the_sample(client: Client) -> None:
    project_create(slug="sample", name="Sample", owner=None)
    secret = owner_link_create()
    answer = client.post(f"/welcome/{secret}/", OWNER)
    assert answer.status_code == 302
    grace = User.objects.get(username="grace")
    assert grace.is_superuser
    assert Project.objects.get(slug="sample").members.get().user == grace
    assert client.session["_auth_user_id"] == str(grace.pk)


def test_a_second_visitor_gets_nothing(client: Client) -> None:
    secret = owner_link_create()
    client.post(f"/welcome/{secret}/", OWNER)
    answer = Client().post(f"/welcome/{secret}/", {**OWNER, "username": "mallory"})
    assert answer.status_code == 410
    assert not User.objects.filter(username="mallory").exists()
    assert owner_link_create() is None


def test_a_new_start_replaces_an_unused_link(client: Client) -> None:
    first, second = owner_link_create(), owner_link_create()
    assert client.post(f"/welcome/{first}/", OWNER).status_code == 410
    assert client.post(f"/welcome/{second}/", OWNER).status_code == 302


def test_a_weak_password_leaves_the_link_usable(client: Client) -> None:
    secret = owner_link_create()
    answer = client.post(f"/welcome/{secret}/", {"username": "grace", "password": "short"})
    assert b"too short" in answer.content
    assert client.post(f"/welcome/{secret}/", OWNER).status_code == 302


def test_looking_at_it_does_not_use_it_up(client: Client) -> None:
    secret = owner_link_create()
    for _ in range(3):
        assert client.get(f"/welcome/{secret}/").status_code == 200
        assert client.head(f"/welcome/{secret}/").status_code == 200
    assert client.post(f"/welcome/{secret}/", OWNER).status_code == 302


def test_a_wrong_or_used_link_says_at_once_what_to_do(client: Client) -> None:
    secret = owner_link_create()
    client.post(f"/welcome/{secret}/", OWNER)
    for gone in (secret, "wrong"):
        answer = Client().get(f"/welcome/{gone}/")
        assert answer.status_code == 410
        for command in (b"welcome", b"create_user NAME --superuser"):
            assert b"<code>.venv/bin/python manage.py " + command in answer.content
        assert b"<form" not in answer.content
