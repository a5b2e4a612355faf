"""What a learning curve or a check of labels is going to train, known before it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from training.ml.errors import DataError
from training.spec.held_out import CurveSpec, DoubtSpec, HeldOutSpec

FEWEST: Final = 4  # queries of a curve's smallest size
SIZES_LEAST: Final = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """How many trainings, and how many pairs they read in all their passes."""

    trainings: int
    pairs: int


def sizes_of(most: int, wanted: int) -> list[int]:
    """Return numbers of queries, ascending, each about half of the next; `most` is the last.

    Raises DataError where there are too few queries for a curve.
    """
    sizes = sorted({most // 2**step for step in range(wanted)})
    sizes = [size for size in sizes if size >= FEWEST]
    if len(sizes) < SIZES_LEAST:
        least = FEWEST * 2 ** (SIZES_LEAST - 1)
        raise DataError(
            f"{most} queries to learn from are too few for a curve, which takes {least} at least.",
            "Judge more queries, then freeze a new snapshot.",
        )
    return sizes


def work_of(spec: HeldOutSpec, pairs: float) -> float:
    """Return how many pairs a training on `pairs` pairs reads, over all of its passes."""
    steps = spec.max_steps * spec.per_device_train_batch_size * spec.gradient_accumulation_steps
    return float(steps) if spec.max_steps > 0 else spec.num_train_epochs * pairs


def cost_of(spec: CurveSpec | DoubtSpec, *, queries: int, pairs: int) -> Cost:
    """Say what a job takes that learns from so many queries with so many pairs.

    Raises DataError as `sizes_of` does.
    """
    return _cost(spec, _learned(spec, queries), pairs / max(1, queries))


def _learned(spec: CurveSpec | DoubtSpec, queries: int) -> Sequence[int]:
    """The number of queries of each training."""
    kept = queries - -(-queries // spec.folds)
    if isinstance(spec, DoubtSpec):
        return [kept] * spec.folds
    return sizes_of(kept, spec.sizes) * spec.repeats


def _cost(spec: HeldOutSpec, sizes: Sequence[int], per_query: float) -> Cost:
    return Cost(len(sizes), round(sum(work_of(spec, size * per_query) for size in sizes)))
