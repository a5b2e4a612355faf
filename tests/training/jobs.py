"""Jobs for tests: a labelled project, a frozen snapshot, a tiny base, and real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

from celery import current_app
from django.conf import settings
from django.db import connection
from django.test import override_settings

from accounts.models import Project, User
from annotate.models import Snapshot
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from models_app.models import Version
from models_app.services.rerankers import reranker_ensure
from tests.factory import (
    Cast,
    make_candidate,
    make_label,
    make_passage,
    make_proposal,
    make_query,
    make_ready,
)
from tests.models_app.published import version_row
from tests.tiny import tiny_cross_encoder
from training.models import EventKind, JobMetric, JobQueryScore, TrainingJob
from training.services.bell import QUEUE
from training.services.claims import Report, job_claim, job_report
from training.services.jobs import job_create

TOPICS = ("file", "date", "list", "url", "json", "text")
RECIPE = {
    "max_length": 64,
    "learning_rate": 1e-2,
    "logging_steps": 2,
    "max_steps": 6,
    "bf16": False,
}
LONG = {**RECIPE, "max_steps": 1_000_000, "logging_steps": 50}


def label_project(
    project: Project, *, queries: int = 24, relevant: bool = True, words: int = 0
) -> None:
    """Label six candidates of each query; with `relevant`, two of them as 1."""
    for number in range(queries):
        topic = TOPICS[number % len(TOPICS)]
        query = make_query(project, f"how to read a {topic} number {number}", f"q{number}")
        for row in range(6):
            good = relevant and row % 3 == number % 3
            text = f"{'open and read' if good else 'close'} the {topic} {number} row {row}"
            passage = make_passage(project, text + " json" * words, f"q{number}p{row}")
            candidate = make_candidate(query, passage)
            make_proposal(candidate, "first", row + 1)
            make_label(candidate, int(good))


def frozen_snapshot(project: Project, **fields: Any) -> Snapshot:
    snapshot = snapshot_create(project=project, created_by=None, **fields)
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.ready, snapshot.error
    return snapshot


def ready_snapshot(project: Project, **fields: Any) -> Snapshot:
    """Return a snapshot that counts as ready and has no files: enough to ask for jobs."""
    return make_ready(Snapshot.objects.create(project=project, **fields))


def tiny_base(folder: Path) -> str:
    """Return the absolute path of a fresh tiny cross-encoder, which is a base model's name."""
    return str(tiny_cross_encoder(folder / "tiny-base"))


def make_job(
    cast: Cast, base: str, recipe: dict[str, Any] | None = None, **fields: Any
) -> TrainingJob:
    """Ask for a job on a freshly frozen snapshot of the cast's project."""
    if not cast.project.queries.exists():
        label_project(cast.project)
    user: User = fields.pop("created_by", cast.manager)
    snapshot = fields.pop("snapshot", None) or frozen_snapshot(cast.project)
    roots = [str(Path(base).parent)] if Path(base).is_absolute() else []
    with override_settings(BASE_MODEL_FOLDERS=roots):
        return job_create(
            project=cast.project,
            created_by=user,
            snapshot=snapshot,
            base_model=base,
            recipe=RECIPE if recipe is None else recipe,
            **fields,
        )


def bare_version(job: TrainingJob) -> Version:
    """Give a running job the version without which it cannot have succeeded."""
    _, reranker = job.parts
    return version_row(
        reranker=reranker,
        number=reranker.versions.count() + 1,
        revision=token_hex(20),
        job=job.pk,
        base_model=job.base_model,
    )


def running_job(
    project: Project, *, reranker: str = "finder", snapshot: Snapshot | None = None, **fields: Any
) -> TrainingJob:
    """Return a job that may publish a version of `reranker` now."""
    job = TrainingJob.objects.create(
        id=uuid4(),
        project=project,
        snapshot=snapshot or ready_snapshot(project),
        reranker=reranker_ensure(project=project, name=reranker, created_by=None),
        base_model="base",
        **fields,
    )
    assert job_claim(job_id=job.pk, worker=f"host:{job.pk}")
    return job


def make_job_history(cast: Cast, size: int) -> dict[str, UUID]:
    """Make `size` finished jobs with versions, figures and long logs, then a running one."""
    for _ in range(size):
        finished = _told(cast, size)
        bare_version(finished)
        JobMetric.objects.bulk_create(
            JobMetric(job=finished, split="test", system=name, metric="nDCG@10", value=0.5, n=9)
            for name in ("first_stage", "bm25", "base", "model")
        )
        JobQueryScore.objects.bulk_create(
            JobQueryScore(
                job=finished, split="test", system=name, query_id=f"q{row}",
                values={"nDCG@10": 0.5}, top=[["p", 0.5]],
            )
            for name in ("bm25", "base", "model")
            for row in range(size)
        )  # fmt: skip
        TrainingJob.objects.filter(pk=finished.pk).update(
            status="succeeded", stage="finish", lease_expires_at=None
        )
    return {"finished_job": finished.pk, "running_job": _told(cast, size).pk}


def _told(cast: Cast, size: int) -> TrainingJob:
    """Return a running job that has told of `size` training steps."""
    job = job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=ready_snapshot(cast.project),
        base_model="",
        recipe={},
    )
    claim = job_claim(job_id=job.pk, worker=f"host:{job.pk}")
    assert claim is not None
    events: list[tuple[EventKind, dict[str, Any]]] = [(EventKind.STAGE, {"stage": "train"})]
    for step in range(size):
        events.append((EventKind.LOG, {"line": f"line {step}"}))
        loss = {"step": step, "epoch": 0.1, "values": {"loss": 0.5}}
        events.append((EventKind.METRIC, loss))
    job_report(claim=claim, report=Report(stage="train", events=events))
    job_report(claim=claim, report=Report(done=size, total=100))
    return job


def environment(**changes: str) -> dict[str, str]:
    """Return the environment in which a process of ours sees the test's database and files."""
    url = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
    return {
        **os.environ,
        "DATABASE_URL": database,
        "ARBITER_HOME": str(settings.ARBITER_HOME),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "JOB_HEARTBEAT_SECONDS": "0.5",
        "JOB_LEASE_SECONDS": "6",
        "JOB_CHECKPOINT_SECONDS": "0.1",
        "OMP_NUM_THREADS": "1",
        **changes,
    }


def run_job_argv(job: TrainingJob) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "run_job", str(job.pk)]


def run_job(job: TrainingJob, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a job by hand to its end."""
    return subprocess.run(
        run_job_argv(job), env=environment(**changes), capture_output=True, text=True, timeout=240
    )


@contextmanager
def started(argv: list[str], log: Path, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process in a group of its own and kill the group at the end."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            argv,
            env=environment(**changes),
            cwd=settings.BASE_DIR,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


TRAINER = (
    "-m", "celery", "-A", "config", "worker", "--pool", "solo", "--queues", "trainer",
    "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO",
)  # fmt: skip


@contextmanager
def trainer(log: Path, name: str = "trainer", **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a real trainer, wait until it listens, and kill what is left of it at the end."""
    before = log.stat().st_size if log.exists() else 0
    argv = [sys.executable, *TRAINER, "--hostname", f"{name}@%h"]
    with started(argv, log, **changes) as process:
        wait_for(lambda: b" ready." in log.read_bytes()[before:], 60, log)
        yield process


def wait_for(done: Callable[[], bool], seconds: float, log: Path | None = None) -> None:
    """Wait until `done()`; fail with the end of the log after `seconds`."""
    deadline = time.monotonic() + seconds
    while not done():
        tail = log.read_text(errors="replace")[-3000:] if log and log.exists() else ""
        assert time.monotonic() < deadline, f"this took longer than {seconds} s\n{tail}"
        time.sleep(0.05)


def wait_for_status(job: TrainingJob, *wanted: str, seconds: float = 120, log: Path | None = None
) -> None:  # fmt: skip
    def reached() -> bool:
        job.refresh_from_db()
        return job.status in wanted

    wait_for(reached, seconds, log)


def wait_for_training(job: TrainingJob, log: Path | None = None) -> None:
    """Wait until the job's first training step is through."""

    def training() -> bool:
        job.refresh_from_db()
        assert not job.finished, f"{job.error}\n{job.traceback}"
        return job.stage == "train" and job.done > 0

    wait_for(training, 120, log)


def empty_queue() -> None:
    """Forget what earlier tests have rung for."""
    with current_app.connection_for_write() as broker:
        channel: Any = broker.default_channel
        channel.queue_purge(QUEUE)
