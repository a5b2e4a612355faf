"""The recipe: load, baseline, silver and mine where it is wanted, train, evaluate, save.

One linear run over a frozen snapshot, the same under the supervisor and by hand. It knows no
database and, once the base is there, no network; what it tells goes to a `Reporter`. The same
snapshot, recipe, base and machine give the same weights.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import datasets
import transformers
from huggingface_hub.utils.tqdm import disable_progress_bars
from sentence_transformers import CrossEncoder

from training.ml.data import Snapshot
from training.ml.errors import resources_named
from training.ml.measures.evaluation import Evaluation
from training.ml.measures.rankings import Rankings, rankings_top
from training.ml.measures.slices import MadeSlice
from training.ml.models.find import Base, BaseInfo
from training.ml.models.load import base_load
from training.ml.models.save import model_save
from training.ml.precision import Precision, precision_choose
from training.ml.recipe.baseline import baseline_score
from training.ml.recipe.calibrating import calibrate, calibration_metadata
from training.ml.recipe.callbacks import CHECKPOINT_SECONDS
from training.ml.recipe.evidence import evidence_collect
from training.ml.recipe.facts import Run, facts_collect
from training.ml.recipe.learning import NOTHING, loss_of, negatives_of
from training.ml.recipe.measuring import (
    evaluations_report,
    split_scores,
    systems_evaluate,
)
from training.ml.recipe.notices import notices
from training.ml.recipe.snapshot_check import snapshot_check
from training.ml.recipe.trying import Setting, trials_run
from training.ml.reporter import Reporter, Stages
from training.ml.silver.run import SilverOutcome, silver_train
from training.ml.silver.work import SilverWork
from training.spec.train import TrainSpec

STAGES: Final = ("load", "baseline", "silver", "mine", "train", "evaluate", "save")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves: the model's folder, its figures, and the facts for its card.

    `evaluations` has an entry for dev and test, each over the systems first_stage (where the
    snapshot has ranks), bm25, base, champion (where there is one) and model, with the rows of
    `references` behind theirs; `rankings` the first ten passages of each test query by system;
    `timings` the seconds per stage; `log` the lines of the training log. `facts` is JSON-able, see
    `training.ml.recipe.facts`.
    """

    folder: Path
    base: BaseInfo
    evaluations: Mapping[str, Evaluation]
    rankings: Rankings
    timings: Mapping[str, float]
    log: Sequence[Mapping[str, Any]]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run works, beside the folder of its model.

    `work` is kept between attempts at the same run, and holds its checkpoints; without it, a run
    that dies begins anew. `cache` is kept for all runs on this machine. `device` as torch names it,
    None for the best there is. A checkpoint is kept every `checkpoint_seconds`.
    """

    work: Path | None = None
    cache: Path | None = None
    device: str | None = None
    checkpoint_seconds: float = CHECKPOINT_SECONDS


def recipe_run(
    *,
    snapshot: Snapshot,
    spec: TrainSpec,
    base: Base,
    folder: Path,
    reporter: Reporter,
    place: Place | None = None,
    champion: Base | None = None,
    silver: SilverWork | None = None,
    slices: Sequence[MadeSlice] = (),
) -> Outcome:
    """Train `base` on the snapshot and leave the new model in `folder`, which must not exist.

    `champion` is the published version that the new model would replace, to be measured beside it;
    `silver` what a silver stage works with, without which there is none; `slices` those that the
    team has made, to be reported beside the others.
    The folder appears complete or not at all. Raises RecipeError, with a message for the user, for
    a snapshot, base or recipe that cannot work and for exhausted memory or disk.
    """
    _be_quiet()
    if folder.exists():
        raise FileExistsError(f"{folder.name} exists already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as scratch,
        resources_named(),
    ):
        return _run(
            snapshot,
            spec,
            base,
            folder,
            reporter,
            place or Place(),
            champion,
            silver,
            slices,
            Path(scratch),
        )


def _run(
    snapshot: Snapshot,
    spec: TrainSpec,
    base: Base,
    folder: Path,
    reporter: Reporter,
    place: Place,
    champion: Base | None,
    silver: SilverWork | None,
    slices: Sequence[MadeSlice],
    scratch: Path,
) -> Outcome:
    stages = Stages(reporter)

    # 1. Load: refuse what cannot work before an hour is spent on it.
    with stages("load"):
        snapshot_check(snapshot)
        _report_base(base.info, reporter)
        untouched = base_load(base, seed=spec.seed, max_length=spec.max_length, device=place.device)
        for line in notices(snapshot, spec, untouched):
            reporter.log(line)
        precision = _precision(snapshot, spec, untouched, place, reporter)

    # 2. Baseline: every other system, on the very candidates that the model will be scored on.
    with stages("baseline"):
        baseline = baseline_score(snapshot, spec, untouched, reporter, base=base, champion=champion)
        systems = baseline.systems

    # 3. Silver: where the base has to learn from a teacher first, on queries that nobody labelled.
    start, taught = base, None
    if silver is not None and spec.silver_wanted(fresh_head=base.info.fresh_head):
        with stages("silver"):
            taught = silver_train(
                untouched,
                base=base.info,
                spec=spec,
                work=silver,
                bf16=precision.bf16,
                reporter=reporter,
            )
            start = _kept(untouched, base, taught, scratch / "silver")

    # 4. Mine: where the recipe asks for negatives that nobody judged.
    work = _work(snapshot, spec, start.info, precision, place, scratch)
    if "loss" not in dict(spec.sweep):
        loss = loss_of(snapshot, spec)
        reporter.log(f"{loss.name}: {loss.reason}")
    mined = NOTHING
    if spec.mines:
        with stages("mine"):
            mined = negatives_of(snapshot, spec.widest, reporter, folder=work)

    # 5. Train, from where an earlier attempt left it.
    with stages("train"):
        setting = Setting(
            snapshot=snapshot,
            spec=spec,
            base=start,
            bf16=precision.bf16,
            mined=mined,
            folder=work,
            reporter=reporter,
            device=place.device,
            checkpoint_seconds=place.checkpoint_seconds,
        )
        trained = trials_run(setting, untouched)

    # 6. Evaluate: the same code, candidates and order of ties for all systems.
    with stages("evaluate"):
        model, evaluator = trained.trainer.model, trained.evaluator
        systems["dev"]["model"] = trained.dev
        systems["test"]["model"] = split_scores(model, snapshot.splits["test"], spec, reporter)
        calibration = calibrate(model, snapshot, spec, evaluator, systems, reporter)
        evaluations = systems_evaluate(snapshot, spec, systems)
        evidence = evidence_collect(snapshot, spec, baseline, calibration, evaluations, slices)
        evaluations_report(evaluations, reporter)

    # 7. Save: complete in a scratch folder, then moved into place.
    with stages("save"):
        metadata = _metadata(snapshot, spec, base.info) | calibration_metadata(calibration)
        model_save(model, scratch / "model", metadata)
        (scratch / "model").rename(folder)

    run = Run(
        snapshot=snapshot,
        spec=spec,
        base=base.info,
        precision=precision,
        trained=trained,
        evaluations=evaluations,
        evidence=evidence,
        seconds=stages.seconds,
    )
    return Outcome(
        folder=folder,
        base=base.info,
        evaluations=evaluations,
        rankings=rankings_top(snapshot.splits["test"], systems["test"], seed=spec.seed),
        timings=dict(stages.seconds),
        log=[dict(line) for line in model.model_card_data.training_logs],
        facts={**facts_collect(run), "silver": taught and taught.to_dict()},
    )


def _kept(model: CrossEncoder, base: Base, taught: SilverOutcome, folder: Path) -> Base:
    """Keep what a silver stage left as the base of all trainings on the labels."""
    model_save(model, folder, {})
    weights = taught.facts["weights_sha256"]
    return Base(folder, replace(base.info, fresh_head=False, weights_sha256=weights))


def _precision(
    snapshot: Snapshot, spec: TrainSpec, model: CrossEncoder, place: Place, reporter: Reporter
) -> Precision:
    """Choose how to compute, by what training texts of all lengths take."""
    pairs = sorted(snapshot.splits["train"], key=lambda pair: (len(pair.text), pair.passage_id))
    texts = [spec.templates.pair(query=p.query, title=p.title, text=p.text) for p in pairs]
    found = precision_choose(model, texts, asked=spec.bf16, cache=place.cache or place.work)
    reporter.log(f"Training in {'bfloat16' if found.bf16 else 'single precision'}. {found.reason}")
    return found


def _work(
    snapshot: Snapshot,
    spec: TrainSpec,
    info: BaseInfo,
    precision: Precision,
    place: Place,
    scratch: Path,
) -> Path:
    """Return the folder of this very training: another recipe or library finds nothing in it."""
    if place.work is None:
        return scratch / "work"
    names = ("torch", "transformers", "sentence-transformers", "accelerate")
    what = {
        "snapshot": snapshot.digest,
        "recipe": spec.to_dict(),
        "base": info.weights_sha256,
        "bf16": precision.bf16,
        "versions": [version(name) for name in names],
    }
    digest = sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
    return place.work / f"training-{digest[:16]}"


def _report_base(info: BaseInfo, reporter: Reporter) -> None:
    reporter.base(info.to_dict())
    reporter.log(f"Base model {info.loaded}. {info.reason}")
    if info.fresh_head:
        reporter.log("It has no output layer; one was drawn from the seed.")


def _metadata(snapshot: Snapshot, spec: TrainSpec, info: BaseInfo) -> dict[str, Any]:
    return {
        "format": 1,
        "query_template": spec.query_template,
        "passage_template": spec.passage_template,
        "max_length": spec.max_length,
        "base": info.to_dict(),
        "snapshot": snapshot.digest,
        "recipe": spec.to_dict(),
    }


def _be_quiet() -> None:
    """Progress goes to the reporter; bars of the libraries would fill a job's log."""
    quiet: Sequence[Callable[[], object]] = (
        datasets.disable_progress_bars,
        disable_progress_bars,
        transformers.utils.logging.disable_progress_bar,
    )
    for switch in quiet:
        switch()
