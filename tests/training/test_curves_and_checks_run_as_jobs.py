"""A learning curve and a check of labels end as jobs, with checkpoints kept at every step."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from tests.factory import Cast
from tests.training.jobs import frozen_snapshot, label_project, run_job, tiny_base
from tests.training.scores import tiny_version
from training.learned import CurveOutcome, DoubtOutcome
from training.models import JobDoubt, TrainingJob
from training.process.scratch import work_path
from training.services.held_out import curve_create, doubt_create

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
RECIPE: dict[str, Any] = {"folds": 2, "max_steps": 4, "max_length": 32, "bf16": False}


def test_a_curve_and_a_check_end_with_what_they_found(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project, queries=48)
    asked: dict[str, Any] = {
        "project": cast.project,
        "created_by": cast.manager,
        "snapshot": frozen_snapshot(cast.project),
        "base_model": tiny_base(tmp_path),
    }
    with override_settings(BASE_MODEL_FOLDERS=[str(tmp_path)]):
        curve = curve_create(**asked, recipe={**RECIPE, "sizes": 3, "repeats": 2})
        check = doubt_create(**asked, recipe={**RECIPE, "most": 10})
    ended(curve)
    found = CurveOutcome.from_dict(curve.outcome)
    assert [point["queries"] for point in found.points] == sorted(
        point["queries"] for point in found.points
    )
    assert len(found.points) == 3
    ended(check)
    assert DoubtOutcome.from_dict(check.outcome).folds == 2
    assert JobDoubt.objects.filter(job=check).count() == 10


def test_a_base_that_has_learned_the_labels_is_no_judge_of_them(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project, queries=48)
    # On another division of these labels: which queries it knows is seen once they are read.
    version = tiny_version(
        cast.project, tmp_path, snapshot_digest=frozen_snapshot(cast.project).digest
    )
    snapshot = frozen_snapshot(cast.project, seed=7)
    for create in (curve_create, doubt_create):
        job = create(
            project=cast.project, created_by=cast.manager, snapshot=snapshot,
            base_model=str(version), recipe={"max_length": 32, "bf16": False},
        )  # fmt: skip
        run_job(job)
        job.refresh_from_db()
        assert job.status == "failed"
        known, of = re.findall(r"has learned from (\d+) of these (\d+) queries", job.error)[0]
        assert 0 < int(known) <= int(of) == 43
        assert "Take the model that it was trained from" in job.error


def ended(job: TrainingJob) -> None:
    done = run_job(
        job, JOB_CHECKPOINT_SECONDS="0", BASE_MODEL_FOLDERS=str(Path(job.base_model).parent)
    )
    job.refresh_from_db()
    assert (done.returncode, job.status) == (0, "succeeded"), job.error + job.traceback
    # Its trainings have checkpoints of their own, and none of them is the job's.
    assert job.checkpoint is None
    assert not work_path(job.pk).exists()
