"""The facts of what was learned from: its columns, a few of its rows, and its splits."""

from collections.abc import Sequence
from typing import Any, Final

from datasets import Dataset

from training.ml.data import Pair, Snapshot
from training.spec.train import TrainSpec

SAMPLES: Final = 3
USAGE_PASSAGES: Final = 5


def dataset_facts(snapshot: Snapshot, rows: Dataset) -> dict[str, Any]:
    """The rows that were learned from, and how many pairs each split of the snapshot has."""
    columns = list(rows.column_names)
    return {
        "name": snapshot.manifest.get("name"),
        "digest": snapshot.digest,
        "size": len(rows),
        "columns": columns,
        "statistics": [_statistics(name, list(rows[name])) for name in columns],
        "samples": [
            [plain(rows[row][name]) for name in columns] for row in range(min(SAMPLES, len(rows)))
        ],
        "splits": [_split(name, pairs) for name, pairs in snapshot.splits.items()],
    }


def usage_facts(snapshot: Snapshot, spec: TrainSpec) -> list[list[str]]:
    """One training query with its own candidates, a relevant one and others among them if any."""
    by_query: dict[str, list[Pair]] = {}
    for pair in snapshot.splits["train"]:
        by_query.setdefault(pair.query_id, []).append(pair)
    # The first query that has both, else one that has a relevant passage, else any.
    pairs = max(by_query.values(), key=lambda own: sum({1 + pair.relevant for pair in own}))
    best = next((pair for pair in pairs if pair.relevant), pairs[0])
    others = sorted((pair for pair in pairs if pair is not best), key=lambda pair: pair.relevant)
    shown = [best, *others[: USAGE_PASSAGES - 1]]
    filled = spec.templates.pair
    return [
        list(filled(query=pair.query, title=pair.title, text=pair.text))
        for pair in pairs
        if pair in shown
    ]


def _statistics(column: str, values: Sequence[Any]) -> dict[str, Any]:
    """Minimum, mean and maximum over all rows: of lengths for texts, of values for targets."""
    text, several = isinstance(values[0], str), isinstance(values[0], list)
    numbers = [len(value) for value in values] if text or several else values
    return {
        "column": column,
        "type": "string" if text else "list" if several else type(values[0]).__name__,
        "modality": "text" if text else "",
        "min": round(min(numbers), 2),
        "mean": round(sum(numbers) / len(numbers), 2),
        "max": round(max(numbers), 2),
        "unit": "characters" if text else "elements" if several else "",
    }


def _split(name: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    return {
        "split": name,
        "queries": len({pair.query_id for pair in pairs}),
        "pairs": len(pairs),
        "positives": sum(pair.relevant for pair in pairs),
        "label_mean": round(sum(pair.target for pair in pairs) / len(pairs), 4) if pairs else None,
    }


def plain(value: Any) -> Any:
    """Keep what JSON has a plain value for; everything else becomes the text that is shown."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
