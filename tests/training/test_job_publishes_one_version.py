"""A job by hand: it publishes one version, and running it again changes nothing."""

from pathlib import Path

import pytest

from models_app.models import Version
from tests.factory import Cast
from tests.training.jobs import make_job, run_job, tiny_base

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_goes_from_snapshot_to_version(cast: Cast, tmp_path: Path) -> None:
    job = make_job(cast, tiny_base(tmp_path))
    done = run_job(job)
    job.refresh_from_db()
    assert (done.returncode, job.status) == (0, "succeeded"), done.stderr + job.traceback
    version = Version.objects.get()
    assert (version.job, version.reranker, version.number) == (job.pk, job.reranker, 1)
