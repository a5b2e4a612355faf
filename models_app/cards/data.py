"""A card's sections on the data: texts, splits, statistics, and where the labels come from."""

from collections.abc import Mapping, Sequence
from typing import Any

from models_app.cards.markup import Ready, inline, number, sample, table


def dataset_view(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the sections on the training data and its splits need; None without facts on it."""
    dataset = facts.get("dataset")
    if not dataset:
        return None
    columns = [Ready(f"<code>{inline(name)}</code>") for name in dataset["columns"]]
    listed = ", ".join(columns[:-1]) + f", and {columns[-1]}" if len(columns) > 1 else columns[0]
    rows = [[sample(value) for value in row] for row in dataset["samples"]]
    return {
        "name": inline(dataset.get("name") or "Unnamed Dataset"),
        "digest": inline(dataset["digest"]),
        "size": f"{dataset['size']:,}",
        "rows": dataset["size"],
        "columns": Ready(listed),
        "statistics": _statistics(dataset["statistics"]),
        "samples": table(dataset["columns"], rows, indent=2)
        if facts.get("samples_allowed")
        else None,
        "splits": table(
            ("Split", "Queries", "Pairs", "Positives", "Label mean"),
            [
                (s["split"], s["queries"], s["pairs"], s["positives"], number(s["label_mean"]))
                for s in dataset["splits"]
            ],
        ),
    }


def _statistics(columns: Sequence[Mapping[str, Any]]) -> Ready:
    def details(column: Mapping[str, Any]) -> Ready:
        unit = f" {column['unit']}" if column["unit"] else ""
        items = [f"<li>{key}: {column[key]}{unit}</li>" for key in ("min", "mean", "max")]
        return Ready(f"<ul>{''.join(items)}</ul>")

    rows = [
        ["type", *(column["type"] for column in columns)],
        ["modality", *(column["modality"] for column in columns)],
        ["details", *(details(column) for column in columns)],
    ]
    return table(["", *(inline(column["column"]) for column in columns)], rows, indent=2)


def labels_view(labels: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the section on where the labels come from needs; None where that was not recorded."""
    if not labels:
        return None
    kinds = {"person": "people", "import": "import source", "model": "model"}
    rows = [
        (s["name"], kinds.get(s["kind"], s["kind"]), s["judgments"], s.get("detail") or "")
        for s in labels.get("sources") or []
    ]
    agreement = labels.get("agreement")
    share = labels.get("adjudicated_share")
    return {
        "sources": table(("Source", "Kind", "Judgments", "Remark"), rows) if rows else None,
        "agreement": inline(
            f"{agreement['measure']}: {number(agreement['value'])} (n = {agreement['n']})"
        )
        if agreement
        else None,
        "adjudicated": None if share is None else f"{share:.1%} of the graded pairs",
        "resolution": _resolution(labels.get("resolution")),
        "preferences": _preferences(labels.get("preferences")),
    }


def _preferences(found: Mapping[str, Any] | None) -> str | None:
    """Say how often people compared two passages; None where they did not."""
    if not found:
        return None
    splits = found["splits"].items()
    held = ", ".join(f"{split['pairs']:,} in {name}" for name, split in splits if split["pairs"])
    agreed = "not measured"
    if found["agreement_n"]:
        agreed = f"{number(found['agreement'])} (n = {found['agreement_n']})"
    return inline(
        f"{found['answers']:,} answers of {found['people']} people, {found['ties']:,} of them ties;"
        f" pairs with a preferred passage: {held}; share of equal answers: {agreed}"
    )


def _resolution(found: Mapping[str, Any] | None) -> str | None:
    """Say how disagreements became one grade; None where people judged nothing."""
    if not found or not found["compared"]:
        return None
    against = f"{found['against_majority']} of {found['compared']} pairs that people judged"
    return inline(f"{found['policy']}; {against} have another grade than most gave")
