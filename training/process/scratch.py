"""Names of job processes, and the folders in which they work."""

import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from accounts.models import Project
from config.folders import private_folder
from models_app.models import Artifact
from training.ml.backends.kept import kept_clear
from training.ml.silver.entries import entries_clear
from training.models import TrainingJob
from training.selectors.continuing import ancestors_of, kept_of, last_of

WORK: Final = "work-"
BACKENDS: Final = "backends"
# Bytes of the disk that what finished jobs have kept leaves to those that run.
DISK_SPARE: Final = 4 << 30


def worker_name() -> str:
    """Return a name for one job process, never used twice: its host and a token."""
    return f"{socket.gethostname()}:{secrets.token_hex(6)}"


def scratch_path(worker: str) -> Path:
    """Return where the process of this name keeps what it makes."""
    return Path(settings.ARBITER_HOME) / "scratch" / f"job-{worker.rpartition(':')[2]}"


def scratch_clear(worker: str) -> None:
    """Remove what a process of this name has left behind."""
    shutil.rmtree(scratch_path(worker), ignore_errors=True)


def work_path(job_id: UUID) -> Path:
    """Return where a job keeps what its next attempt goes on with."""
    return Path(settings.ARBITER_HOME) / "scratch" / f"{WORK}{job_id}"


def work_adopt(job: TrainingJob) -> str:
    """Take over the work folder of the job that this one goes on with, and say whether it is here.

    A folder is renamed, so that no two processes ever have it. Empty where the job goes on with no
    other, or has taken over what there is.
    """
    own = work_path(job.pk)
    if job.continues is None or own.exists():
        return ""
    for earlier in ancestors_of(job):
        try:
            work_path(earlier.pk).rename(own)
        except FileNotFoundError:
            continue
        return f"It goes on with what job {earlier.short_id} kept."
    return (
        f"What job {job.continues.short_id} kept is not on this machine, or was removed: training"
        " begins anew."
    )


def cache_path() -> Path:
    """Return where jobs keep what holds for this machine, and can be made again."""
    return Path(settings.ARBITER_HOME) / "cache"


def silver_path(project_id: int) -> Path:
    """Return where silver stages of a project keep what they came to: weights that know its texts,
    which serve no other project.
    """
    return cache_path() / "silver" / str(project_id)


def silver_clear() -> None:
    """Remove what silver stages have kept for projects that are gone, or learned from what was
    erased since it was used last.
    """
    folders = {path.name: path for path in (cache_path() / "silver").glob("*") if path.is_dir()}
    rows = Project.objects.filter(pk__in=[name for name in folders if name.isdecimal()])
    erased = {
        str(pk): moment
        for pk, moment in rows.annotate(erased=Max("erasures__finished_at")).values_list(
            "pk", "erased"
        )
    }
    for name, folder in folders.items():
        if name not in erased:
            shutil.rmtree(folder, ignore_errors=True)
        elif (moment := erased[name]) is not None:
            entries_clear(folder, unused_since=moment.timestamp())


def works_clear(*, spare: int = DISK_SPARE) -> None:
    """Remove what jobs have kept on this machine and no job will go on with.

    Kept are the folders of jobs that are not finished, and for JOB_KEEP_DAYS those of trainings
    that were cancelled or failed with a checkpoint; of these the oldest go first where the disk
    has less than `spare` bytes left.
    """
    folders = {
        path.name.removeprefix(WORK): path
        for path in Path(settings.ARBITER_HOME, "scratch").glob(f"{WORK}*")
    }
    if not folders:
        return
    rows = TrainingJob.objects.select_related("snapshot", "continued_by").filter(pk__in=folders)
    ends = {str(job.pk): last_of(job) for job in rows}
    resting = []
    for name, folder in folders.items():
        end = ends.get(name)
        if end is None or (end.finished and kept_of(end) is None):
            shutil.rmtree(folder, ignore_errors=True)
        elif end.finished_at is not None:
            resting.append((end.finished_at, folder))
    for _, folder in sorted(resting):
        if shutil.disk_usage(folder).free >= spare:
            return
        shutil.rmtree(folder, ignore_errors=True)


def backends_clear() -> None:
    """Remove what was converted for weights that are gone with their project, or not used."""
    kept_clear(Path(settings.ARBITER_HOME) / BACKENDS, published=_published)


def _published(weights: str) -> bool:
    """Say whether a version has these weights, in one file, or a job has scored with them."""
    scored = TrainingJob.objects.filter(outcome__weights_sha256=weights)
    return Artifact.objects.filter(sha256=weights).exists() or scored.exists()


@contextmanager
def job_scratch(worker: str) -> Iterator[Path]:
    """Yield the process's empty scratch folder and remove it afterwards."""
    folder = scratch_path(worker)
    private_folder(folder.parent)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        scratch_clear(worker)
