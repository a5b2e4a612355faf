"""A finished job has published exactly one version, however often it was started."""

from pathlib import Path

import pytest

from models_app.models import Version
from tests.factory import Cast
from tests.models_app.published import publish
from tests.training.jobs import RECIPE, make_job, run_job, tiny_base
from training.lineage import NO_CHECKOUT, code_facts
from training.models import EventKind, TrainingJob
from training.scratch import scratch_path
from training.selectors import metrics_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_goes_from_snapshot_to_version_once(cast: Cast, tmp_path: Path) -> None:
    job = make_job(cast, tiny_base(tmp_path))
    done = run_job(job)
    job.refresh_from_db()
    assert (done.returncode, job.status) == (0, "succeeded"), done.stderr + job.traceback
    version = Version.objects.get()
    assert (version.job, version.reranker, version.number) == (job.pk, job.reranker, 1)
    check_record(job, version)
    before = TrainingJob.objects.values().get()
    events = job.events.count()
    assert run_job(job).returncode == 0
    assert TrainingJob.objects.values().get() == before
    assert (job.events.count(), Version.objects.count()) == (events, 1)


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
    assert job.base_used == version.lineage["base_model"]
    metrics = metrics_of(job)
    assert metrics == version.metrics
    assert set(metrics) == {"dev", "test"}
    assert set(metrics["test"]) == {"first_stage", "bm25", "base", "model"}
    test = job.snapshot.statistics["splits"]["test"]
    assert metrics["test"]["model"]["nDCG@10"]["n"] == test["queries"]
    rows = job.query_scores.filter(split="test", system="model")
    mean = sum(row.values["nDCG@10"] for row in rows) / rows.count()
    assert rows.count() == test["queries"]
    assert mean == pytest.approx(metrics["test"]["model"]["nDCG@10"]["value"])
    assert version.snapshot_digest == job.snapshot.digest == version.lineage["snapshot"]
    assert version.lineage["code"] == code_facts()
    assert version.lineage["packages"]["torch"].startswith("2.")
    card_sources = version.facts["labels"]["sources"]
    assert card_sources == [{"kind": "import", "name": "labels", "judgments": 24 * 6, "detail": ""}]


def test_a_version_that_is_there_already_finishes_its_job(cast: Cast, tmp_path: Path) -> None:
    base = tiny_base(tmp_path)
    job = make_job(cast, base)
    publish(cast.project, Path(base), name=job.reranker.name, job=job.pk, saved=True)
    assert run_job(job).returncode == 0
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert "earlier attempt" in job.events.latest("pk").data["line"]
    assert Version.objects.count() == 1


def test_code_outside_of_a_checkout_says_so(tmp_path: Path) -> None:
    assert code_facts(tmp_path) == {"git_commit": NO_CHECKOUT, "modified": None}
