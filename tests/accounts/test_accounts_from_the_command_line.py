"""Users and tokens made by command; the token stands alone on the last line and works."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Token, User
from tests.factory import make_user

pytestmark = pytest.mark.django_db


def test_a_user_is_created_with_the_password_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARBITER_PASSWORD", "correct horse battery")
    call_command("create_user", "ada", "--superuser", stdout=StringIO())
    ada = User.objects.get(username="ada")
    assert ada.is_superuser
    assert ada.check_password("correct horse battery")


def test_a_user_without_a_password_is_told_of_with_the_way_to_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ARBITER_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", StringIO())
    out = StringIO()
    call_command("create_user", "ada", stdout=out)
    assert not User.objects.get(username="ada").has_usable_password()
    said = out.getvalue()
    assert "tokens only" in said
    assert ".venv/bin/python manage.py changepassword ada" in said
    assert ".venv/bin/python manage.py create_token ada" in said


@pytest.mark.parametrize(
    ("name", "password", "message"),
    [("ada", "short", "too short"), ("api", "correct horse battery", "reserved")],
)
def test_a_bad_name_or_password_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, password: str, message: str
) -> None:
    monkeypatch.setenv("ARBITER_PASSWORD", password)
    with pytest.raises(CommandError, match=message):
        call_command("create_user", name)
    assert not User.objects.exists()


def test_a_token_is_printed_once_alone_and_expires(client: Client) -> None:
    make_user("ada")
    out = StringIO()
    call_command("create_token", "ada", "--scope", "write", "--expires-in", "2h", stdout=out)
    secret = out.getvalue().splitlines()[-1]
    assert client.get("/api/v1/projects/", HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 200
    token = Token.objects.get()
    assert token.expires_at is not None
    assert (token.expires_at - token.created_at).total_seconds() == pytest.approx(7200, abs=5)
    assert secret not in str(token.__dict__)
    Token.objects.update(expires_at=token.created_at)
    assert client.get("/api/v1/projects/", HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 401


@pytest.mark.parametrize("text", ["0d", "soon", "1.5h", "1y"])
def test_a_duration_that_is_none_is_refused(text: str) -> None:
    make_user("ada")
    with pytest.raises(CommandError, match="no duration"):
        call_command("create_token", "ada", "--expires-in", text)
