"""What the registry's tests share."""

from pathlib import Path

import pytest

from models_app.models import Version
from tests.factory import Cast
from tests.models_app.published import publish
from tests.training.jobs import running_job


@pytest.fixture
def version(cast: Cast, tmp_path: Path) -> Version:
    """`library/finder@v1`, published by the manager's job."""
    job = running_job(cast.project)
    return publish(cast.project, tmp_path / "model", by=cast.manager, job=job.pk)
