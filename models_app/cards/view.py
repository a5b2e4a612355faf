"""From facts to what the templates lay out. Every text of a value is escaped or `Ready` here."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from models_app.cards.breakdown import calibration_view, slices_view
from models_app.cards.data import dataset_view, labels_view
from models_app.cards.evidence import advice, weaknesses
from models_app.cards.figures import (
    dev_name_of,
    first_stage_said,
    methods_view,
    split_view,
    validation_view,
)
from models_app.cards.learning import training_set_view, trials_view
from models_app.cards.markup import (
    SHOWN,
    Ready,
    code,
    duration,
    fenced,
    inline,
    number,
    table,
)
from models_app.cards.silver import silver_view
from models_app.cards.teacher import teacher_view
from models_app.verdict import verdict_of

# What sentence-transformers shows where it has no example of its own to show.
_EGG_WHITES: Final = (
    "Egg whites are very low in calories, have no fat, no cholesterol, and are loaded with protein."
)
NEUTRAL_PAIRS: Final = (
    (
        "How many calories in an egg",
        "There are on average between 55 and 80 calories in an egg depending on its size.",
    ),
    (
        "How many calories in an egg",
        _EGG_WHITES,
    ),
    (
        "How many calories in an egg",
        "Most of the calories in an egg come from the yellow yolk in the center.",
    ),
)
VERSIONS: Final = {
    "python": "Python",
    "sentence_transformers": "Sentence Transformers",
    "transformers": "Transformers",
    "torch": "PyTorch",
    "accelerate": "Accelerate",
    "datasets": "Datasets",
    "tokenizers": "Tokenizers",
}


def card_view(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context of `card.md`. Parts without facts are None; templates say so."""
    evaluation = facts.get("evaluation") or {}
    recipe = dict(facts.get("recipe") or [])
    return {
        "model": _model(facts.get("model") or {}),
        "base": _base(facts.get("base")),
        "language": _words(facts.get("language")),
        "license": inline(facts["license"]) if facts.get("license") else None,
        "templates": _templates(facts),
        "usage": _usage(facts),
        "registry": facts.get("registry"),
        "verdict": inline(found.text) if (found := verdict_of(facts)) else None,
        "calibration": calibration_view(facts),
        "slices": slices_view(facts),
        "validation": validation_view(evaluation),
        "splits": [
            split_view(split, first_stage_said(facts, split))
            for split in _test_first(evaluation.get("splits") or [])
        ],
        "first_stage_run": _first_stage_run(facts),
        "methods": methods_view(facts.get("methods")),
        "dev_name": code(name) if (name := dev_name_of(facts)) else None,
        "found": bool(facts.get("findings")),
        "weaknesses": [inline(text) for text in weaknesses(facts)],
        "advice": [inline(text) for text in advice(facts)],
        "dataset": dataset_view(facts),
        "labels": labels_view(facts.get("labels")),
        "silver": silver_view(facts.get("silver")),
        "training_set": training_set_view(facts.get("training_set")),
        "trials": trials_view(facts.get("trials")),
        "teacher": teacher_view(facts.get("teacher")),
        "loss": _loss(facts.get("loss")),
        "hyperparameters": _hyperparameters(facts.get("hyperparameters")),
        "log": _log(facts.get("log")),
        "timings": _timings(facts.get("timings")),
        "hardware": _hardware(facts.get("hardware")),
        "energy": facts.get("energy"),
        "seed": facts.get("seed"),
        "job": _job(facts, recipe),
        "lineage": facts.get("lineage"),
        "versions": [
            (VERSIONS.get(name, inline(name)), inline(version))
            for name, version in facts.get("versions") or []
        ],
        "citations": [
            (inline(title), fenced(text, "bibtex")) for title, text in facts.get("citations") or []
        ],
    }


def _model(model: Mapping[str, Any]) -> dict[str, Any]:
    labels = model.get("num_labels")
    return {
        "name": inline(model.get("name") or "CrossEncoder"),
        "task": inline(model.get("task") or "text reranking and semantic search"),
        "max_length": model.get("max_length"),
        "labels": f"{labels} label{'' if labels == 1 else 's'}" if labels else None,
        "modalities": _words(model.get("modalities")),
        "parameters": f"{model['parameters']:,}" if model.get("parameters") else None,
        "score": _score(model),
        "sigmoid": _activation(model) == "Sigmoid",
        "architecture": fenced(model["architecture"], "") if model.get("architecture") else None,
    }


def _activation(model: Mapping[str, Any]) -> str:
    return str(model.get("activation") or "").rsplit(".", 1)[-1]


def _score(model: Mapping[str, Any]) -> Ready | None:
    """What a score is and which values it takes."""
    name = _activation(model)
    ranges = {
        "Sigmoid": "between 0 and 1: the `Sigmoid` of the model's output",
        "Identity": "the model's output as it is, without bounds (`Identity`)",
    }
    if not name:
        return None
    return Ready(ranges.get(name) or f"{code(name)} of the model's output")


def _base(base: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not base:
        return None
    packaged = base["kind"] == "packaged"
    hub = packaged or base["kind"] == "hub"
    name = inline(base["loaded"])
    return {
        "link": Ready(f"[{name}](https://huggingface.co/{name})") if hub else name,
        # The Hub knows no version of a package.
        "revision": inline(base["revision"]) if base["revision"] and not packaged else None,
        "package": code(base["revision"]) if base["revision"] and packaged else None,
        "requested": code(base["requested"]),
        "fell_back": base["fell_back"],
        "reason": inline(base["reason"]),
        "digest": base["weights_sha256"],
    }


def _templates(facts: Mapping[str, Any]) -> dict[str, Any] | None:
    templates = facts.get("templates")
    if not templates:
        return None
    return {
        "query": code(templates["query"]),
        "passage": code(templates["passage"]),
        "title": "{title}" in templates["passage"],
        "plain": (templates["query"], templates["passage"]) == ("{query}", "{text}"),
    }


def _usage(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Pairs as Python literals: `repr` leaves neither a line break nor an open quote."""
    own = facts.get("usage") if facts.get("samples_allowed") else None
    pairs = [(_cut(query), _cut(text)) for query, text in own or NEUTRAL_PAIRS]
    return {
        "pairs": [Ready(repr(list(pair))) for pair in pairs],
        "query": Ready(repr(pairs[0][0])),
        "passages": [Ready(repr(text)) for _, text in pairs],
        "own": bool(own),
    }


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _loss(loss: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not loss:
        return None
    parameters = json.dumps(dict(loss["parameters"]), indent=4)
    block = fenced(parameters, "json").replace("\n", "\n  ")
    return {
        "name": inline(loss["name"]),
        "anchor": inline(loss["name"].lower()),
        "parameters": Ready(f"  {block}"),
    }


def _hyperparameters(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not found:
        return None
    return {
        # An empty list is no link.
        name: [
            (code(key), Ready(inline(value).replace("&#91;&#93;", "[]")))
            for key, value in found[name]
        ]
        for name in ("non_default", "all")
    }


def _log(log: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not log or not log["rows"]:
        return None
    best = log.get("best_step")
    step = log["columns"].index("Step")
    rows = []
    for line in log["rows"]:
        cells = ["-" if value is None else number(value) for value in line]
        bold = best is not None and line[step] == best
        rows.append([Ready(f"**{cell}**") if bold else inline(cell) for cell in cells])
    return {
        "table": table([inline(name) for name in log["columns"]], rows, align="center"),
        "folded": len(rows) > 100,
        "best": best,
    }


def _timings(timings: Mapping[str, Any] | None) -> dict[str, str] | None:
    if not timings:
        return None
    return {
        "training": duration(timings["training_seconds"]),
        "evaluation": duration(timings["evaluation_seconds"]),
        "total": duration(sum(seconds for _, seconds in timings["stages"])),
    }


def _first_stage_run(facts: Mapping[str, Any]) -> Ready | None:
    named = (facts.get("first_stage") or {}).get("run")
    return code(named) if named else None


def _hardware(hardware: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not hardware:
        return None
    gigabyte = 10**9
    return {
        "device": inline(hardware["device"]),
        "gpu": _words(hardware["gpus"]) or "No GPU used",
        "cpu": inline(hardware["cpu"]),
        "cores": hardware["cores"],
        "threads": hardware["threads"],
        "memory": f"{hardware['memory_bytes'] / gigabyte:.2f} GB",
        "peak": f"{hardware['peak_memory_bytes'] / gigabyte:.2f} GB",
        "system": inline(hardware["system"]),
    }


def _job(facts: Mapping[str, Any], recipe: Mapping[str, Any]) -> Ready | None:
    """The request that trains this version again."""
    if not recipe or not facts.get("dataset") or not facts.get("base"):
        return None
    registry = facts.get("registry") or {}
    body = {
        "kind": "train",
        "project": str(registry.get("repo_id") or "PROJECT/").split("/")[0],
        "snapshot": facts["dataset"]["digest"],
        "base_model": facts["base"]["again"],
        "recipe": recipe,
    }
    return fenced(json.dumps(body, indent=2, ensure_ascii=False), "json")


def _test_first(splits: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(splits, key=lambda split: split["split"] != "test")


def _words(value: object) -> Ready | None:
    if not value:
        return None
    items = [value] if isinstance(value, str) else list(value) if isinstance(value, list) else []
    return inline(", ".join(str(item) for item in items)) if items else None
