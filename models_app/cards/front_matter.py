"""The YAML at the head of a card: what the Hub's own tools read."""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

_FRONT: Final = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
# Names of metrics in the Hub's habit, so that lists of models can be filtered by them.
HUB_METRICS: Final = {
    "nDCG@10": "ndcg@10",
    "MRR@10": "mrr@10",
    "MAP": "map",
    "P@1": "precision@1",
    "P@5": "precision@5",
    "Recall@10": "recall@10",
    "bpref": "bpref",
}


def front_split(text: str) -> tuple[str, str]:
    """Return the YAML at the head of a card's text, empty where there is none, and the rest."""
    found = _FRONT.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def front_matter(facts: Mapping[str, Any]) -> str:
    """Return the YAML between the dashes."""
    known = front_data(facts)
    return yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=1000).strip()


def front_data(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the YAML says; keys without a fact are left out, as the Hub wants it.

    A model that was made elsewhere came with its own.
    """
    if facts.get("own_card") is not None:
        return dict(facts["own_card"])
    model, base = facts.get("model") or {}, facts.get("base") or {}
    results = _results(facts.get("evaluation") or {})
    metrics = [metric["type"] for result in results for metric in result["metrics"]]
    data = {
        "language": facts.get("language"),
        "license": facts.get("license"),
        "tags": model.get("tags") or ["sentence-transformers", "cross-encoder", "reranker"],
        "base_model": base.get("loaded"),
        "pipeline_tag": model.get("pipeline_tag") or "text-ranking",
        "library_name": model.get("library") or "sentence-transformers",
        "metrics": list(dict.fromkeys(metrics)),
    }
    if results:
        data["model-index"] = [{"name": model.get("name") or "CrossEncoder", "results": results}]
    return {name: value for name, value in data.items() if value not in (None, [], "")}


def _results(evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    results = []
    if validation := evaluation.get("validation"):
        description = validation["description"]
        metrics = [(name, name.replace("_", " ").title(), v) for name, v in validation["metrics"]]
        results.append(
            _result(
                description.lower().replace(" ", "-"), description, validation["dataset"], metrics
            )
        )
    for split in evaluation.get("splits") or []:
        rows = [r for r in split["rows"] if r["system"] == "model" and r["metric"] in HUB_METRICS]
        if split["split"] == "test" and rows:
            metrics = [(HUB_METRICS[r["metric"]], r["metric"], r["value"]) for r in rows]
            results.append(_result("text-ranking", "Text Ranking", "test", metrics))
    return results


def _result(
    kind: str, title: str, dataset: str, metrics: list[tuple[str, str, float]]
) -> dict[str, Any]:
    return {
        "task": {"type": kind, "name": title},
        "dataset": {"name": dataset.replace("_", " ").replace("-", " "), "type": dataset},
        "metrics": [
            {"type": name, "value": value, "name": shown} for name, shown, value in metrics
        ],
    }
