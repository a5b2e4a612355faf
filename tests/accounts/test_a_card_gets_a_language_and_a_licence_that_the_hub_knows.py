"""A project's language and licence go to the front matter of its cards: only what the Hub takes."""

import pytest
from django.test import Client

from accounts.card_fields import LICENSES
from tests.factory import PASSWORD, Cast, bearer

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library/"
PAGE = "/projects/library/settings/"
JSON = "application/json"


@pytest.mark.parametrize(
    "tag", ["", "en", "de-CH", "zh-Hant-TW", "es-419", "sl-rozaj-biske", "yue", "en-x-legal"]
)
def test_a_tag_is_taken(client: Client, cast: Cast, tag: str) -> None:
    answer = client.patch(API, {"language": tag}, JSON, **bearer(cast.manager))
    assert (answer.status_code, answer.json()["language"]) == (200, tag)


@pytest.mark.parametrize("tag", ["zzzz-", "english", "e", "en_US", "en, de", "en-", "-en", "ën"])
def test_what_is_no_tag_is_refused(client: Client, cast: Cast, tag: str) -> None:
    for answer in (
        client.patch(API, {"language": tag}, JSON, **bearer(cast.manager)),
        client.post(
            "/api/v1/projects/", {"slug": "b", "name": "B", "language": tag}, JSON,
            **bearer(cast.manager),
        ),
    ):  # fmt: skip
        assert answer.status_code == 400
        assert "BCP 47" in answer.json()["errors"]["language"][0]


def test_a_licence_is_one_of_the_hubs(client: Client, cast: Cast) -> None:
    for name in ("", *LICENSES):
        answer = client.patch(API, {"license": name}, JSON, **bearer(cast.manager))
        assert (answer.status_code, answer.json()["license"]) == (200, name)
    for name in ("nope", "Apache 2.0", "APACHE-2.0"):
        answer = client.patch(API, {"license": name}, JSON, **bearer(cast.manager))
        assert answer.status_code == 400
        assert "apache-2.0" in answer.json()["errors"]["license"][0]


def test_the_settings_offer_them(cast: Cast) -> None:
    client = Client()
    assert client.login(username=cast.manager.username, password=PASSWORD)
    page = client.get(PAGE).content.decode()
    assert '<option value="cc-by-sa-4.0">' in page
    form = {"name": "Library", "overlap": 1, "running_jobs": 2, "waiting_jobs": 50}
    form |= {"license": "nope", "language": "zzzz-"}
    answer = client.post(PAGE, form)
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"license", "language"}
    answer = client.post(PAGE, {**form, "license": "mit", "language": "ur"})
    assert answer.status_code == 302
    cast.project.refresh_from_db()
    assert (cast.project.license, cast.project.language) == ("mit", "ur")
