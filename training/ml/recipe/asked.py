"""What a run is asked to do, where it works, and what follows from that alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sentence_transformers import CrossEncoder

from training.ml.data import Snapshot
from training.ml.group import launched
from training.ml.keeping.clock import CHECKPOINT_SECONDS
from training.ml.measures.made import MadeSlice
from training.ml.models.find import Base
from training.ml.precision import Precision, precision_choose
from training.ml.reporter import Reporter
from training.ml.sets.mining import Judged
from training.ml.silver.work import SilverWork
from training.spec.train import TrainSpec


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run works, beside the folder of its model.

    `work` is kept between attempts at the same run, and holds its checkpoints; without it, a run
    that dies begins anew. `cache` is kept for all runs on this machine. `corpus` is a copy of the
    project's passages, where the recipe mines these. `device` as torch names it, None for the best
    there is. A checkpoint is kept every `checkpoint_seconds`. `snapshot` is the folder of the
    snapshot's files, from which the other processes of a group read it. `judged` passages are not
    mined, though the snapshot has them not.
    """

    work: Path | None = None
    cache: Path | None = None
    corpus: Path | None = None
    device: str | None = None
    checkpoint_seconds: float = CHECKPOINT_SECONDS
    snapshot: Path | None = None
    judged: Judged = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A run as `recipe_run` is asked for it; the models beside the base are optional."""

    snapshot: Snapshot
    spec: TrainSpec
    base: Base
    reporter: Reporter
    place: Place
    champion: Base | None
    silver: SilverWork | None
    teacher: Base | None
    slices: Sequence[MadeSlice]


def base_tell(asked: Asked) -> None:
    """Say what the base is, and why it is that."""
    info, reporter = asked.base.info, asked.reporter
    reporter.base(info.to_dict())
    reporter.log(f"Base model {info.loaded}. {info.reason}")
    if info.fresh_head:
        reporter.log("It has no output layer; one is drawn from the seed, to be trained.")


def precision_of(asked: Asked, model: CrossEncoder) -> Precision:
    """Choose how to compute, by what training texts of all lengths take."""
    spec, place = asked.spec, asked.place
    train = asked.snapshot.splits["train"]
    pairs = sorted(train, key=lambda pair: (len(pair.text), pair.passage_id))
    texts = [spec.templates.pair(query=p.query, title=p.title, text=p.text) for p in pairs]
    found = precision_choose(model, texts, asked=spec.bf16, cache=place.cache or place.work)
    asked.reporter.log(
        f"Training in {'bfloat16' if found.bf16 else 'single precision'}. {found.reason}"
    )
    return found


def work_of(asked: Asked, start: Base, precision: Precision) -> Path | None:
    """Return the folder of this very training, which begins with `start`; None where none is kept.

    Another recipe or library finds nothing in it.
    """
    if asked.place.work is None:
        return None
    names = ("torch", "transformers", "sentence-transformers", "accelerate")
    models = (start, asked.teacher)
    what = {
        "snapshot": asked.snapshot.digest,
        "recipe": asked.spec.to_dict(),
        "models": [model and model.info.weights_sha256 for model in models],
        "bf16": precision.bf16,
        "versions": [version(name) for name in names],
    }
    if launched()[1] > 1:
        what["processes"] = launched()[1]
    digest = sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
    return asked.place.work / f"training-{digest[:16]}"


def metadata_of(asked: Asked) -> dict[str, Any]:
    """Return what `arbiter.json` says of a model beside its calibration."""
    spec = asked.spec
    return {
        "format": 1,
        "query_template": spec.query_template,
        "passage_template": spec.passage_template,
        "max_length": spec.max_length,
        "base": asked.base.info.to_dict(),
        "snapshot": asked.snapshot.digest,
        "recipe": spec.to_dict(),
    }
