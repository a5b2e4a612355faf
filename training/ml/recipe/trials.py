"""The trainings that a recipe asks for, and which of them is the best on the dev split."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Final

from training.ml.errors import DivergedError
from training.spec.train import TrainSpec

SEED: Final = "seed"


@dataclass(frozen=True, slots=True)
class Trial:
    """One training: the keys of the recipe in which it differs from the others, and all of them."""

    number: int
    changes: Mapping[str, Any]
    spec: TrainSpec


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What a trial came to: dev figures by name, the step whose weights it left, its seconds.

    `log`, `best_step`, `steps`, `epoch`, `hyperparameters` (their names) and `evaluation_duration`
    are what the library's card data holds after training. `failed` says why it came to nothing.
    """

    number: int
    changes: Mapping[str, Any]
    values: Mapping[str, float]
    seconds: float
    steps: int
    epoch: float
    best_step: int | None
    log: Sequence[Mapping[str, Any]]
    hyperparameters: Sequence[str]
    evaluation_duration: float
    failed: str | None = None


def trials_of(spec: TrainSpec) -> list[Trial]:
    """Return the trainings that a recipe asks for: its sweep, each with all seeds."""
    seeds = [(spec.seed + step) % 2**32 for step in range(spec.seeds)]
    found: list[Trial] = []
    for changes, variant in spec.variants():
        for seed in seeds:
            own = {**changes, "seed": seed} if seeds[1:] else changes
            found.append(Trial(len(found) + 1, own, replace(variant, seed=seed)))
    return found


def trial_choose(results: Sequence[TrialResult], metric: str) -> TrialResult:
    """Return the best trial of the setting that is best over its seeds, by their mean.

    A setting of which a seed failed is taken only where every one has such a seed. Equal ones: the
    first. Raises DivergedError where all trials failed.
    """
    settings: dict[str, list[TrialResult]] = {}
    for each in results:
        alike = sorted((key, value) for key, value in each.changes.items() if key != SEED)
        settings.setdefault(json.dumps(alike), []).append(each)

    def goodness(group: Sequence[TrialResult]) -> tuple[bool, float]:
        values = [each.values.get(metric, 0.0) for each in group if each.failed is None]
        return len(values) == len(group), fmean(values) if values else -1.0

    best = max(settings.values(), key=goodness)  # the first of equal ones
    finished = [each for each in best if each.failed is None]
    if not finished:
        raise DivergedError(
            f"None of {len(results)} trainings came to an end. {results[0].failed}",
            "Lower learning_rate, add warmup_steps, keep max_grad_norm at 1, and switch bf16 off.",
        )
    return max(finished, key=lambda each: each.values.get(metric, 0.0))
