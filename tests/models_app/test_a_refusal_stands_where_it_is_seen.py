"""A refused form says so at the top of its page, is open, and the wrong field has the focus."""

import re
from pathlib import Path

import pytest
from django.test import Client

from tests.factory import Cast
from tests.models_app.published import publish

pytestmark = pytest.mark.django_db
VERSION = "/library/finder/versions/1/"


def top_of(page: str) -> str:
    return page.split("<main")[1].split("<h1>")[0]


@pytest.mark.parametrize(
    ("body", "said", "part", "field"),
    [
        ({"alias": "main", "reason": "x"}, "cannot be an alias", "aliases", "alias"),
        ({"alias": "champion"}, "Reason: This field is required", "aliases", "reason"),
        ({"verdict": "reject"}, "Say what should change", "reviews", "comment"),
        ({"verdict": "perhaps"}, "not one of the available choices", "reviews", "verdict"),
    ],
)
def test_the_message_is_on_top_and_leads_to_the_form(
    client: Client,
    cast: Cast,
    tmp_path: Path,
    body: dict[str, str],
    said: str,
    part: str,
    field: str,
) -> None:
    publish(cast.project, tmp_path / "m")
    client.force_login(cast.manager)
    answer = client.post(VERSION, body)
    page = answer.content.decode()
    assert answer.request["PATH_INFO"] == VERSION
    assert said in top_of(page)
    assert f'href="#{part}"' in top_of(page)
    section = page.split(f'aria-labelledby="{part}"')[1].split("</section>")[0]
    assert "<details open>" in section
    assert re.findall(r'name="(\w+)"[^>]* autofocus', page) == [field]
    assert body.get("reason", "") in section
    assert 'role="alert"' not in client.get(VERSION).content.decode()


def test_addresses_that_only_take_forms_lead_back_to_the_form(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "m")
    client.force_login(cast.manager)
    places = {
        f"{VERSION}aliases/": f"{VERSION}#aliases",
        f"{VERSION}reviews/": f"{VERSION}#reviews",
        "/projects/library/members/": "/projects/library/settings/#members",
    }
    for path, place in places.items():
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, place)
        page = client.get(place.split("#")[0]).content.decode()
        assert f'id="{place.split("#")[1]}"' in page
