"""Slices that a team made stand in the figures of jobs; an erased text leaves them there too."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client

from accounts.models import Project
from annotate.frozen.slicing import Conditions
from annotate.models import Snapshot
from annotate.services.erasing import erasure_create
from annotate.services.slices import slice_save
from models_app.models import Version
from tests.factory import PASSWORD, Cast, make_candidate, make_label, make_passage, make_query
from tests.training.jobs import frozen_snapshot, label_project, make_job, run_job, tiny_base
from training.models import TrainingJob
from training.services.erasing import erasure_run
from training.services.evaluating import evaluation_ask

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TOLD = "has Ada Byron of Saint James Square the gout again"
QUOTE = "Ada Byron of Saint James"


def made(facts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    [table] = [each for each in facts["slices"] if each["kind"] == "made"]
    return {each["name"]: each for each in table["slices"]}


def slices_make(project: Project) -> None:
    for name, asked in (
        ("Files", Conditions(words=("READ A",))),
        ("Her", Conditions(words=(QUOTE,))),
        ("None", Conditions(least=90)),
    ):
        slice_save(project=project, name=name, conditions=asked, by=None)


def run(job: TrainingJob) -> TrainingJob:
    done = run_job(job)
    job.refresh_from_db()
    assert job.status == "succeeded", (job.error, done.stderr)
    return job


def test_a_slice_is_reported_by_a_training_and_by_an_evaluation(
    cast: Cast, client: Client, tmp_path: Path
) -> None:
    project = cast.project
    label_project(project)
    told = make_query(project, TOLD, "ada")
    for row in range(4):
        make_label(make_candidate(told, make_passage(project, f"leeches {row}")), row % 2)
    slices_make(project)
    snapshot = frozen_snapshot(project)
    run(make_job(cast, tiny_base(tmp_path), snapshot=snapshot, reranker="finder"))
    version = Version.objects.get()
    found = made(version.facts)
    assert found.keys() == {"Files", "Her", "None"}
    test = snapshot.statistics["splits"]["test"]["queries"]
    assert test - 1 <= found["Files"]["queries"] <= test
    assert {each["system"] for each in found["Files"]["figures"]} >= {"model", "bm25", "base"}
    assert (found["None"]["queries"], found["None"]["figures"]) == (0, [])

    measured = evaluate(cast, snapshot)
    assert measured.outcome is not None
    values = {
        name: [each["value"] for each in row["figures"] if each["system"] == "model"]
        for name, row in made(measured.outcome).items()
    }
    assert values["Files"] == pytest.approx(
        [each["value"] for each in found["Files"]["figures"] if each["system"] == "model"]
    )
    client.login(username=cast.manager.username, password=PASSWORD)
    page = f"/projects/library/jobs/{measured.pk}/"
    assert QUOTE in client.get(page).content.decode()

    rewritten = {**measured.outcome, "slices": []}
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        TrainingJob.objects.filter(pk=measured.pk).update(outcome=rewritten)
    erasure = erasure_create(subject=told, by=cast.manager, reason="She asked for it.")
    erasure_run(erasure_id=erasure.pk)
    version.refresh_from_db()
    measured.refresh_from_db()
    for facts in (version.facts, measured.outcome):
        left = made(facts)
        assert left.keys() == {"Files", "(erased)", "None"}
        assert left["Files"]["queries"] == found["Files"]["queries"]
        assert left["(erased)"]["conditions"] == {}
    assert [row.name for row in project.slices.all()] == ["Files", "None"]
    assert not found_in_jobs_and_versions(QUOTE)
    assert QUOTE not in client.get(page).content.decode()


def evaluate(cast: Cast, snapshot: Snapshot) -> TrainingJob:
    asked = evaluation_ask(
        project=cast.project, created_by=cast.manager, snapshot=snapshot,
        base_model="library/finder@v1", recipe={},
    )  # fmt: skip
    return run(asked.job)


def found_in_jobs_and_versions(needle: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM training_trainingjob WHERE outcome::text ILIKE %s)"
            " OR EXISTS (SELECT FROM models_app_version WHERE facts::text ILIKE %s)",
            [f"%{needle}%"] * 2,
        )
        return bool(cursor.fetchone()[0])
