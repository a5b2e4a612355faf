"""A token ends only once its owner has said yes on a page of its own."""

from django.test import Client

from accounts.services import token_create
from tests.factory import PASSWORD, Cast


def test_it_is_asked_first(client: Client, cast: Cast) -> None:
    token = token_create(user=cast.viewer, name="nightly").token
    page = f"/tokens/{token.pk}/revoke/"
    client.login(username=cast.viewer.username, password=PASSWORD)
    listed = client.get("/tokens/").content.decode()
    assert f'href="{page}"' in listed
    assert f'action="{page}"' not in listed
    asked = client.get(page).content.decode()
    assert token.prefix in asked
    assert "cannot be taken back" in asked
    token.refresh_from_db()
    assert token.revoked_at is None
    answer = client.post(page, follow=True)
    assert "nightly was revoked." in answer.content.decode()
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_nobody_elses(client: Client, cast: Cast) -> None:
    page = f"/tokens/{token_create(user=cast.viewer, name='nightly').token.pk}/revoke/"
    assert client.get(page).status_code == 302
    client.login(username=cast.owner.username, password=PASSWORD)
    assert client.get(page).status_code == client.post(page).status_code == 404
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert client.delete(page).status_code == 405
