"""Real runs of the recipe with the tiny cross-encoder: seconds each, and made once per session."""

import atexit
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.tiny import tiny_cross_encoder
from training.ml.data import Pair, Snapshot
from training.ml.models.find import Base, BaseRequest, base_find
from training.ml.recipe.asked import Place
from training.ml.recipe.run import Outcome, recipe_run
from training.spec.presets import PRESETS
from training.spec.train import TrainSpec

DIGEST = "5eed" * 16
TOPICS = ("file", "date", "list", "url", "json", "text")


@dataclass
class RecordingReporter:
    """Keeps everything that it is told."""

    stages: list[str] = field(default_factory=list)
    done: list[tuple[str, int, int]] = field(default_factory=list)
    checkpoints: list[tuple[int, int]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    metrics: list[tuple[int, float, Mapping[str, float]]] = field(default_factory=list)
    bases: list[Mapping[str, Any]] = field(default_factory=list)
    trials: list[tuple[Any, ...]] = field(default_factory=list)
    said_before: dict[str, int] = field(default_factory=dict)
    """How many lines there were when a stage began."""

    def stage(self, name: str) -> None:
        self.stages.append(name)
        self.said_before[name] = len(self.lines)

    def base(self, facts: Mapping[str, Any]) -> None:
        self.bases.append(facts)

    def progress(self, done: int, total: int) -> None:
        self.done.append((self.stages[-1], done, total))

    def kept(self, step: int, steps: int) -> None:
        self.checkpoints.append((step, steps))

    def log(self, line: str) -> None:
        self.lines.append(line)

    def metric(self, step: int, epoch: float, values: Mapping[str, float]) -> None:
        self.metrics.append((step, epoch, values))

    def trial(
        self,
        number: int,
        of: int,
        changes: Mapping[str, Any],
        state: str,
        values: Mapping[str, float],
        seconds: float | None,
    ) -> None:
        self.trials.append((number, of, changes, state, values, seconds))


@dataclass(frozen=True)
class TinyRun:
    """A finished run with what went into it."""

    outcome: Outcome
    reporter: RecordingReporter
    snapshot: Snapshot
    spec: TrainSpec


def tiny_pairs(split: str, queries: int, *, ranked: bool = True) -> tuple[Pair, ...]:
    """Six candidates per query; relevant are those that read, which a model can learn."""
    found = []
    for number in range(queries):
        topic = TOPICS[number % len(TOPICS)]
        for row in range(6):
            relevant = row % 3 == number % 3
            verb = "open and read" if relevant else "close"
            found.append(
                Pair(
                    query_id=f"{split}-{number}",
                    query=f"how to read a {topic} {number}",
                    passage_id=f"{split}-{number}-{row}",
                    title="" if row % 2 else f"{topic} title",
                    text=f"{verb} the {topic} number {row}",
                    grade=float(relevant),
                    gain=float(relevant),
                    target=float(relevant),
                    relevant=relevant,
                    rank=row + 1 if ranked else None,
                )
            )
    return tuple(found)


def tiny_snapshot(**splits: Sequence[Pair]) -> Snapshot:
    """A snapshot of 20, 8 and 8 queries, unless a split is given."""
    usual = {"train": 20, "dev": 8, "test": 8}
    return Snapshot(
        manifest={"digest": DIGEST},
        splits={name: splits.get(name, tiny_pairs(name, n)) for name, n in usual.items()},
    )


def tiny_spec(preset: str, **changes: object) -> TrainSpec:
    """The preset's recipe, changed as little as the tiny model needs to learn anything."""
    values = PRESETS[preset].spec.to_dict() | {
        "max_length": 64,
        "learning_rate": 1e-2,
        "bf16": False,
        "logging_steps": 4,
    }
    values["eval_steps"] = 4 if (values | changes)["eval_strategy"] == "steps" else None
    return TrainSpec.from_dict(values | changes)


def tiny_base(folder: Path) -> Base:
    """The tiny cross-encoder under a name like one of the Hub."""
    found = BaseRequest("tests/tiny-cross-encoder", folder=tiny_cross_encoder(folder))
    return base_find(found)


@cache
def tiny_run(preset: str) -> TinyRun:
    """Train once per preset and session; callers must not change the folder."""
    root = Path(tempfile.mkdtemp(prefix="arbiter-tiny-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    reporter = RecordingReporter()
    snapshot, spec = tiny_snapshot(), tiny_spec(preset)
    outcome = recipe_run(
        snapshot=snapshot,
        spec=spec,
        base=tiny_base(root / "base"),
        folder=root / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )
    return TinyRun(outcome, reporter, snapshot, spec)


def unranked(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The same pairs without a first stage."""
    return tuple(replace(pair, rank=None) for pair in pairs)
