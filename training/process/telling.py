"""What a job tells before it trains: what models beside its own have seen, what is mined, and how
much evidence its test queries are."""

from pathlib import Path
from typing import Any

from annotate.frozen.splitting import clusters_of
from annotate.frozen.twins import twin_pairs
from training.ml.data import Snapshot
from training.ml.reporter import Reporter
from training.ml.sets.corpus_pool import corpus_facts
from training.models import TrainingJob
from training.process.preparing import (
    Champion,
    Teacher,
)
from training.selectors.base_models import version_pinned
from training.selectors.exposure import exposure_of
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


def twins_said(snapshot: Snapshot, reporter: Reporter) -> dict[str, int]:
    """Say how many test queries have a near-identical one beside them: less evidence than it looks.

    Returns `queries`, those that have one, `groups`, what these come to if alike ones count once,
    and `of`, all test queries.
    """
    texts = {pair.query_id: pair.query for pair in snapshot.splits["test"]}
    groups = [each for each in clusters_of(texts, twin_pairs(texts)) if len(each) > 1]
    found = {"queries": sum(map(len, groups)), "groups": len(groups), "of": len(texts)}
    if groups:
        reporter.log(
            f"{found['queries']} of the {found['of']} test queries are near-identical to another "
            f"one: {found['groups']} if alike ones count once."
        )
    return found


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
