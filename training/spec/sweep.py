"""A small grid of recipes: the keys whose values are tried, and how people write it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

Grid = tuple[tuple[str, tuple[Any, ...]], ...]
"""Keys with the values to try of each."""

# All trials read the same texts, are chosen between on the same figure, and start from one base
# that was scored once: what would change that is not swept.
SWEPT: Final = (
    "loss",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "learning_rate",
    "weight_decay",
    "adam_beta1",
    "adam_beta2",
    "adam_epsilon",
    "warmup_steps",
    "warmup_ratio",
    "lr_scheduler_type",
    "max_grad_norm",
    "frozen_layers",
    "pos_weight",
    "num_negatives",
    "max_train_pairs",
    "list_size",
)
TRIALS_MOST: Final = 30
_SCALARS: Final = (str, int, float, type(None))


def grid_clean(value: Any) -> Grid:
    """Check the shape of a grid, {key: [value, …]}, or of one that was checked before.

    Raises ValueError with a message.
    """
    if isinstance(value, tuple):
        value = dict(value)
    if not isinstance(value, Mapping):
        raise ValueError('Must be keys with the values to try, {"learning_rate": [1e-5, 2e-5]}.')
    found = []
    for name, values in value.items():
        if name not in SWEPT:
            raise ValueError(f"{name} cannot be swept; these can: {', '.join(SWEPT)}.")
        if not isinstance(values, list | tuple) or not values:
            raise ValueError(f"{name}: must be a list of values to try.")
        if not all(isinstance(each, _SCALARS) for each in values):
            raise ValueError(f"{name}: a value must be a number, a word or null.")
        if len({json.dumps(each) for each in values}) < len(values):
            raise ValueError(f"{name}: a value stands there twice.")
        if len(values) > TRIALS_MOST:
            raise ValueError(f"{name}: at most {TRIALS_MOST} values.")
        found.append((str(name), tuple(values)))
    # A database may keep the keys in an order of its own.
    return tuple(sorted(found, key=lambda each: SWEPT.index(each[0])))


def grid_plain(grid: Grid) -> dict[str, list[Any]]:
    """Return a grid as JSON has it."""
    return {name: list(values) for name, values in grid}


def grid_points(grid: Grid) -> Iterator[dict[str, Any]]:
    """Yield each combination, the last key's values changing fastest; of no keys, the empty one."""
    names = [name for name, _ in grid]
    for values in product(*(values for _, values in grid)):
        yield dict(zip(names, values, strict=True))


def grid_text(grid: Grid | Mapping[str, Sequence[Any]]) -> str:
    """Write a grid for people, a key a line: "learning_rate: 1e-05, 2e-05"."""
    pairs: Iterable[tuple[str, Sequence[Any]]]
    pairs = grid.items() if isinstance(grid, Mapping) else grid
    return "\n".join(f"{name}: {', '.join(_written(each) for each in own)}" for name, own in pairs)


def grid_read(text: str) -> dict[str, list[Any]]:
    """Read what `grid_text` writes. Raises ValueError with a message."""
    found: dict[str, list[Any]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, values = (part.strip() for part in line.partition(":"))
        if not colon or not values:
            raise ValueError('Write a key, a colon and its values: "learning_rate: 1e-5, 2e-5".')
        if name in found:
            raise ValueError(f"{name} stands there twice.")
        found[name] = [_read(each.strip()) for each in values.split(",") if each.strip()]
    return found


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read(word: str) -> Any:
    try:
        value = json.loads(word)
    except ValueError:
        return word
    return value if isinstance(value, _SCALARS) else word
