"""`POST /api/v1/training-jobs/` with `kind: pool`: one spec, checked whole, frozen with the job."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from tests.factory import Cast, bearer
from tests.training.jobs import ready_snapshot
from tests.training.pools import make_pool_job, pooled_here, texts_project
from training.models import TrainingJob
from training.services.jobs import job_cancel

pytestmark = pytest.mark.django_db
URL = "/api/v1/training-jobs/"


def ask(client: Client, cast: Cast, *, who: str = "manager", **fields: Any) -> Any:
    body = {"project": "library", "kind": "pool", **fields}
    headers = bearer(getattr(cast, who)) if who else {}
    return client.post(URL, body, content_type="application/json", **headers)


@pytest.mark.django_db(transaction=True)
def test_a_job_is_asked_for_and_tells_its_outcome(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    texts_project(cast.project)
    cast.project.language = "de-CH"
    cast.project.save()
    recipe = {"bi_encoder_depth": 0, "queries": "listed", "query_ids": ["q2", "q3"]}
    answer = ask(client, cast, recipe=recipe)
    made = answer.json()
    assert answer.status_code == 201, made
    assert (made["kind"], made["snapshot"], made["reranker"], made["repo_id"]) == (
        "pool", None, None, None,
    )  # fmt: skip
    assert made["recipe"] | recipe | {"language": "de", "bm25_depth": 20} == made["recipe"]
    assert (made["outcome"], made["metrics"], made["warning"]) == (None, {}, "")
    pooled_here(TrainingJob.objects.get(pk=made["id"]), tmp_path / "work")
    headers = bearer(cast.viewer)
    outcome = client.get(f"{URL}{made['id']}/", **headers).json()["outcome"]
    assert (outcome["queries"], outcome["new"]) == (2, outcome["pairs"])
    assert outcome["systems"]["bm25"]["proposed"] == outcome["pairs"]
    assert "last_query" not in outcome
    listed = client.get(f"{URL}?kind=pool", **headers).json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]


@pytest.mark.parametrize(
    ("fields", "key", "words"),
    [
        ({"recipe": {"bm25_dept": 1}}, "recipe", "Did you mean bm25_depth?"),
        ({"recipe": {"learning_rate": 1}}, "recipe", "Unknown key."),
        ({"recipe": {"queries": "listed", "query_ids": ["nobody"]}}, "query_ids", "nobody"),
        ({"recipe": {"language": "xx"}}, "recipe", "Must be one of"),
        ({"snapshot": "1"}, "snapshot", "has no snapshot"),
        ({"reranker": "finder"}, "reranker", "has no reranker"),
        ({"base_model": "/etc"}, "base_model", "BASE_MODEL_FOLDERS"),
        ({"kind": "train"}, "snapshot", "Name the snapshot"),
    ],
)
def test_what_is_wrong_is_named(
    client: Client, cast: Cast, fields: dict[str, Any], key: str, words: str
) -> None:
    texts_project(cast.project, queries=1, passages=1)
    answer = ask(client, cast, **fields)
    assert answer.status_code == 400
    assert words in str(answer.json()["errors"][key])


def test_only_managers_may_ask(client: Client, cast: Cast) -> None:
    texts_project(cast.project, queries=1, passages=1)
    statuses = [
        ask(client, cast, who=who).status_code for who in ("outsider", "annotator", "manager")
    ]
    assert statuses == [404, 403, 201]
    assert ask(client, cast, who="").status_code == 401


def test_the_database_keeps_each_kind_to_its_parts(cast: Cast) -> None:
    texts_project(cast.project, queries=1, passages=1)
    job = make_pool_job(cast)
    snapshot = ready_snapshot(cast.project)
    wrong = (
        {"kind": "train"},
        {"kind": "pool", "snapshot": snapshot},
        {"kind": "train", "snapshot": snapshot},
    )
    for fields in wrong:
        with pytest.raises(IntegrityError, match=r"job_of_|of one project"), transaction.atomic():
            TrainingJob.objects.create(
                id=f"{len(fields)}" * 32, project=cast.project, base_model="x", **fields
            )
    rows = TrainingJob.objects.filter(pk=job.pk)
    with pytest.raises(IntegrityError, match=r"what job .* runs is fixed"), transaction.atomic():
        rows.update(recipe={})
    job_cancel(job=job, by=cast.manager)
    with pytest.raises(IntegrityError, match="is finished and never changes"), transaction.atomic():
        rows.update(outcome={"new": 1})
    other = make_pool_job(cast)
    rows = TrainingJob.objects.filter(pk=other.pk)
    rows.update(status="running", attempt=1, lease_expires_at="2100-01-01T00:00Z")
    with pytest.raises(IntegrityError, match="job_success_has_an_outcome"), transaction.atomic():
        rows.update(status="succeeded", lease_expires_at=None)
