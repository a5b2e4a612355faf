"""The recipe: load, baseline, silver, mine and teach where it is wanted, train, evaluate, save.

One linear run over a frozen snapshot, the same under the supervisor and by hand. It knows no
database and, once the base is there, no network; what it tells goes to a `Reporter`. The same
snapshot, recipe, base and machine give the same weights.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import datasets
import transformers
from huggingface_hub.utils.tqdm import disable_progress_bars

from training.ml.data import Snapshot
from training.ml.errors import resources_named
from training.ml.measures.evaluation import Evaluation
from training.ml.measures.made import MadeSlice
from training.ml.measures.rankings import Rankings, rankings_top
from training.ml.models.find import Base, BaseInfo
from training.ml.models.freezing import layers_below
from training.ml.models.golden import golden_write
from training.ml.models.load import base_load
from training.ml.models.save import model_save
from training.ml.models.split import SplitCrossEncoder
from training.ml.precision import Precision
from training.ml.recipe.asked import (
    Asked,
    Place,
    base_tell,
    metadata_of,
    precision_of,
    work_of,
)
from training.ml.recipe.baseline import baseline_score
from training.ml.recipe.calibrating import calibrate, calibration_metadata
from training.ml.recipe.evidence import evidence_collect
from training.ml.recipe.facts import Run, facts_collect
from training.ml.recipe.following import trained_together
from training.ml.recipe.learning import NOTHING, loss_of, negatives_of
from training.ml.recipe.likely import likely_find
from training.ml.recipe.measuring import (
    evaluations_report,
    split_scores,
    systems_evaluate,
)
from training.ml.recipe.notices import notices
from training.ml.recipe.silver_start import silver_start
from training.ml.recipe.snapshot_check import snapshot_check
from training.ml.recipe.teaching import Taught, teacher_ask
from training.ml.recipe.trying import Setting, Trained, trials_run
from training.ml.reporter import Reporter, Stages
from training.ml.sets.likely import LikelyScored
from training.ml.sets.mining import Mined
from training.ml.silver.run import SilverOutcome
from training.ml.silver.work import SilverWork
from training.spec.train import TrainSpec

STAGES: Final = ("load", "baseline", "silver", "mine", "teach", "train", "evaluate", "save")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves: the model's folder, its figures, and the facts for its card.

    `evaluations` has an entry for dev and test, each over the systems first_stage (where the
    snapshot has ranks), bm25, base, champion (where there is one) and model, with the rows of
    `references` behind theirs; `rankings` the first ten passages of each test query by system;
    `timings` the seconds per stage; `log` the lines of the training log. `facts` is JSON-able, see
    `training.ml.recipe.facts`; `likely` what looks relevant and was judged by nobody, best first.
    """

    folder: Path
    base: BaseInfo
    evaluations: Mapping[str, Evaluation]
    rankings: Rankings
    timings: Mapping[str, float]
    log: Sequence[Mapping[str, Any]]
    facts: Mapping[str, Any]
    likely: Sequence[LikelyScored] = ()


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
    teacher: Base | None = None,
    slices: Sequence[MadeSlice] = (),
) -> Outcome:
    """Train `base` on the snapshot and leave the new model in `folder`, which must not exist.

    `champion` is the published version that the new model would replace, to be measured beside it;
    `silver` what a silver stage works with, without which there is none; `teacher` the model that
    the recipe names; `slices` those that the team has made, to be reported beside the others.
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
        asked = Asked(
            snapshot=snapshot,
            spec=spec,
            base=base,
            reporter=reporter,
            place=place or Place(),
            champion=champion,
            silver=silver,
            teacher=teacher,
            slices=slices,
        )
        return _run(asked, folder, Path(scratch))


def _run(asked: Asked, folder: Path, scratch: Path) -> Outcome:
    snapshot, spec, reporter = asked.snapshot, asked.spec, asked.reporter
    stages = Stages(reporter)

    # 1. Load: refuse what cannot work before an hour is spent on it.
    with stages("load"):
        snapshot_check(snapshot, spec)
        base_tell(asked)
        untouched = base_load(
            asked.base, seed=spec.seed, max_length=spec.max_length, device=asked.place.device
        )
        layers_below(untouched, max(each.frozen_layers for _, each in spec.variants()))
        for line in notices(snapshot, spec, untouched, fresh_head=asked.base.info.fresh_head):
            reporter.log(line)
        precision = precision_of(asked, untouched)

    # 2. Baseline: every other system, on the very candidates that the model will be scored on.
    with stages("baseline"):
        baseline = baseline_score(
            snapshot, spec, untouched, reporter, base=asked.base, champion=asked.champion
        )
        systems = baseline.systems

    # 3. to 6. Silver, mine, teach and train.
    learned = _learn(asked, untouched, precision, stages, scratch)
    trained = learned.trained

    # 7. Evaluate: the same code, candidates and order of ties for all systems.
    with stages("evaluate"):
        model, evaluator = trained.trainer.model, trained.evaluator
        systems["dev"]["model"] = trained.dev
        systems["test"]["model"] = split_scores(model, snapshot.splits["test"], spec, reporter)
        calibration = calibrate(model, snapshot, spec, evaluator, systems, reporter)
        evaluations = systems_evaluate(snapshot, spec, systems)
        evidence = evidence_collect(
            snapshot, spec, baseline, calibration, evaluations, asked.slices
        )
        evaluations_report(evaluations, reporter)
        likely = likely_find(model, snapshot, spec, learned.mined, reporter)

    # 8. Save: complete in a scratch folder, then moved into place.
    with stages("save"):
        model_save(model, scratch / "model", metadata_of(asked) | calibration_metadata(calibration))
        golden_write(model, spec.templates, scratch / "model")
        (scratch / "model").rename(folder)

    run = Run(
        snapshot=snapshot,
        spec=spec,
        base=asked.base.info,
        precision=precision,
        trained=trained,
        evaluations=evaluations,
        evidence=evidence,
        seconds=stages.seconds,
    )
    taught, silver = learned.taught, learned.silver
    return Outcome(
        folder=folder,
        base=asked.base.info,
        evaluations=evaluations,
        rankings=rankings_top(snapshot.splits["test"], systems["test"], seed=spec.seed),
        timings=dict(stages.seconds),
        log=[dict(line) for line in model.model_card_data.training_logs],
        likely=likely.pairs if likely else (),
        facts={
            **facts_collect(run),
            "silver": silver and silver.to_dict(),
            "teacher": taught and dict(taught.facts),
            "likely": likely and dict(likely.facts),
        },
    )


@dataclass(frozen=True, slots=True)
class _Learned:
    trained: Trained
    mined: Mined
    taught: Taught | None
    silver: SilverOutcome | None


def _learn(
    asked: Asked,
    untouched: SplitCrossEncoder,
    precision: Precision,
    stages: Stages,
    scratch: Path,
) -> _Learned:
    snapshot, spec, reporter, place = asked.snapshot, asked.spec, asked.reporter, asked.place

    # 3. Silver: where the base has to learn from a teacher first, on queries that nobody labelled.
    start, silver = asked.base, None
    if asked.silver is not None and spec.silver_wanted(fresh_head=asked.base.info.fresh_head):
        with stages("silver"):
            start, silver = silver_start(
                asked.base, spec, place, reporter,
                work=asked.silver, model=untouched, bf16=precision.bf16, folder=scratch / "silver",
            )  # fmt: skip

    # 4. Mine: where the recipe asks for negatives that nobody judged.
    work = work_of(asked, start, precision) or scratch / "work"
    mined = NOTHING
    if spec.mines:
        with stages("mine"):
            mined = negatives_of(
                snapshot, spec.widest, reporter,
                folder=work, corpus=place.corpus, judged=place.judged,
            )  # fmt: skip
    if "loss" not in dict(spec.sweep):
        loss = loss_of(snapshot, spec, mined)
        reporter.log(f"{loss.name}: {loss.reason}")

    # 5. Teach: where a teacher says how far apart the passages of a query are.
    taught = None
    if asked.teacher is not None:
        with stages("teach"):
            taught = teacher_ask(
                asked.teacher,
                snapshot,
                spec,
                mined,
                reporter,
                cache=(place.cache or work) / "teacher",
                device=place.device,
            )

    # 6. Train, from where an earlier attempt left it.
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
            taught=taught,
        )
        with trained_together(setting, place.snapshot):
            trained = trials_run(setting, untouched)
    return _Learned(trained, mined, taught, silver)


def _be_quiet() -> None:
    """Progress goes to the reporter; bars of the libraries would fill a job's log."""
    quiet: Sequence[Callable[[], object]] = (
        datasets.disable_progress_bars,
        disable_progress_bars,
        transformers.utils.logging.disable_progress_bar,
    )
    for switch in quiet:
        switch()
