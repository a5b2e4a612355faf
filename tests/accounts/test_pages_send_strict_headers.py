"""Pages load nothing from elsewhere, run nothing inline, and are cached apart from fragments."""

from django.test import Client

from tests.factory import PASSWORD, Cast


def test_every_response_says_where_things_may_come_from(client: Client, cast: Cast) -> None:
    for path in ("/accounts/login/", "/livez", "/api/v1/projects/", "/none/such/"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_a_page_and_its_fragment_are_cached_apart(client: Client, cast: Cast) -> None:
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert "HX-Request" in client.get("/projects/library/jobs/").headers["Vary"]
    assert "HX-Request" not in client.get("/api/v1/projects/").headers["Vary"]
