"""How fast a cross-encoder is trained, against a plain script of sentence-transformers.

    python -m bench.training_speed [--steps 10] [--rounds 3]

Passages vary in length as the court-case card's do (136 to 3,620 characters, mean 1,057), batches
are of 16 pairs of at most 512 tokens, the base is the packaged MiniLM-L6 with a fresh head. In
every round each way trains the same steps in turn, in one process; factors are of the same round,
and the median of the rounds counts. Ways:

    plain        `CrossEncoderTrainer` as its documentation shows it, in single precision
    everything   the same batches and precision through our trainer, in a job's guard, on a
                 database: what progress, checkpoints and checks cost
    parts        our reading of batches in parts of one length, in single precision
    tuned        the same in the precision that this machine was measured to be faster with

The loss of each way is printed step by step: they read the same batches.
"""

import argparse
import os
import statistics
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from bench._database import own_database
from bench._goals import Goals
from bench._passages import pairs_make

if TYPE_CHECKING:
    from datasets import Dataset

    from training.ml.models.split import SplitCrossEncoder
    from training.ml.reporter import Reporter

BATCH = 16
KEPT = 30.0  # seconds between checkpoints: twice as many as a job keeps by itself
JUDGED = 2_000  # candidates of the project whose job it is
GOALS = {"everything": 0.98, "parts": 1.7, "tuned": 2.5}
LOSS_APART = 0.02  # what bfloat16 and another order of sums may change in a step's loss

Losses = list[float]


class Silent:
    """A reporter that nobody listens to."""

    def stage(self, name: str) -> None: ...

    def base(self, facts: Any) -> None: ...

    def progress(self, done: int, total: int) -> None: ...

    def log(self, line: str) -> None: ...

    def metric(self, step: int, epoch: float, values: Any) -> None: ...

    def kept(self, step: int, steps: int) -> None: ...

    def trial(self, *told: Any) -> None: ...


def model_load() -> "SplitCrossEncoder":
    """The packaged base with a fresh head, the same each time."""
    from training.ml.models.find import BaseRequest, base_find
    from training.ml.models.load import base_load
    from training.ml.models.names import PACKAGED

    return base_load(base_find(BaseRequest(PACKAGED)), seed=1, max_length=512, device="cpu")


def plain(dataset: "Dataset", folder: Path) -> tuple[float, Losses]:
    """A script as the documentation of sentence-transformers shows it."""
    import torch
    from sentence_transformers import CrossEncoder
    from sentence_transformers.cross_encoder import (
        CrossEncoderTrainer,
        CrossEncoderTrainingArguments,
    )
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss
    from transformers import set_seed

    from training.ml.models.encoder import packaged_folder

    set_seed(1)
    model = CrossEncoder(
        str(packaged_folder()), num_labels=1, device="cpu", max_length=512,
        activation_fn=torch.nn.Sigmoid(),
    )  # fmt: skip
    trainer = CrossEncoderTrainer(
        model=model,
        args=CrossEncoderTrainingArguments(
            output_dir=str(folder),
            num_train_epochs=1,
            per_device_train_batch_size=BATCH,
            learning_rate=2e-5,
            use_cpu=True,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=dataset,
        loss=BinaryCrossEntropyLoss(model),
    )
    begun = perf_counter()
    trainer.train()
    seconds = perf_counter() - begun
    return seconds, [line["loss"] for line in trainer.state.log_history if "loss" in line]


def ours(
    dataset: "Dataset", folder: Path, *, parts: bool, bf16: bool, reporter: "Reporter"
) -> tuple[float, Losses]:
    """The recipe's own trainer."""
    from training.ml.recipe.dev_evaluator import DevEvaluator
    from training.ml.recipe.trainer import trainer_build
    from training.ml.sets.shapes import Shaped
    from training.spec.train import TrainSpec

    spec = TrainSpec(learning_rate=2e-5, logging_steps=1, seed=42, bf16=bf16)
    model = model_load()
    model.in_parts = parts
    evaluator = DevEvaluator(
        [], spec.templates, name="dev", batch_size=BATCH, seed=1, reporter=reporter
    )
    trainer = trainer_build(
        model=model,
        spec=spec,
        shaped=Shaped(dataset, (), {}),
        loss="BinaryCrossEntropyLoss",
        evaluator=evaluator,
        folder=folder,
        reporter=reporter,
        bf16=bf16,
        checkpoint_seconds=KEPT,
    )
    begun = perf_counter()
    trainer.train_on()
    seconds = perf_counter() - begun
    return seconds, [line["loss"] for line in trainer.state.log_history if "loss" in line]


@contextmanager
def guarded(folder: Path) -> Iterator["Reporter"]:
    """A job that is claimed and guarded, as its process does; yields its reporter."""
    from accounts.services import project_create, user_create
    from annotate.services.snapshots import snapshot_create, snapshot_freeze
    from bench._million import Size, million_make
    from training.kinds import Stage
    from training.ml.models.names import PACKAGED
    from training.process.guarding import Guard
    from training.process.reporting import JobReporter
    from training.services.claims import job_claim
    from training.services.jobs import job_create

    name = uuid.uuid4().hex[:8]
    owner = user_create(username=f"u{name}")
    project = project_create(slug=f"p{name}", name="Speed", owner=owner)
    million_make(project, Size().scaled(JUDGED), run="first")
    snapshot = snapshot_create(project=project, created_by=owner, seed=1)
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    job = job_create(
        project=project, created_by=owner, snapshot=snapshot, base_model=PACKAGED, recipe={}
    )
    claim = job_claim(job_id=job.pk, worker=name)
    assert claim is not None, "nobody else takes jobs here"
    reporter = JobReporter()
    with Guard(claim, reporter, folder, supervised=False):
        reporter.stage(Stage.LOAD)
        yield reporter


def measure(steps: int, rounds: int) -> dict[str, list[tuple[float, Losses]]]:
    """Train each way in turn; returns seconds and losses by way and round."""
    from datasets import Dataset

    from training.ml.precision import precision_choose

    pairs = pairs_make(steps * BATCH)
    dataset = Dataset.from_dict(
        {
            "sentence_0": [query for query, _ in pairs],
            "sentence_1": [passage for _, passage in pairs],
            "label": [float(row % 3 == 0) for row in range(len(pairs))],
        }
    )
    model = model_load()
    chosen = precision_choose(
        model, sorted(pairs, key=lambda pair: len(pair[1])), asked=None, cache=None
    )
    print(f"precision: {chosen.reason}")
    real = sum(map(int, model.preprocess(pairs)["attention_mask"].sum(dim=1)))
    print(
        f"{len(pairs)} pairs, {real / len(pairs):.0f} tokens each; {steps} steps, {rounds} rounds"
    )
    found: dict[str, list[tuple[float, Losses]]] = {}
    for number in range(rounds + 1):
        for way, run in ways(dataset, bf16=chosen.bf16).items():
            with tempfile.TemporaryDirectory(prefix="arbiter-bench-") as name:
                result = run(Path(name))
            label = "warm-up" if not number else f"round {number}"
            print(f"{label}: {way:12} {len(pairs) / result[0]:6.2f} pairs/s", flush=True)
            if number:
                found.setdefault(way, []).append(result)
            elif way == "plain":
                break
    return found


def ways(dataset: "Dataset", *, bf16: bool) -> dict[str, Callable[[Path], tuple[float, Losses]]]:
    """Every way under its name."""

    def everything(folder: Path) -> tuple[float, Losses]:
        with guarded(folder) as reporter:
            return ours(dataset, folder, parts=False, bf16=False, reporter=reporter)

    return {
        "plain": lambda folder: plain(dataset, folder),
        "everything": everything,
        "parts": lambda folder: ours(dataset, folder, parts=True, bf16=False, reporter=Silent()),
        "tuned": lambda folder: ours(dataset, folder, parts=True, bf16=bf16, reporter=Silent()),
    }


def report(found: dict[str, list[tuple[float, Losses]]], goals: Goals) -> None:
    """Print factors against the plain script, and the losses of the last round."""
    for way, goal in GOALS.items():
        factors = [
            plain_seconds / seconds
            for (plain_seconds, _), (seconds, _) in zip(found["plain"], found[way], strict=True)
        ]
        middle = statistics.median(factors)
        spread = f"{min(factors):.2f} to {max(factors):.2f}"
        print(f"{way}: {middle:.2f} times the plain script ({spread})")
        goals.least(way, middle, goal, " times")
    for way, results in found.items():
        print(f"loss, {way:12} {' '.join(f'{loss:.3f}' for loss in results[-1][1])}")
    plain_losses = found["plain"][-1][1]
    for way in GOALS:
        apart = max(abs(a - b) for a, b in zip(plain_losses, found[way][-1][1], strict=True))
        goals.most(f"{way}: a step's loss apart from the plain script's", apart, LOSS_APART)


def main() -> None:
    """Run the measurement and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    goals = Goals()
    with own_database():
        report(measure(chosen.steps, chosen.rounds), goals)
    goals.end()


if __name__ == "__main__":
    main()
