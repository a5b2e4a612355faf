"""A training that was cancelled or failed goes on as a new job."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from accounts.problems import ConflictError
from training.models import TrainingJob
from training.selectors.continuing import continuation_of, kept_of
from training.services.enqueuing import job_enqueue
from training.services.jobs import snapshot_trainable


@transaction.atomic
def job_continue(*, job: TrainingJob, by: User | None) -> TrainingJob:
    """Ask for the job that goes on where this one stopped: the same training, to its end.

    What a finished job reported never changes, so that it is a job of its own; the trainer that
    takes it takes over the work folder. Its base was granted to who asked first. Raises
    ConflictError where there is nothing to go on from, where a job goes on from it already, and
    as `job_enqueue` does.
    """
    # Whoever comes second waits here, and then finds the job of whoever came first.
    locked = TrainingJob.objects.select_for_update(of=("self",)).select_related(
        "project", "snapshot", "reranker"
    )
    job = locked.get(pk=job.pk)
    after = continuation_of(job)
    if after is not None:
        raise ConflictError(f"Job {after.short_id} goes on with this one already.")
    if not job.finished:
        raise ConflictError(f"This job is {job.status}: it goes on by itself.")
    if kept_of(job) is None:
        raise ConflictError("Nothing is kept that this job could go on from. Run it again.")
    snapshot, reranker = job.parts
    try:
        snapshot_trainable(snapshot)
    except ValidationError as error:
        raise ConflictError(" ".join(error.messages)) from error
    return job_enqueue(
        project=job.project,
        kind=job.kind,
        snapshot=snapshot,
        base_model=job.base_model,
        base_revision=job.base_revision,
        recipe=job.recipe,
        reranker=reranker,
        created_by=by,
        continues=job,
        checkpoint=job.checkpoint,
    )
