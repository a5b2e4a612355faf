"""A finished job has published exactly one version, however often it was started, and keeps its
lease while it stores large files."""

import sys
import time
from pathlib import Path

import pytest

from models_app.cards.evidence import weaknesses
from models_app.models import Version
from tests.factory import Cast
from tests.models_app.published import lineage_made, publish
from tests.training.jobs import (
    RECIPE,
    frozen_snapshot,
    label_project,
    make_job,
    run_job,
    started,
    tiny_base,
)
from training.models import EventKind, TrainingJob
from training.process.lineage import NO_CHECKOUT, code_facts
from training.process.scratch import scratch_path
from training.selectors.jobs import metrics_of
from training.services.jobs import jobs_sweep

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


# A job process whose storage takes three leases for one file, as a bucket far away does.
SLOW = """
import sys, time, uuid
import django
django.setup()
from accounts.blobs import DurableFileSystemStorage
save = DurableFileSystemStorage._save
def slowly(self, name, content):
    if content.name.endswith("model.safetensors"):
        time.sleep(6)
    return save(self, name, content)
DurableFileSystemStorage._save = slowly
from training.process.running import job_run
sys.exit(job_run(job_id=uuid.UUID(sys.argv[1])))
"""


def test_a_job_goes_from_snapshot_to_version_once(cast: Cast, tmp_path: Path) -> None:
    """From a base of the registry that has seen some of the test, through storage that is slow."""
    label_project(cast.project)
    first, second = (frozen_snapshot(cast.project, seed=seed) for seed in (1, 2))
    folder = Path(tiny_base(tmp_path))
    lineage, digest = lineage_made(None), first.digest
    base = publish(cast.project, folder, saved=True, snapshot_digest=digest, lineage=lineage)
    job = make_job(cast, str(base), snapshot=second)
    run_while_swept(job, tmp_path / "job.log")
    version = Version.objects.get(job=job.pk)
    assert (version.reranker, version.number) == (job.reranker, 1)
    check_record(job, version)
    check_base(job, version, base)
    before = TrainingJob.objects.values().get()
    events = job.events.count()
    assert run_job(job).returncode == 0
    assert TrainingJob.objects.values().get() == before
    assert (job.events.count(), Version.objects.count()) == (events, 2)


def run_while_swept(job: TrainingJob, log: Path) -> None:
    """Run a job to its end; the sweep never finds its lease run out, however long files take."""
    argv, storing = [sys.executable, "-c", SLOW, str(job.pk)], 0.0
    with started(argv, log, JOB_LEASE_SECONDS="2", JOB_HEARTBEAT_SECONDS="0.3") as process:
        while process.poll() is None:
            began = time.monotonic()
            time.sleep(0.2)
            jobs_sweep()
            job.refresh_from_db()
            assert job.losses == 0, list(job.events.values_list("data", flat=True))
            if job.stage == "register":
                storing += time.monotonic() - began
        assert process.returncode == 0, log.read_text()
    job.refresh_from_db()
    assert (job.status, job.lease_expires_at) == ("succeeded", None), job.error + job.traceback
    assert storing > 4, "the storage was not slow: this test has tested nothing"


def check_record(job: TrainingJob, version: Version) -> None:
    """What the job stored agrees with the version's own record."""
    assert (job.stage, job.attempt, job.losses) == ("finish", 1, 0)
    assert not scratch_path(job.worker).exists()
    stages = [row.data["stage"] for row in job.events.filter(kind=EventKind.STAGE)]
    assert stages == ["claim", "load", "baseline", "train", "evaluate", "register", "finish"]
    losses = [row.data for row in job.events.filter(kind=EventKind.METRIC)]
    assert {"loss"} <= {name for row in losses for name in row["values"]}
    assert max(row["step"] for row in losses) == RECIPE["max_steps"]
    assert {1, RECIPE["max_steps"]} <= {row["step"] for row in losses if "loss" in row["values"]}
    assert job.memory is not None
    assert job.memory["peak_bytes"] >= job.memory["bytes"] > 100 << 20
    assert any(row["values"].get("memory_bytes", 0) > 100 << 20 for row in losses)
    metrics = metrics_of(job)
    assert metrics == version.metrics
    assert set(metrics) == {"dev", "test"}
    systems = {"first_stage", "bm25", "base", "model"}
    assert set(metrics["test"]) == systems | {"random_order", "best_order", "one_answer"}
    assert set(job.query_scores.values_list("system", flat=True)) == systems
    test = job.parts[0].statistics["splits"]["test"]
    assert metrics["test"]["model"]["nDCG@10"]["n"] == test["queries"]
    rows = job.query_scores.filter(split="test", system="model")
    mean = sum(row.values["nDCG@10"] for row in rows) / rows.count()
    assert rows.count() == test["queries"]
    assert mean == pytest.approx(metrics["test"]["model"]["nDCG@10"]["value"])
    assert version.snapshot_digest == job.parts[0].digest == version.lineage["snapshot"]
    assert version.lineage["code"] == code_facts()
    assert version.lineage["packages"]["torch"].startswith("2.")
    assert version.facts["first_stage"] == {"run": "first"}
    measured = {row["split"]: row for row in version.facts["evaluation"]["splits"]}
    assert measured["test"]["ranked"] == measured["test"]["counts"]["pairs"] == test["pairs"]
    card_sources = version.facts["labels"]["sources"]
    assert card_sources == [{"kind": "import", "name": "labels", "judgments": 24 * 6, "detail": ""}]


def check_base(job: TrainingJob, version: Version, base: Version) -> None:
    """The base is named and pinned, and what it has seen of the test is called out."""
    assert job.base_used == version.lineage["base_model"]
    assert (job.base_used["loaded"], job.base_used["revision"]) == (str(base), base.revision)
    seen = version.facts["exposure"]
    assert seen["test"] > 0
    words = f"trained on {seen['test']} of the {seen['test_queries']} test queries"
    lines = [row.data.get("line", "") for row in job.events.all()]
    assert any(words in line for line in lines)
    assert any(words in line for line in weaknesses(version.facts))


def test_code_outside_of_a_checkout_says_so(tmp_path: Path) -> None:
    assert code_facts(tmp_path) == {"git_commit": NO_CHECKOUT, "modified": None}
