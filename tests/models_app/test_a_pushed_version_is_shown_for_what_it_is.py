"""A version that was pushed: page, card and API say so, and that nothing of it was measured."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from models_app.models import Version
from tests.factory import Cast, bearer
from tests.models_app.published import model_folder
from tests.models_app.pushed import commit, push, sent

PAGE = "/library/finder/versions/2/"
API = "/api/v1/rerankers/library/finder/versions/2/"


def as_user(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def pushed(client: Client, cast: Cast, version: Version, tmp_path: Any) -> Version:
    folder = model_folder(tmp_path / "theirs", seed=4)
    files = [sent(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    card = b"---\nbase_model: org/base\nlicense: mit\n---\n\n# Theirs\n\nBy hand.\n"
    answer = push(client, cast, commit(*files, sent("README.md", card)))
    assert answer.status_code == 200, answer.content
    assert answer.json()["commitUrl"].endswith(answer.json()["commitOid"])
    return Version.objects.get(number=2)


def test_its_page_says_where_it_comes_from(client: Client, cast: Cast, pushed: Version) -> None:
    page = as_user(client, cast.viewer).get(PAGE).content.decode()
    assert f"pushed by {cast.manager.display_name}: Try" in page
    assert "org/base" in page
    assert "nothing of it was measured here yet: evaluate it on a snapshot." in page
    assert "By hand." in page
    other = as_user(client, cast.viewer).get("/library/finder/compare/?a=1&b=2")
    assert other.status_code == 200
    assert as_user(client, cast.viewer).get("/library/finder").status_code == 200


def test_the_api_and_the_hub_know_its_own_card(client: Client, cast: Cast, pushed: Version) -> None:
    found = client.get(API, **bearer(cast.viewer)).json()
    assert found["lineage"]["origin"] == {
        "how": "push", "message": "Try", "description": "", "client": "",
    }  # fmt: skip
    info = client.get("/api/models/library/finder/revision/v2", **bearer(cast.viewer)).json()
    assert info["cardData"] == {"base_model": "org/base", "license": "mit"}
    assert {"license:mit", "base_model:org/base"} <= set(info["tags"])


def test_a_push_in_parts_says_what_completes_what(
    client: Client, cast: Cast, pushed: Version
) -> None:
    def part(summary: str, content: bytes) -> Version:
        data = commit(sent("vocab.txt", content)).replace(b'"Try"', f'"{summary}"'.encode(), 1)
        answer = push(client, cast, data)
        return Version.objects.get(revision=answer.json()["commitOid"])

    second = part("Try (part 2)", b"[PAD]\n")
    third = part("Try (part 3)", b"[UNK]\n")
    other = part("Try (part 5)", b"[CLS]\n")
    assert second.lineage["origin"]["completes"] == 2
    assert third.lineage["origin"]["completes"] == 3
    assert "completes" not in other.lineage["origin"]
    page = as_user(client, cast.viewer).get("/library/finder/versions/3/").content.decode()
    assert "It completes v2, which the same push began." in page


def test_the_hubs_own_addresses_lead_to_the_page(
    client: Client, cast: Cast, pushed: Version
) -> None:
    viewer = as_user(client, cast.viewer)
    for path in (
        "tree/v2", f"commit/{pushed.revision}", "blob/v2/config.json", "commits/v2",
    ):  # fmt: skip
        assert viewer.get(f"/library/finder/{path}").headers["Location"] == PAGE
    assert viewer.get("/library/finder/tree/v9").status_code == 404
