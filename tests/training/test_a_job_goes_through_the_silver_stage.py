"""A job with a silver stage: what it is given, who may teach, and what its run leaves."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from django.core.exceptions import ValidationError
from django.test import override_settings
from safetensors.torch import load_file

from tests.factory import Cast, make_passage
from tests.tiny_run import RecordingReporter, tiny_snapshot, tiny_spec
from tests.training.jobs import RECIPE, make_job, ready_snapshot, tiny_base
from tests.training.silver import TinySilver, tiny_corpus, tiny_teacher
from training.kinds import Stage
from training.ml.data import Pair, Snapshot
from training.ml.errors import DataError
from training.ml.models.find import Base
from training.ml.models.names import PACKAGED_HUB_NAME
from training.ml.recipe.run import recipe_run
from training.models import TrainingJob
from training.process.preparing import base_fetch, silver_fetch
from training.spec.train import TrainSpec

SMALL = {"silver": "always", "silver_pairs": 64, "silver_learning_rate": 5e-3}


def silver_job(cast: Cast, folder: Path, **recipe: Any) -> TrainingJob:
    with override_settings(BASE_MODEL_FOLDERS=[str(folder)]):
        recipe = {**RECIPE, **recipe}
        snapshot = ready_snapshot(cast.project)
        return make_job(cast, tiny_base(folder), recipe, snapshot=snapshot)


def fetched(job: TrainingJob, folder: Path, *labelled: str) -> Any:
    pairs = tuple(Pair("q", text, "p", "", "", 1, 1, 1, True) for text in labelled)
    snapshot = Snapshot({"digest": "d"}, {"train": pairs, "dev": (), "test": ()})
    base = base_fetch(job, folder / "base")
    return silver_fetch(job, TrainSpec.from_dict(job.recipe), base, snapshot, folder / "teacher")


@pytest.mark.django_db
def test_the_whole_corpus_of_the_project_is_read_and_judged_queries_are_named(
    cast: Cast, tmp_path: Path
) -> None:
    job = silver_job(cast, tmp_path, **SMALL)
    make_passage(cast.project, "what nobody judged")
    work = fetched(job, tmp_path / "scratch", "how to read a file")
    assert work.passages == len(work.corpus) == 24 * 6 + 1
    assert "what nobody judged" in {passage.text for passage in work.corpus}
    assert work.labelled == {"how to read a file"}
    assert work.teacher.info.loaded == PACKAGED_HUB_NAME
    assert Stage.SILVER in job.stages


@pytest.mark.django_db
@pytest.mark.parametrize("silver", ["off", "fresh_head"])
def test_a_base_with_an_output_layer_needs_no_silver_stage(
    cast: Cast, tmp_path: Path, silver: str
) -> None:
    job = silver_job(cast, tmp_path, **SMALL | {"silver": silver})
    assert fetched(job, tmp_path / "scratch") is None
    assert (Stage.SILVER in job.stages) == (silver != "off")


@pytest.mark.django_db
def test_a_teacher_is_named_and_allowed_as_a_base_is(cast: Cast, tmp_path: Path) -> None:
    teacher = str(tiny_teacher(tmp_path).folder)
    job = silver_job(cast, tmp_path, **SMALL, silver_teacher=teacher)
    assert fetched(job, tmp_path / "scratch").teacher.folder == Path(teacher)
    for name in ("no/such@v1", "/etc", "../x"):
        with pytest.raises(ValidationError) as refused:
            silver_job(cast, tmp_path, **SMALL, silver_teacher=name)
        assert list(refused.value.message_dict) == ["silver_teacher"]


def test_the_recipe_trains_on_silver_before_the_labels(tmp_path: Path) -> None:
    tiny, reporter = TinySilver(tmp_path), RecordingReporter()
    outcome = recipe_run(
        snapshot=tiny_snapshot(),
        spec=tiny_spec("agro", **SMALL),
        base=tiny.base,
        folder=tmp_path / "model",
        reporter=reporter,
        silver=tiny.work(),
    )
    assert reporter.stages == ["load", "baseline", "silver", "train", "evaluate", "save"]
    facts = outcome.facts["silver"]
    assert (facts["cached"], facts["pairs"]) == (False, 64)
    assert outcome.timings["silver"] >= facts["seconds"] - 0.5
    # The card's own log, data and arguments are those of the labels.
    assert outcome.facts["dataset"]["columns"] == ["sentence_0", "sentence_1", "label"]
    assert outcome.log[0]["Step"] == 1


def test_a_cached_silver_stage_leads_to_the_same_weights(tmp_path: Path) -> None:
    """In bfloat16, which every trainer of a model has to wrap around it."""
    tiny, spec = TinySilver(tmp_path), tiny_spec("agro", **SMALL, max_steps=6, bf16=True)
    came: dict[bool, Any] = {}
    for name in ("made", "kept"):
        outcome = recipe_run(
            snapshot=tiny_snapshot(),
            spec=spec,
            base=tiny.base,
            folder=tmp_path / name,
            reporter=RecordingReporter(),
            silver=tiny.work(),
        )
        weights = load_file(outcome.folder / "model.safetensors")
        came[outcome.facts["silver"]["cached"]] = (outcome.log, weights)
    assert came[False][0] == came[True][0]
    assert all(torch.equal(value, came[True][1][key]) for key, value in came[False][1].items())


def headless(tiny: TinySilver) -> Base:
    """The tiny base as one whose output layer was drawn."""
    return replace(tiny.base, info=replace(tiny.base.info, fresh_head=True))


def test_a_corpus_that_is_too_small_is_left_out_unless_it_was_insisted_on(tmp_path: Path) -> None:
    tiny = TinySilver(tmp_path)

    def run(silver: str) -> RecordingReporter:
        reporter = RecordingReporter()
        recipe_run(
            snapshot=tiny_snapshot(),
            spec=tiny_spec("agro", **SMALL | {"silver": silver, "max_steps": 1}),
            base=headless(tiny),
            folder=tmp_path / silver,
            reporter=reporter,
            silver=tiny.work(corpus=tiny_corpus(3)),
        )
        return reporter

    lines = run("fresh_head").lines
    assert [line for line in lines if "for the silver stage. It is left out." in line]
    with pytest.raises(DataError, match="queries for the silver stage"):
        run("always")


@pytest.mark.parametrize("silver", ["off", "fresh_head"])
def test_few_labels_for_a_base_without_an_output_layer_are_called_few(
    tmp_path: Path, silver: str
) -> None:
    tiny, reporter = TinySilver(tmp_path), RecordingReporter()
    recipe_run(
        snapshot=tiny_snapshot(),
        spec=tiny_spec("agro", **SMALL | {"silver": silver, "max_steps": 1}),
        base=headless(tiny),
        folder=tmp_path / "model",
        reporter=reporter,
        silver=tiny.work() if silver != "off" else None,
    )
    told = any("few to learn one from" in line for line in reporter.lines)
    assert told == (silver == "off")
