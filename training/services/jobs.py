"""Jobs as people handle them: asked for, rung for, cancelled; and swept by beat."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Least, Now

from accounts.models import Project, User
from accounts.problems import ConflictError
from annotate.models import Snapshot
from models_app.models import Reranker
from models_app.services.rerankers import reranker_ensure
from training.kinds import JobKind
from training.ml.data import SPLITS
from training.ml.errors import DataError
from training.ml.recipe.snapshot_check import relevance_check, splits_check
from training.ml.search.languages import stemmed_language
from training.models import JOB_TERMINAL, JobStatus, TrainingJob
from training.selectors.base_models import base_checked
from training.selectors.queueing import queue_now
from training.services.bell import bells_waiting, job_ring
from training.services.claims import Claim
from training.services.enqueuing import job_enqueue
from training.services.moves import job_lose, note_add, status_move
from training.spec.base import SpecError
from training.spec.train import TrainSpec

DEFAULT_RERANKER: Final = "reranker"
# A live process sees the wish within a second; one that is gone is not waited for any longer.
CANCEL_SECONDS: Final = 5
# Keys of a recipe that name a model beside the base.
TEACHERS: Final = ("silver_teacher", "teacher")


@transaction.atomic
def job_create(
    *,
    project: Project,
    created_by: User | None,
    snapshot: Snapshot,
    base_model: str,
    recipe: Mapping[str, Any],
    reranker: str | None = None,
) -> TrainingJob:
    """Ask for a job that trains and publishes a version of `reranker`.

    `recipe` holds keys of `TrainSpec`; what is left out has its default. The reranker is made if
    the project has none of this name. Raises ValidationError per field: also for a snapshot whose
    shares leave a split empty. Raises ConflictError as `job_enqueue` does.
    """
    snapshot_check_given(project, snapshot)
    snapshot_trainable(snapshot)
    base = base_checked(base_model, project=project, user=created_by)
    return job_enqueue(
        project=project,
        kind=JobKind.TRAIN,
        snapshot=snapshot,
        base_model=base.name,
        base_revision=base.revision,
        recipe=_checked_recipe(recipe, project, created_by),
        reranker=_reranker(project, reranker or DEFAULT_RERANKER, created_by),
        created_by=created_by,
    )


def snapshot_check_given(project: Project, snapshot: Snapshot) -> None:
    """Raise ValidationError unless this snapshot is the project's and ready."""
    if snapshot.project_id != project.pk:
        raise ValidationError({"snapshot": "There is no such snapshot in this project."})
    if not snapshot.ready:
        raise ValidationError({"snapshot": f"This snapshot is {snapshot.status}, not ready."})


def snapshot_trainable(snapshot: Snapshot) -> None:
    """Raise ValidationError where every training would fail.

    That is where `snapshot_learnable` says so, and where nothing is relevant in a split.
    """
    snapshot_learnable(snapshot)
    with told_of_snapshot():
        relevance_check(positives_told(snapshot, *SPLITS))


def snapshot_learnable(snapshot: Snapshot) -> None:
    """Raise ValidationError where nothing can be trained, whatever it is measured by.

    That is where shares leave a split empty, and where something was erased from the snapshot: it
    is not what was frozen any more, and figures on what is left would pass for figures on it.
    """
    snapshot_whole(snapshot)
    if snapshot.splits:
        with told_of_snapshot():
            splits_check(snapshot.splits)


@contextmanager
def told_of_snapshot() -> Iterator[None]:
    """Turn a DataError into a ValidationError on the snapshot."""
    try:
        yield
    except DataError as error:
        raise ValidationError({"snapshot": str(error)}) from error


def positives_told(snapshot: Snapshot, *splits: str) -> dict[str, int]:
    """Return how many pairs of these splits are relevant, as far as the snapshot has counted."""
    known = snapshot.statistics.get("splits") or {}
    return {name: known[name]["positives"] for name in splits if name in known}


def snapshot_whole(snapshot: Snapshot) -> None:
    """Raise ValidationError where something was erased from a snapshot."""
    if snapshot.redacted:
        raise ValidationError({"snapshot": redacted_advice(snapshot)})


def redacted_advice(snapshot: Snapshot) -> str:
    """Say why nothing is trained on a redacted snapshot."""
    return (
        f"{snapshot.redacted:,} of the {snapshot.pairs:,} pairs of this snapshot were erased."
        " Freeze a new one, which holds what is left, and train on that."
    )


def job_cancel(*, job: TrainingJob, by: User | None, why: str = "") -> TrainingJob:
    """Cancel a job that waits; ask one that runs to end. Repeating it changes nothing.

    Raises ConflictError for a job that is finished.
    """
    with transaction.atomic():
        job = TrainingJob.objects.select_for_update(of=("self",)).get(pk=job.pk)
        if job.status == JobStatus.CANCELLED or job.status == JobStatus.CANCELLING:
            return job
        if job.status in JOB_TERMINAL:
            raise ConflictError(f"This job has {job.status} already.")
        who = by.display_name if by else "The installation"
        note_add(job, f"{who} asked to cancel the job{f': {why}' if why else ''}.")
        if job.status == JobStatus.QUEUED:
            status_move(job, JobStatus.CANCELLED)
        else:
            soon = Least("lease_expires_at", Now() + timedelta(seconds=CANCEL_SECONDS))
            status_move(job, JobStatus.CANCELLING, lease_expires_at=soon)
    job.refresh_from_db()
    return job


def jobs_sweep() -> None:
    """Settle jobs whose process is gone, and ring for jobs that wait while nobody is rung for."""
    for pk in TrainingJob.objects.abandoned().values_list("pk", flat=True):
        with transaction.atomic():
            row = TrainingJob.objects.abandoned().select_for_update().filter(pk=pk).first()
            if row is not None:
                job_lose(
                    claim=Claim(row.pk, row.attempt),
                    reason="Its trainer stopped answering: it was killed, or its machine stopped.",
                )
    claimable = queue_now().claimable()
    # A bell for each job waits in the queue while the trainers are busy; more would pile up.
    if claimable and bells_waiting() == 0:
        for each in claimable:
            job_ring(job_id=each.job_id)


def teacher_checked(
    name: str | None, *, project: Project, user: User | None, key: str
) -> str | None:
    """Return the name of a teacher, an alias pinned to the version it stands for.

    Raises ValidationError on `key`, the recipe's, where `base_checked` would refuse it as a base.
    """
    if name is None:
        return None
    try:
        return base_checked(name, project=project, user=user).name
    except ValidationError as error:
        raise ValidationError({key: error.messages}) from error


def _checked_recipe(
    recipe: Mapping[str, Any], project: Project, user: User | None
) -> dict[str, Any]:
    try:
        spec = TrainSpec.from_dict(recipe)
    except SpecError as error:
        raise ValidationError(dict(error.errors)) from error
    teachers: dict[str, Any] = {
        key: teacher_checked(getattr(spec, key), project=project, user=user, key=key)
        for key in TEACHERS
    }
    language = spec.language or stemmed_language(project.language)
    return replace(spec, language=language, **teachers).to_dict()


def _reranker(project: Project, name: str, created_by: User | None) -> Reranker:
    try:
        return reranker_ensure(project=project, name=name, created_by=created_by)
    except ValidationError as error:
        raise ValidationError({"reranker": error.messages}) from error
