"""The sample project, search over the Python standard library: from nothing to its first reranker.

Each step looks at what is there and does what is missing, so a start that was interrupted carries
on where it ended, and a later one has nothing to do.
"""

import json
import time
import zipfile
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import OperationalError, connection

from accounts.blobs import scratch_folder
from accounts.models import OwnerLink, Project
from accounts.services import project_create
from annotate.models import Import, ImportStatus, Snapshot, SnapshotStatus, Source
from annotate.services.importing import import_file
from annotate.services.snapshots import snapshot_create
from models_app.models import CHAMPION, Alias, Version
from models_app.services.rerankers import alias_move
from training.kinds import JobKind
from training.models import EventKind, JobEvent, JobStatus, TrainingJob
from training.sample import (
    Judgment,
    judgments_resolve,
    sample_guidelines,
    sample_passages,
    sample_queries,
)
from training.sample.recipe import PRESET, sample_recipe
from training.selectors.standing import standing_of
from training.services.jobs import job_create

SLUG: Final = "python-stdlib"
RERANKER: Final = "docs-reranker"
SOURCE: Final = "Arbiter's authors, with a language model"
SOURCE_DESCRIPTION: Final = (
    "Grades by Arbiter's authors, written with a language model in one pass over every pooled"
    " candidate: one judge, no second opinion. Good to learn Arbiter with, not a benchmark."
)
DESCRIPTION: Final = (
    "The sample project: what a programmer asks, and the docstrings that answer. Its grades were"
    " written by Arbiter's authors with a language model, in one pass: good to learn with, not a"
    " benchmark."
)
RUNS: Final = ("bi-encoder", "bm25")
GRADES: Final = (
    {
        "value": 0, "name": "Off topic", "relevant": False,
        "description": "It shares a word or nothing with the query.",
    },
    {
        "value": 1, "name": "Related", "relevant": False,
        "description": "Same subject, but it would not get the job done.",
    },
    {
        "value": 2, "name": "In part", "relevant": True,
        "description": "It does part of the job, or leads to what does: the neighbouring tool.",
    },
    {
        "value": 3, "name": "The thing to use", "relevant": True,
        "description": "It does what the query asks, directly; one would stop searching.",
    },
)  # fmt: skip
SPLITS: Final = {"train": 0.65, "dev": 0.1, "test": 0.25}


def sample_load() -> Iterator[str]:
    """Do what is missing; yield lines for the person at the terminal."""
    project = Project.objects.filter(slug=SLUG).first()
    marker = Path(settings.ARBITER_HOME) / "sample-was-set-up"
    if project is None and marker.exists():
        return  # somebody deleted it, and that is an answer
    if project is None:
        project = _project()
        marker.touch()
        yield "The sample project, search over the Python standard library, is set up."
    yield from _import(project)
    snapshot = yield from _snapshot(project)
    if snapshot is None:
        return
    yield from first_train(project=project, snapshot=snapshot)
    yield from champion_name(project=project)


def _project() -> Project:
    link = OwnerLink.objects.filter(used_by__isnull=False).first()
    return project_create(
        slug=SLUG,
        name="Search over the Python standard library",
        owner=link.used_by if link else None,
        grades=GRADES,
        description=DESCRIPTION,
        guidelines=sample_guidelines(),
        language="en",
        license="apache-2.0",
        sample_texts=True,
    )


def _import(project: Project) -> Iterator[str]:
    resolved = judgments_resolve()
    pooled = [judgment for judgment in resolved.judgments if judgment.runs]
    Source.objects.get_or_create(
        project=project, name=SOURCE, defaults={"description": SOURCE_DESCRIPTION}
    )
    with scratch_folder("sample") as folder:
        files = [_beir(folder / "sample.zip", pooled)]
        files += [_run(folder / f"{name}.run", name, pooled) for name in RUNS]
        for path in files:
            done = project.imports.filter(name=path.name, status=ImportStatus.SUCCEEDED)
            if not done.exists():
                yield _summary(import_file(project=project, path=path, source_name=SOURCE))


def _summary(row: Import) -> str:
    if row.status != ImportStatus.SUCCEEDED:
        return f"{row.name}: {row.get_status_display()}. {json.dumps(row.errors[:3])}"
    return f"{row.name}: {row.rows_read:,} rows in {row.seconds:.1f} s."


def _beir(path: Path, judgments: list[Judgment]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr(
            "corpus.jsonl",
            _lines(
                {"_id": passage.name, "title": passage.title, "text": passage.text}
                for passage in sample_passages()
            ),
        )
        out.writestr(
            "queries.jsonl",
            _lines(
                {"_id": query.id, "text": query.text, "metadata": {"kind": query.kind}}
                for query in sample_queries()
            ),
        )
        rows = (f"{it.query_id}\t{it.passage}\t{it.grade}\n" for it in judgments)
        out.writestr("qrels/authors.tsv", "query-id\tcorpus-id\tscore\n" + "".join(rows))
    return path


def _lines(rows: Iterable[dict[str, object]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _run(path: Path, name: str, judgments: list[Judgment]) -> Path:
    """Write one run in TREC's form: query Q0 passage rank score name."""
    found = [
        f"{it.query_id} Q0 {it.passage} {run.rank} {run.score} {name}\n"
        for it in judgments
        for run in it.runs
        if run.name == name
    ]
    path.write_text("".join(found), encoding="utf-8")
    return path


def _snapshot(project: Project) -> Generator[str, None, Snapshot | None]:
    snapshot = project.snapshots.exclude(status=SnapshotStatus.FAILED).order_by("pk").first()
    if snapshot is None:
        policy = {"first_stage_run": RUNS[0]}
        snapshot = snapshot_create(project=project, created_by=None, policy=policy, splits=SPLITS)
    while snapshot.status in (SnapshotStatus.QUEUED, SnapshotStatus.RUNNING):
        time.sleep(0.2)
        snapshot.refresh_from_db()
    if not snapshot.ready:
        yield f"The sample's judgments could not be frozen: {snapshot.error}"
        return None
    yield f"Snapshot {snapshot.short_digest}: {snapshot.pairs:,} judged pairs."
    return snapshot


def first_train(*, project: Project, snapshot: Snapshot) -> Iterator[str]:
    """Train until the project has a version: follow the newest job, or a fresh one if it failed.

    That is once per start. Jobs are cancelled by people only, and that is an answer.
    """
    if Version.objects.filter(reranker__project=project).exists():
        return
    job = project.training_jobs.filter(kind=JobKind.TRAIN).order_by("created_at").last()
    if job is not None and job.status == JobStatus.CANCELLED:
        yield "Its training job was cancelled; another is started under Training."
        return
    if job is not None and job.status == JobStatus.FAILED:
        error, job = job.error, _job(project, snapshot)
        yield f"Its last training job failed: {error} A fresh one is queued."
    job = job or _job(project, snapshot)
    if not job.finished:
        yield from _follow(job)


def _job(project: Project, snapshot: Snapshot) -> TrainingJob:
    return job_create(
        project=project,
        created_by=None,
        snapshot=snapshot,
        base_model=PRESET.base_model,
        recipe=sample_recipe().to_dict(),
        reranker=RERANKER,
    )


def _follow(job: TrainingJob) -> Iterator[str]:
    """Yield what the job reports, and each tenth of its stages, until it is finished."""
    seen, tenth = 0, (job.stage, 0)
    yield "Training its first reranker; the page of the job shows it live."
    while not job.finished:
        time.sleep(1)
        try:
            job.refresh_from_db()
        except OperationalError:  # the database starts again; so does our connection
            connection.close()
            continue
        except TrainingJob.DoesNotExist:
            yield "The sample project was deleted."
            return
        for event in JobEvent.objects.filter(job=job, pk__gt=seen).order_by("pk"):
            seen = event.pk
            if event.kind == EventKind.LOG:
                yield str(event.data["line"])
        reached = (job.stage, 10 * job.done // job.total if job.total else 0)
        if reached != tenth:
            tenth = reached
            yield f"{job.get_stage_display()}: {job.far}" if job.far else job.get_stage_display()
    if job.status != JobStatus.SUCCEEDED:
        yield f"Training ended as {job.status}. {job.error}"


def champion_name(*, project: Project) -> Iterator[str]:
    """Make the set-up's own first version the champion; all other moves are people's choice."""
    own = project.training_jobs.filter(created_by=None, reranker__name=RERANKER)
    versions = Version.objects.select_related("reranker__project").order_by("pk")
    version = versions.filter(job__in=own.values("pk")).first()
    if version is None:
        return
    reranker = version.reranker
    if Alias.objects.filter(reranker=reranker, name=CHAMPION).exists():
        return
    standing = standing_of(version)
    reason = f"The first version of the sample project, named by its set-up. {standing}"
    alias_move(reranker=reranker, name=CHAMPION, version=version, by_setup=True, reason=reason)
    yield f"{version} is the champion: {standing}"
