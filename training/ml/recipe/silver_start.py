"""What all trainings of a run begin with: the base, or what a silver stage has made of it."""

from dataclasses import replace
from pathlib import Path

from training.ml.models.find import Base
from training.ml.models.save import model_save
from training.ml.models.split import SplitCrossEncoder
from training.ml.recipe.asked import Place
from training.ml.reporter import Reporter
from training.ml.silver.run import SilverOutcome, SmallCorpusError, silver_train
from training.ml.silver.work import SilverWork
from training.spec.silver import ALWAYS
from training.spec.train import TrainSpec


def silver_start(
    base: Base,
    spec: TrainSpec,
    place: Place,
    reporter: Reporter,
    *,
    work: SilverWork,
    model: SplitCrossEncoder,
    bf16: bool,
    folder: Path,
) -> tuple[Base, SilverOutcome | None]:
    """Train `model`, the untouched base, in the silver stage, and keep it in `folder`.

    Returns it as a base; the base itself and None where the corpus is too small for the stage and
    the recipe does not insist on it. Raises SmallCorpusError where it does.
    """
    try:
        silver = silver_train(
            model,
            base=base.info,
            spec=spec,
            work=work,
            bf16=bf16,
            reporter=reporter,
            keep=None if place.work is None else place.work / "silver",
            checkpoint_seconds=place.checkpoint_seconds,
        )
    except SmallCorpusError as error:
        if spec.silver == ALWAYS:
            raise
        reporter.log(f"{error.message} It is left out.")
        return base, None
    model_save(model, folder, {})
    weights = silver.facts["weights_sha256"]
    return Base(folder, replace(base.info, fresh_head=False, weights_sha256=weights)), silver
