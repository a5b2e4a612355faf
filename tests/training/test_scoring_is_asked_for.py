"""A scoring job is asked for on a page or through the API, by managers, and tells its outcome."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from annotate.models import Strategy
from annotate.services.arranging import queue_arrange, queue_of, queue_rescore
from annotate.services.proposing import run_ensure
from tests.annotate.checks import set_queue
from tests.factory import PASSWORD, Cast, bearer, make_cast, make_judgment
from tests.models_app.published import publish
from tests.training.scores import make_score_job, pairs_project, scored_here, tiny_version
from training.models import TrainingJob

API = "/api/v1/training-jobs/"
NEW = "/projects/library/jobs/score/"
FORM = {"base_model": "library/finder@v1", "candidates": "all", "per_query": "", "run": "",
        "backend": "auto", "batch_size": "32"}  # fmt: skip


def ask(client: Client, cast: Cast, *, who: str = "manager", **fields: Any) -> Any:
    body = {"project": "library", "kind": "score", "base_model": "library/finder@v1", **fields}
    headers = bearer(getattr(cast, who)) if who else {}
    return client.post(API, body, content_type="application/json", **headers)


@pytest.mark.django_db(transaction=True)
def test_from_the_versions_page_to_the_queues(client: Client, cast: Cast, tmp_path: Path) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    empty = client.get(NEW).content.decode()
    assert "This project has no candidates yet." in empty
    assert "No version is published in this project yet." in empty
    make_judgment(pairs_project(cast.project, queries=2)[0], cast.annotator, grade=1)
    version = tiny_version(cast.project, tmp_path)
    shown = client.get("/library/finder/versions/1/").content.decode()
    assert f'href="{NEW}?version=library/finder%40v1"' in shown
    form = client.get(f"{NEW}?version=library/finder%40v1").content.decode()
    assert 'value="library/finder@v1"' in form
    assert "All: 10" in form
    assert "Without a judgment: 9" in form
    wrong = client.post(NEW, FORM | {"base_model": "library/finder@v9", "per_query": "0"})
    assert wrong.context["form"].errors.keys() == {"base_model", "per_query"}
    assert client.get(NEW).status_code == 200
    assert not TrainingJob.objects.exists()

    answer = client.post(NEW, FORM)
    job = TrainingJob.objects.get()
    page = f"/projects/library/jobs/{job.pk}/"
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert (job.base_revision, job.recipe["run"]) == (version.revision, "finder@v1")
    assert "Scores all candidates with library/finder@v1." in client.get(page).content.decode()
    scored_here(job, tmp_path)
    done = client.get(page).content.decode()
    assert "10 candidates of 2 queries have a score in the run" in done
    assert 'href="/projects/library/queue/?run=finder%40v1"' in done
    assert "finder@v1</code></td>" in client.get("/projects/library/jobs/").content.decode()
    queue = client.get("/projects/library/queue/?run=finder%40v1")
    assert queue.context["form"].initial["strategy"] == Strategy.UNCERTAINTY
    assert queue.content.decode().count(f'href="{NEW}"') == 2  # beside each order by scores

    api = client.get(f"{API}{job.pk}/", **bearer(cast.viewer)).json()
    assert (api["kind"], api["base_model"]) == ("score", "library/finder@v1")
    outcome = api["outcome"]
    assert (outcome["pairs"], outcome["run"], outcome["refused"]) == (10, "finder@v1", 0)
    assert outcome["pairs_per_second"] > 0
    assert outcome.keys().isdisjoint({"last_query", "scoring"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "key", "words"),
    [
        ({"base_model": "library/finder"}, "base_model", "Name a version of this registry"),
        ({"base_model": ""}, "base_model", "may not be blank"),
        ({"base_model": "other/finder@v1"}, "base_model", "There is no version other/finder@v1"),
        ({"recipe": {"per_query": 0}}, "recipe", "Must be at least 1"),
        ({"recipe": {"run": ""}}, "recipe", "Must be a name"),
        ({"recipe": {"bm25_depth": 2}}, "recipe", "Unknown key."),
        ({"snapshot": "1"}, "snapshot", "has no snapshot"),
        ({"reranker": "finder"}, "reranker", "has no reranker"),
        ({"recipe": {"candidates": "unjudged"}}, "candidates", "no such candidates"),
    ],
)
def test_what_is_wrong_is_named(
    client: Client, cast: Cast, tmp_path: Path, fields: dict[str, Any], key: str, words: str
) -> None:
    publish(cast.project, tmp_path / "own")
    publish(make_cast("other").project, tmp_path / "other")
    answer = ask(client, cast, **fields)
    assert answer.status_code == 400
    assert words in str(answer.json()["errors"][key])


@pytest.mark.django_db
def test_only_managers_of_the_project_may_ask(client: Client, cast: Cast, tmp_path: Path) -> None:
    pairs_project(cast.project, queries=1, passages=2)
    version = publish(cast.project, tmp_path)
    assert client.get(NEW).headers["Location"].startswith("/accounts/login/")
    assert ask(client, cast, who="").status_code == 401
    for who, status, made in (
        ("outsider", 404, 404),
        ("reviewer", 403, 403),
        ("manager", 200, 201),
    ):
        client.login(username=getattr(cast, who).username, password=PASSWORD)
        assert client.get(NEW).status_code == status
        if status != 200:
            assert client.post(NEW, FORM).status_code == status
        client.logout()
        assert ask(client, cast, who=who).status_code == made
    client.login(username=cast.manager.username, password=PASSWORD)
    assert client.delete(NEW).status_code == 405
    client.login(username=cast.reviewer.username, password=PASSWORD)
    assert NEW not in client.get("/library/finder/versions/1/").content.decode()
    # What scores is a version, whose name alone says nothing.
    job = make_score_job(cast, version)
    for fields in ({"base_revision": ""}, {"reranker": version.reranker}):
        values = {"base_revision": "0" * 40, **fields}
        with pytest.raises(IntegrityError, match="job_of_its_kind"), transaction.atomic():
            TrainingJob.objects.create(
                id="1" * 32, project=cast.project, kind="score", base_model="x", **values
            )
    rows = TrainingJob.objects.filter(pk=job.pk)
    rows.update(status="running", attempt=1, lease_expires_at="2100-01-01T00:00Z")
    with pytest.raises(IntegrityError, match="job_success_has_an_outcome"), transaction.atomic():
        rows.update(status="succeeded", lease_expires_at=None)


@pytest.mark.django_db
def test_a_queue_that_looks_at_no_scores_is_left_alone(cast: Cast) -> None:
    for strategy, run, asked in (
        (Strategy.RANDOM, None, False), (Strategy.QUERY, None, False),
        (Strategy.UNJUDGED, None, True), (Strategy.UNJUDGED, "a", True),
        (Strategy.UNJUDGED, "b", False), (Strategy.UNCERTAINTY, "b", False),
        (Strategy.UNCERTAINTY, "a", True),
    ):  # fmt: skip
        for name in ("a", "b"):
            run_ensure(project=cast.project, name=name, version="0" * 40)
        set_queue(cast.project, strategy=strategy, run=run and cast.project.runs.get(name=run))
        queue_arrange(project_id=cast.project.pk)
        queue_rescore(project=cast.project, run="a")
        assert (queue_of(cast.project).status == "queued") is asked, (strategy, run)
