"""What to change where a job ran out of memory, and how a job is asked for once more."""

from collections.abc import Mapping
from typing import Any, Final

BATCHES: Final = (
    "per_device_train_batch_size",
    "per_device_eval_batch_size",
    "batch_size",
)
ACCUMULATION: Final = "gradient_accumulation_steps"
ACCUMULATION_MOST: Final = 1024
LENGTH: Final = "max_length"
LENGTH_LEAST: Final = 64
# Keys that decide how much memory a job needs.
HEAVY: Final = (*BATCHES, LENGTH)


def memory_advice(recipe: Mapping[str, Any]) -> str:
    """Say with which values a job ran out of memory, and what to try with less."""
    had = words({key: recipe[key] for key in HEAVY if key in recipe})
    tried = next_try(recipe)
    advice = f"Run it again with {words(tried)}" if tried else "Choose a smaller base model"
    same = " (the effective batch stays the same)" if ACCUMULATION in tried else ""
    return f"It had {had}. {advice}{same}, or give the machine more memory."


def next_try(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys to change so that a job needs less memory; empty where nothing is left.

    Batches are halved while there is anything to halve, and their gradients summed up, so that a
    step still learns from as many pairs; then activations are not kept, then texts are cut.
    """
    changes: dict[str, Any] = {
        key: recipe[key] // 2 for key in BATCHES if recipe.get(key) and recipe[key] > 1
    }
    accumulated = 2 * (recipe.get(ACCUMULATION) or 1)
    if BATCHES[0] in changes and accumulated <= ACCUMULATION_MOST:
        changes[ACCUMULATION] = accumulated
    if BATCHES[0] in changes or BATCHES[2] in changes:
        return changes
    if recipe.get("activation_checkpointing") is False:
        return changes | {"activation_checkpointing": True}
    if (recipe.get(LENGTH) or 0) > LENGTH_LEAST:
        return changes | {LENGTH: max(LENGTH_LEAST, recipe[LENGTH] // 2)}
    return changes


def words(values: Mapping[str, Any]) -> str:
    """Return settings as a sentence has them: "max_length 256 and batch_size 8"."""
    each = [f"{key} {_value(value)}" for key, value in values.items()]
    return " and ".join([", ".join(each[:-1]), each[-1]] if each[1:] else each)


def _value(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
