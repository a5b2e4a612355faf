"""A silver stage for tests: a tiny corpus, a tiny teacher, and a base that knows nothing."""

import random
from pathlib import Path
from typing import Any

from sentence_transformers import CrossEncoder

from tests.tiny import WORDS, tiny_bi_encoder
from tests.tiny_run import RecordingReporter, tiny_base
from training.ml.models.find import Base, BaseRequest, base_find
from training.ml.models.load import base_load
from training.ml.silver.queries import Passage
from training.ml.silver.run import SilverOutcome, silver_train
from training.ml.silver.work import SilverWork
from training.spec.train import TrainSpec


def tiny_corpus(size: int = 40) -> list[Passage]:
    """Passages of a title and three sentences, of a few dozen words."""
    rng, words = random.Random(0), WORDS.split()
    return [
        Passage(
            " ".join(rng.sample(words, 2)),
            " ".join(f"{' '.join(rng.sample(words, 5))}." for _ in range(3)),
        )
        for _ in range(size)
    ]


def tiny_teacher(folder: Path) -> Base:
    return base_find(BaseRequest("tests/tiny-bi-encoder", folder=tiny_bi_encoder(folder)))


def silver_spec(**changes: Any) -> TrainSpec:
    small = {"silver": "always", "silver_pairs": 128, "silver_learning_rate": 5e-3}
    return TrainSpec.from_dict({"max_length": 64, **small, **changes})


class TinySilver:
    """Everything that a silver stage needs, below one folder; `train` runs it."""

    def __init__(self, folder: Path) -> None:
        self.base = tiny_base(folder / "base")
        self.teacher = tiny_teacher(folder / "teacher")
        self.cache = folder / "cache"
        self.reporter = RecordingReporter()
        self.reporter.stage("silver")

    def work(self, **changes: Any) -> SilverWork:
        corpus = tiny_corpus()
        given = {"corpus": corpus, "passages": len(corpus), "teacher": self.teacher}
        return SilverWork(**{**given, "cache": self.cache, **changes})

    def model(self) -> CrossEncoder:
        return base_load(self.base, seed=1, max_length=64)

    def train(
        self, spec: TrainSpec | None = None, *, keep: Path | None = None, **changes: Any
    ) -> tuple[CrossEncoder, SilverOutcome]:
        """With `keep`, a checkpoint after every step is kept there."""
        model = self.model()
        outcome = silver_train(
            model,
            base=self.base.info,
            spec=spec or silver_spec(),
            work=self.work(**changes),
            bf16=False,
            reporter=self.reporter,
            keep=keep,
            checkpoint_seconds=0,
        )
        return model, outcome
