"""Why the set-up named the sample's champion: the measured figures, and no lead that is none."""

from pathlib import Path
from typing import Any

import pytest

from accounts.services import project_create
from models_app.models import AliasMove, Version
from models_app.services.rerankers import reranker_ensure
from tests.factory import Cast
from tests.models_app.published import differences_made, facts_made, metrics_made, publish
from tests.training.jobs import ready_snapshot
from training.models import TrainingJob
from training.selectors.standing import standing_of
from training.services import sample
from training.services.claims import job_claim
from training.services.jobs import job_create

pytestmark = pytest.mark.django_db


def facts_with(**row: float | None) -> dict[str, Any]:
    """Facts whose difference to the first stage on test is `row`, to the others a clear lead."""
    facts = facts_made()
    rows = differences_made()
    facts["evaluation"]["splits"][0]["differences"] = [
        each | row if each["against"] == "first_stage" else each for each in rows
    ]
    return facts


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            {"delta": -0.007, "low": -0.04, "high": 0.02, "p_holm": 0.6},
            "not shown to differ from the first stage.",
        ),
        (
            {"delta": 0.0, "low": None, "high": None, "p_holm": 1.0},
            "not shown to differ from the first stage.",
        ),
        (
            {"delta": 0.21, "low": 0.13, "high": 0.29, "p_holm": 0.01},
            "better than the first stage by 0.210 (95% interval 0.130 to 0.290).",
        ),
        (
            # The interval of this one alone does not go by the whole family.
            {"delta": 0.21, "low": 0.01, "high": 0.41, "p_holm": 0.09},
            "not shown to differ from the first stage.",
        ),
        (
            {"delta": -0.1, "low": -0.15, "high": -0.05, "p_holm": 0.02},
            "worse than the first stage by 0.100 (95% interval 0.050 to 0.150).",
        ),
    ],
)
def test_a_lead_is_what_the_stored_test_shows(
    cast: Cast, tmp_path: Path, row: dict[str, float | None], words: str
) -> None:
    version = publish(cast.project, tmp_path / "m", facts=facts_with(**row))
    said = standing_of(Version.objects.get(pk=version.pk))
    assert said == f"nDCG@10 0.810 on 40 test queries; BM25 0.640, first stage 0.600: {words}"


def test_without_a_first_stage_it_is_measured_against_bm25(cast: Cast, tmp_path: Path) -> None:
    metrics = metrics_made(0.81)
    del metrics["test"]["first_stage"]
    version = publish(cast.project, tmp_path / "m", metrics=metrics)
    assert "BM25 0.640: better than BM25 by 0.170" in standing_of(version)
    bare = publish(cast.project, tmp_path / "bare", metrics={}, facts={}, seed=2)
    assert standing_of(bare) == "It was not measured on a test split."


def set_up(cast: Cast) -> TrainingJob:
    project = project_create(slug=sample.SLUG, name="Sample", owner=cast.owner)
    return job_create(
        project=project,
        created_by=None,
        snapshot=ready_snapshot(project),
        base_model="",
        recipe={},
        reranker=sample.RERANKER,
    )


def test_the_reason_of_the_move_states_the_figures(cast: Cast, tmp_path: Path) -> None:
    job = set_up(cast)
    facts = facts_with(delta=-0.007, low=-0.04, high=0.02, p_holm=0.6)
    assert job_claim(job_id=job.pk, worker="host:1")
    publish(job.project, tmp_path / "m", name=sample.RERANKER, job=job.pk, facts=facts)
    (line,) = sample.champion_name(project=job.project)
    move = AliasMove.objects.get()
    for text in (move.reason, line):
        assert "nDCG@10 0.810 on 40 test queries; BM25 0.640, first stage 0.600" in text
        assert "not shown to differ from the first stage" in text
    assert (move.name, move.by_setup, move.to_version.number) == ("champion", True, 1)
    assert list(sample.champion_name(project=job.project)) == []  # once


def test_a_persons_version_is_left_to_people(cast: Cast, tmp_path: Path) -> None:
    job = set_up(cast)
    reranker_ensure(project=job.project, name=sample.RERANKER, created_by=cast.owner)
    publish(job.project, tmp_path / "m", name=sample.RERANKER, by=cast.owner)
    assert list(sample.champion_name(project=job.project)) == []
    assert not AliasMove.objects.exists()
