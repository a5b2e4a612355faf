"""A job keeps the name of its reranker from the start; until it publishes, there is no such one."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from models_app.models import Reranker
from models_app.monitoring import figures
from models_app.services.rerankers import reranker_ensure
from tests.factory import PASSWORD, Cast, bearer
from tests.models_app.published import make_public, publish
from tests.training.jobs import running_job

LISTS = ("/rerankers/", "/projects/library/rerankers/", "/projects/library/")
API = "/api/v1/rerankers/"
READS = (
    "{}/", "{}/versions/", "{}/versions/1/", "{}/versions/1/archive/", "{}/versions/1/reviews/",
    "{}/versions/1/files/README.md", "{}/compare/?a=1&b=2", "{}/aliases/champion/",
    "{}/aliases/champion/history/",
)  # fmt: skip


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


@pytest.mark.parametrize("read", READS)
def test_each_read_answers_as_for_a_name_that_nobody_asked_for(
    client: Client, cast: Cast, kept: Reranker, read: str
) -> None:
    for caller in ({}, bearer(cast.owner), bearer(cast.outsider)):
        found, never = (answer(client, read, name, caller) for name in ("kept", "never"))
        assert found == never
        assert found[0] == (404 if caller else 401)


def answer(client: Client, read: str, name: str, caller: dict[str, Any]) -> tuple[int, Any]:
    got = client.get(f"{API}library/{read.format(name)}", **caller)
    return got.status_code, got.json()


def test_it_can_be_neither_changed_nor_pointed_at(
    client: Client, cast: Cast, kept: Reranker
) -> None:
    json, owner = "application/json", bearer(cast.owner)
    changed = client.patch(f"{API}library/kept/", {"public": True}, json, **owner)
    move = {"version": "1", "reason": "It is good."}
    moved = client.put(f"{API}library/kept/aliases/champion/", move, json, **owner)
    assert (changed.status_code, moved.status_code) == (404, 404)
    client.login(username=cast.owner.username, password=PASSWORD)
    assert client.post("/library/kept/settings/", {"description": "x"}).status_code == 404


def test_its_page_is_not_there_and_a_public_one_is_no_exception(
    client: Client, cast: Cast, kept: Reranker
) -> None:
    make_public(kept)
    assert client.get("/library/kept").status_code == client.get("/library/never").status_code
    assert client.get(f"{API}library/kept/").status_code == 401
    client.login(username=cast.owner.username, password=PASSWORD)
    assert client.get("/library/kept").status_code == 404
    assert client.get("/library/kept/versions/1/").status_code == 404


def test_its_job_names_it_and_leads_nowhere(client: Client, cast: Cast) -> None:
    job = running_job(cast.project, reranker="kept")
    client.login(username=cast.owner.username, password=PASSWORD)
    page = client.get(f"/projects/library/jobs/{job.pk}/").content.decode()
    assert "Trains library/kept" in page
    for path in (f"/projects/library/jobs/{job.pk}/", "/projects/library/jobs/"):
        assert 'href="/library/kept' not in client.get(path).content.decode()


def test_the_name_is_taken_and_is_given_to_the_next_job(cast: Cast, kept: Reranker) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Reranker.objects.create(project=cast.project, name="kept")
    again = reranker_ensure(project=cast.project, name="kept", created_by=cast.owner)
    assert again == kept


def test_metrics_do_not_count_it(cast: Cast, kept: Reranker, tmp_path: Path) -> None:
    publish(cast.project, tmp_path, name="finder")
    assert {each.name: each.value for each in figures()}["arbiter_rerankers"] == 1
