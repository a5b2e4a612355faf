"""A scoring job's page and its API say which backend scored, and how faithful it was found."""

import os
import time
from functools import partial
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.services import project_create
from tests.factory import PASSWORD, Cast, bearer
from tests.models_app.published import publish
from tests.tiny_run import RecordingReporter
from tests.training.jobs import frozen_snapshot, label_project
from tests.training.scores import (
    make_score_job,
    pairs_project,
    scored_here,
    scores_of,
    tiny_version,
)
from training.ml.backends import choose
from training.ml.backends.fidelity import Limits
from training.ml.backends.kept import Kept
from training.ml.errors import BackendError
from training.process.preparing import snapshot_fetch
from training.process.scratch import BACKENDS, backends_clear
from training.selectors import judged
from training.selectors.judged import BLIND, judged_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_not_faithful_is_not_used(cast: Cast, tmp_path: Path) -> None:
    pairs_project(cast.project)
    version, reporter = tiny_version(cast.project, tmp_path), RecordingReporter()
    outcome = scored_here(make_score_job(cast, version, backend="torch-bf16"), tmp_path, reporter)
    assert (outcome.backend, outcome.fidelity, outcome.pairs) == ("torch", None, 20)
    assert any("torch-bf16" in line and "Spearman is" in line for line in reporter.lines)


def test_what_is_used_is_shown_with_its_fidelity(
    client: Client, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The tiny, untrained version's scores lie so close together that any rounding shuffles them.
    monkeypatch.setattr(choose, "Limits", partial(Limits, blind_spearman=-1))
    pairs_project(cast.project)
    job = make_score_job(cast, tiny_version(cast.project, tmp_path), backend="torch-bf16")
    outcome = scored_here(job, tmp_path)
    assert outcome.backend == "torch-bf16"
    shown = client.get(f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)).json()["outcome"]
    assert shown["backend"] == "torch-bf16"
    assert shown["fidelity"] == outcome.fidelity
    assert shown["fidelity"]["pairs"] == 20
    assert (shown["fidelity"]["ndcg"], shown["fidelity"]["queries"]) == (None, 0)
    client.login(username=cast.viewer.username, password=PASSWORD)
    page = client.get(f"/projects/library/jobs/{job.pk}/").content.decode()
    assert "torch-bf16," in page
    assert "too few judged queries" in page
    # A named backend that is not here fails before anything is scored.
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    with pytest.raises(BackendError, match="openvino not installed"):
        scored_here(make_score_job(cast, "library/finder@v1", backend="openvino"), tmp_path)


def test_through_openvino_the_scores_are_the_same(cast: Cast, tmp_path: Path) -> None:
    pytest.importorskip("openvino", reason="openvino is not installed")
    pairs_project(cast.project)
    version = tiny_version(cast.project, tmp_path)
    for name in ("torch", "openvino"):
        outcome = scored_here(make_score_job(cast, version, backend=name, run=name), tmp_path)
        assert outcome.backend == name
    exact, found = (scores_of(cast.project, name) for name in ("torch", "openvino"))
    assert found.keys() == exact.keys()
    assert all(found[row][1] == pytest.approx(exact[row][1], abs=1e-5) for row in exact)


def test_it_is_held_to_the_dev_pairs_of_its_own_project(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_project(cast.project)
    row = frozen_snapshot(cast.project)
    digest = row.digest or ""
    version = publish(cast.project, tmp_path / "v1", snapshot_digest=digest)
    pairs, name = judged_of(version, cast.project)
    # Its dev split has too few queries to see a change of nDCG on: train adds its own, test none.
    splits = snapshot_fetch(row, tmp_path / "s").splits
    assert list(pairs) == [*splits["dev"], *splits["train"]]
    monkeypatch.setattr(judged, "QUERIES_LEAST", 1)
    assert list(judged_of(version, cast.project)[0]) == list(splits["dev"])
    assert digest.startswith(name)
    # Not to those of a project that only lends its version, nor to what is not here.
    other = project_create(slug="copy", name="Copy", owner=cast.owner)
    assert judged_of(version, other) == ((), BLIND)
    assert judged_of(publish(cast.project, tmp_path / "v2"), cast.project) == ((), BLIND)


def test_converted_weights_go_with_their_version(
    cast: Cast, tmp_path: Path, settings: LazySettings
) -> None:
    settings.ARBITER_HOME = tmp_path
    version = publish(cast.project, tmp_path / "v1")
    known = version.artifacts.get(path="model.safetensors").sha256
    for weights in (known, "0" * 64):
        Kept(tmp_path / BACKENDS, weights=weights, host={}).decide("any", {})
        os.utime(tmp_path / BACKENDS / weights, (time.time() - 7200,) * 2)
    backends_clear()
    assert [path.name for path in (tmp_path / BACKENDS).iterdir()] == [known]
