"""A job measures itself against its reranker's champion, as it is when the job is claimed."""

import shutil
from pathlib import Path

import pytest
from django.test import Client

from accounts.blobs import blob_drop
from models_app.models import Version
from models_app.services.rerankers import alias_move
from tests.factory import Cast, bearer
from tests.models_app.published import publish
from tests.tiny_run import tiny_run
from tests.training.jobs import make_job, run_job, running_job, tiny_base
from training.models import JobQueryScore
from training.process.preparing import champion_fetch

pytestmark = pytest.mark.django_db(transaction=True)


def champion(cast: Cast, folder: Path) -> Version:
    """A version that really scores, and the alias on it."""
    shutil.copytree(tiny_run("agro").outcome.folder, folder)
    version = publish(cast.project, folder, saved=True)
    alias_move(
        reranker=version.reranker, name="champion", version=version, reason="x", by_setup=True
    )
    return version


def test_a_job_is_set_against_it(client: Client, cast: Cast, tmp_path: Path) -> None:
    first = champion(cast, tmp_path / "first")
    job = make_job(cast, tiny_base(tmp_path), reranker="finder")
    assert run_job(job).returncode == 0
    version = Version.objects.get(job=job.pk)
    said = version.facts["champion"]
    assert (said["version"], said["missing"]) == (str(first), None)
    assert said["exposure"]["unread"] == [str(first)]  # what it was trained on is not here
    path = f"/api/v1/rerankers/library/finder/versions/{version.number}/"
    verdict = client.get(path, **bearer(cast.viewer)).json()["verdict"]
    assert [each["system"] for each in verdict["against"]] == [
        "base", "bm25", "first_stage", "champion",
    ]  # fmt: skip
    asked = client.get(f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)).json()
    assert asked["verdict"] == verdict
    assert "champion" in asked["metrics"]["test"]
    tops = JobQueryScore.objects.filter(job=job, split="test", system="champion")
    assert all(len(row.top) == 6 for row in tops)
    assert not any(row.top for row in JobQueryScore.objects.filter(job=job, split="dev"))


def test_one_whose_files_are_gone_stops_no_job(cast: Cast, tmp_path: Path) -> None:
    job = running_job(cast.project)
    assert champion_fetch(job, tmp_path / "none") is None
    version = champion(cast, tmp_path / "first")
    found = champion_fetch(job, tmp_path / "fetched")
    assert found is not None
    assert found.base is not None
    assert found.base.info.loaded == str(version)
    blob_drop(version.artifacts.get(path="model.safetensors").sha256)
    again = champion_fetch(job, tmp_path / "again")
    assert again is not None
    assert again.base is None
    assert "cannot be read back" in again.missing
