"""Home: each project's counts, its champion, and a running job one click away."""

from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.services import project_create
from models_app.services.rerankers import alias_move
from tests.factory import PASSWORD, Cast, make_judgment, make_label, make_queue
from tests.models_app.published import publish
from tests.training.jobs import make_job_history

HTMX = {"HX-Request": "true"}


def cards(client: Client) -> str:
    answer = client.get("/projects/", headers=HTMX)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_counts_champion_and_running_job(client: Client, cast: Cast, tmp_path: Path) -> None:
    queue = make_queue(cast.project)
    for candidate in queue[:4]:
        make_label(candidate, 1)
    make_judgment(queue[0], cast.annotator, grade=1)
    version = publish(cast.project, tmp_path / "first", name="finder")
    publish(cast.project, tmp_path / "second", name="finder", seed=1)
    client.login(username=cast.annotator.username, password=PASSWORD)
    shown = cards(client)
    for name, number in (("Candidates", 6), ("With imported labels", 4), ("Judged by people", 1)):
        assert f"<dt>{name}</dt><dd>{number}</dd>" in shown
    assert '<dt>Newest version</dt><dd><a href="/library/finder/versions/2/">' in shown
    assert "hx-get" not in shown
    alias_move(
        reranker=version.reranker, name="champion", version=version, reason="It is the best.",
        moved_by=cast.owner,
    )  # fmt: skip
    job = make_job_history(cast, 1)["running_job"]
    shown = cards(client)
    assert '<dt>Champion</dt><dd><a href="/library/finder/versions/1/">finder v1</a>' in shown
    assert f'<a href="/projects/library/jobs/{job}/">Running: train, 1%</a>' in shown
    assert 'hx-trigger="every 5s"' in shown


def test_the_page_asks_for_them_once_it_is_there(client: Client, cast: Cast) -> None:
    client.login(username=cast.viewer.username, password=PASSWORD)
    page = client.get("/").content.decode()
    assert 'hx-get="/projects/"' in page
    assert 'hx-trigger="load"' in page
    assert client.get("/projects/").headers["Location"] == "/"


def test_more_projects_make_no_more_queries(client: Client, cast: Cast) -> None:
    client.login(username=cast.owner.username, password=PASSWORD)
    cards(client)
    found = []
    for slug in ("one", "two"):
        make_queue(project_create(slug=slug, name=slug, owner=cast.owner), 1, 1)
        with CaptureQueriesContext(connection) as queries:
            assert slug in cards(client)
        found.append(len(queries))
    assert found == [8, 8]


def test_nobody_sees_the_projects_of_others(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    client.login(username=cast.outsider.username, password=PASSWORD)
    shown = cards(client)
    assert "Elsewhere" in shown
    assert "Library" not in shown
    assert Client().get("/projects/", headers=HTMX).status_code == 302
    assert client.post("/projects/").status_code == 405
