"""The work folder of a pooling job stays for its next attempt, and goes when the job is over."""

import shutil
from uuid import uuid4

import pytest

from tests.factory import Cast
from tests.training.pools import make_pool_job, texts_project
from training.process.scratch import work_path, works_clear
from training.services.jobs import job_cancel

pytestmark = pytest.mark.django_db


def test_only_folders_of_jobs_that_are_over_go(cast: Cast) -> None:
    texts_project(cast.project, queries=1, passages=1)
    waiting, cancelled = make_pool_job(cast), make_pool_job(cast)
    job_cancel(job=cancelled, by=cast.manager)
    folders = {key: work_path(key) for key in (waiting.pk, cancelled.pk, uuid4())}
    for folder in folders.values():
        folder.mkdir(parents=True)
    works_clear()
    assert [key for key, folder in folders.items() if folder.exists()] == [waiting.pk]
    shutil.rmtree(folders[waiting.pk])
    works_clear()
