"""A job keeps the name of its reranker from the start; what failed jobs leave is in no list."""

from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from models_app.models import Reranker
from models_app.services.rerankers import reranker_ensure
from tests.factory import PASSWORD, Cast, bearer
from tests.models_app.published import make_public, publish

LISTS = ("/rerankers/", "/projects/library/rerankers/", "/projects/library/")
API = "/api/v1/rerankers/"


@pytest.fixture
def kept(cast: Cast) -> Reranker:
    """A name that a job has asked for."""
    return reranker_ensure(project=cast.project, name="kept", created_by=cast.manager)


def names(client: Client, cast: Cast) -> list[str]:
    return [row["name"] for row in client.get(API, **bearer(cast.owner)).json()["results"]]


def test_lists_leave_it_out_until_a_version_is_published(
    client: Client, cast: Cast, kept: Reranker, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "a", name="finder")
    client.login(username=cast.owner.username, password=PASSWORD)
    for path in LISTS:
        page = client.get(path).content.decode()
        assert "/library/finder" in page
        assert "/library/kept" not in page
    assert names(client, cast) == ["finder"]
    publish(cast.project, tmp_path / "b", name="kept")
    for path in LISTS:
        assert "/library/kept" in client.get(path).content.decode()
    assert sorted(names(client, cast)) == ["finder", "kept"]


def test_its_own_page_says_that_it_has_no_version(
    client: Client, cast: Cast, kept: Reranker
) -> None:
    client.login(username=cast.viewer.username, password=PASSWORD)
    page = client.get("/library/kept").content.decode()
    assert "library/kept has no version yet." in page
    assert "/projects/library/jobs/" in page
    assert "Aliases" not in page
    answer = client.get(f"{API}library/kept/", **bearer(cast.viewer)).json()
    assert (answer["name"], answer["newest"]) == ("kept", None)


def test_the_page_of_a_public_one_leads_nobody_into_the_project(
    client: Client, kept: Reranker
) -> None:
    make_public(kept)
    page = client.get("/library/kept").content.decode()
    assert "library/kept has no version yet." in page
    assert "/projects/library/" not in page
    assert client.get(API).status_code == 401


def test_the_name_is_taken_and_is_given_to_the_next_job(cast: Cast, kept: Reranker) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Reranker.objects.create(project=cast.project, name="kept")
    again = reranker_ensure(project=cast.project, name="kept", created_by=cast.owner)
    assert again == kept
