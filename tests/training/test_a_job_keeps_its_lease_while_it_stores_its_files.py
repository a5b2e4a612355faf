"""Storing a large model may take longer than a lease: the job stays with its process."""

import sys
import time
from pathlib import Path

import pytest

from models_app.models import Version
from tests.factory import Cast
from tests.training.jobs import make_job, started, tiny_base
from training.models import TrainingJob
from training.services.jobs import jobs_sweep

pytestmark = pytest.mark.django_db(transaction=True)
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
from training.running import job_run
sys.exit(job_run(job_id=uuid.UUID(sys.argv[1])))
"""


def test_slow_storage_does_not_cost_the_job(cast: Cast, tmp_path: Path) -> None:
    job = make_job(cast, tiny_base(tmp_path))
    argv = [sys.executable, "-c", SLOW, str(job.pk)]
    log = tmp_path / "job.log"
    storing = 0.0
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
    assert (job.status, job.attempt) == ("succeeded", 1), job.error + job.traceback
    assert storing > 4, "the storage was not slow: this test has tested nothing"
    assert Version.objects.get().job == job.pk
    assert TrainingJob.objects.get().lease_expires_at is None
