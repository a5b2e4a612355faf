"""What a job tells of the models beside the one it trains: what each has seen, what is mined."""

from pathlib import Path
from typing import Any

from training.ml.data import Snapshot
from training.ml.reporter import Reporter
from training.ml.sets.corpus_pool import corpus_facts
from training.models import TrainingJob
from training.process.exposure import exposure_of
from training.process.preparing import (
    Champion,
    Teacher,
)
from training.selectors.base_models import version_pinned
from training.selectors.jobs import last_mined


def base_exposure(
    job: TrainingJob, snapshot: Snapshot, reporter: Reporter
) -> dict[str, Any] | None:
    if not job.base_revision:
        return None
    found = exposure_of(version_pinned(job.base_revision), snapshot, job.project, job.created_by)
    for line in found.lines():
        reporter.log(line)
    return found.to_dict()


def champion_said(
    champion: Champion | None, job: TrainingJob, snapshot: Snapshot, reporter: Reporter
) -> dict[str, Any]:
    """Say which version is to be beaten, and what it has seen of this snapshot."""
    if champion is None:
        return {}
    name = str(champion.version)
    if champion.missing:
        reporter.log(f"The champion {name} is not measured: {champion.missing}")
    found = exposure_of(champion.version, snapshot, job.project, job.created_by)
    for line in found.lines(f"The champion {name}"):
        reporter.log(line)
    missing = champion.missing or None
    return {"version": name, "missing": missing, "exposure": found.to_dict()}


def corpus_said(corpus: Path | None, job: TrainingJob, reporter: Reporter) -> None:
    """Name the corpus that is mined, and say whether the reranker's last version mined another."""
    if corpus is None:
        return
    now = corpus_facts(corpus)
    reporter.log(f"Corpus {now['digest'][:12]}: {now['passages']:,} passages may be mined.")
    mined = last_mined(job.parts[1])
    if mined is not None and mined[1]["digest"] != now["digest"]:
        version, before = mined
        reporter.log(
            f"The corpus has changed since {version} mined it: {before['digest'][:12]}, "
            f"{before['passages']:,} passages."
        )


def teacher_said(
    teacher: Teacher | None, job: TrainingJob, snapshot: Snapshot, reporter: Reporter
) -> dict[str, Any]:
    """Say what the teacher has seen of this snapshot, where it is a version of ours."""
    if teacher is None or teacher.version is None:
        return {}
    found = exposure_of(teacher.version, snapshot, job.project, job.created_by)
    for line in found.lines(teacher=f"The teacher {teacher.version}"):
        reporter.log(line)
    return {"version": str(teacher.version), "exposure": found.to_dict()}
