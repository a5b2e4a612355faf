"""Who has no account yet is told of where it matters: beside the members, the login, the link."""

import pytest
from django.test import Client

from accounts.models import Member, Role
from tests.factory import PASSWORD, Cast

MEMBERS = "/projects/library/members/"
SETTINGS = "/projects/library/settings/"
COMMAND = ".venv/bin/python manage.py create_user NAME"


def test_an_unknown_name_is_explained_at_its_field_and_kept(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    answer = client.post(MEMBERS, {"user": "grace <3", "role": "reviewer"})
    form = answer.context["member_form"]
    [problem] = form.errors["user"]
    assert "There is no user “grace <3”." in problem
    assert COMMAND in problem
    page = answer.content.decode()
    assert 'value="grace &lt;3"' in page
    assert page.count(" autofocus") == 1
    assert '<option value="reviewer" selected>' in page
    assert 'value="Library"' in page  # the project's own settings stand beside as they are
    assert not list(answer.context["messages"])


def test_the_form_says_beforehand_how_a_person_gets_an_account(client: Client, cast: Cast) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    assert COMMAND in client.get(SETTINGS).content.decode()


def test_a_person_with_an_account_is_added_and_named(client: Client, cast: Cast) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    name = cast.outsider.username
    answer = client.post(MEMBERS, {"user": name, "role": "annotator"}, follow=True)
    assert answer.redirect_chain == [(SETTINGS, 302)]
    assert f"{name} is annotator here now." in answer.content.decode()
    assert cast.project.members.get(user=cast.outsider).role == Role.ANNOTATOR


def test_who_gives_up_the_settings_lands_on_the_project(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    client.post(MEMBERS, {"user": cast.manager.username, "role": "owner"})
    answer = client.post(MEMBERS, {"user": cast.owner.username, "role": "viewer"}, follow=True)
    assert answer.redirect_chain == [("/projects/library/", 302)]
    assert answer.status_code == 200
    assert f"{cast.owner.username} is viewer here now." in answer.content.decode()


def test_the_last_owner_stays_and_is_told_at_the_role(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    answer = client.post(MEMBERS, {"user": cast.owner.username, "role": "viewer"})
    assert answer.context["member_form"].errors["role"] == ["A project needs at least one owner."]
    assert Member.objects.get(project=cast.project, user=cast.owner).role == Role.OWNER


def test_looking_where_the_form_is_sent_leads_to_the_settings(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    assert client.get(MEMBERS).headers["Location"] == f"{SETTINGS}#members"


@pytest.mark.django_db
def test_the_login_says_what_this_is_and_how_to_get_in(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "relevance judgments" in page
    assert COMMAND in page
