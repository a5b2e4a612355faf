"""Who is logged in comes with the session, as it is now and not as it was."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from accounts.tasks import sessions_sweep
from tests.factory import Cast

pytestmark = pytest.mark.django_db
PAGE = "/projects/library/"


@pytest.fixture
def visitor(client: Client, cast: Cast) -> Client:
    client.force_login(cast.annotator)
    return client


def test_one_look_up_finds_both(visitor: Client, cast: Cast) -> None:
    assert Session.objects.get().user == cast.annotator
    visitor.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        assert visitor.get(PAGE).context["user"] == cast.annotator
    made: list[str | None] = [each["sql"] for each in queries]
    assert made.count(None) == 2  # prepared ones: the session with its user, and the membership
    assert not [sql for sql in made if sql and 'FROM "accounts_user"' in sql]


def test_what_happened_meanwhile_counts(visitor: Client, cast: Cast) -> None:
    person = cast.annotator
    person.is_active = False
    person.save()
    assert visitor.get(PAGE).status_code == 302
    person.is_active = True
    person.save()
    assert visitor.get(PAGE).status_code == 200
    person.set_password("another horse battery")
    person.save()
    assert visitor.get(PAGE).status_code == 302


def test_an_expired_session_is_none_and_is_swept(visitor: Client) -> None:
    sessions_sweep()
    assert visitor.get(PAGE).status_code == 200
    Session.objects.update(expire_date=Now() - timedelta(seconds=1))
    assert visitor.get(PAGE).status_code == 302
    sessions_sweep()
    assert not Session.objects.exists()


def test_somebody_else_logs_in_with_the_same_browser(visitor: Client, cast: Cast) -> None:
    visitor.get(PAGE)
    visitor.force_login(cast.reviewer)
    assert Session.objects.get().user == cast.reviewer
    assert visitor.get(PAGE).context["user"] == cast.reviewer
    visitor.logout()
    assert not Session.objects.exists()
    assert visitor.get(PAGE).status_code == 302


def test_a_session_whose_user_is_gone_is_nobodys(visitor: Client) -> None:
    Session.objects.update(user=1 << 40)
    assert visitor.get(PAGE).status_code == 302


def test_a_session_of_nobody_is_kept(client: Client) -> None:
    session = client.session
    session["seen"] = True
    session.save()
    assert Session.objects.get().user is None
    assert client.session["seen"] is True
    assert Session.objects.get().get_decoded() == {"seen": True}
