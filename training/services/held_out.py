"""Learning curves and checks of labels: asked for, ended, and what is doubted sent to reviewers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import Project, User
from accounts.problems import ConflictError
from annotate.models import Snapshot
from annotate.services.referring import candidates_refer
from training.kinds import SPECS, JobKind
from training.learned import CurveOutcome, DoubtOutcome
from training.ml.errors import DataError
from training.ml.search.languages import stemmed_language
from training.models import JobDoubt, JobStatus, TrainingJob
from training.selectors.base_models import base_checked, version_pinned
from training.selectors.held_out import candidates_named, cost_told, sendable
from training.services.claims import Claim
from training.services.enqueuing import job_enqueue
from training.services.jobs import snapshot_check_given, snapshot_learnable, teacher_checked
from training.services.storing import job_ending
from training.spec.base import SpecError
from training.spec.held_out import CurveSpec, DoubtSpec


@dataclass(frozen=True, slots=True)
class Doubted:
    """A doubt as a check has found it, with the names that the snapshot gives the pair."""

    query: str
    passage: str
    split: str
    grade: float
    people: int
    score: float
    rank: int
    of: int
    strength: float


@dataclass(frozen=True, slots=True)
class Sent:
    """How many doubts were sent; `before` were sent or referred already, `decided` by a reviewer,
    `gone` withdrawn since."""

    sent: int
    before: int
    decided: int
    gone: int


def curve_create(**fields: Any) -> TrainingJob:
    """Ask for a learning curve; see `_create`."""
    return _create(JobKind.CURVE, **fields)


def doubt_create(**fields: Any) -> TrainingJob:
    """Ask for a check of labels; see `_create`."""
    return _create(JobKind.DOUBT, **fields)


@transaction.atomic
def _create(
    kind: JobKind,
    *,
    project: Project,
    created_by: User | None,
    snapshot: Snapshot,
    base_model: str,
    recipe: Mapping[str, Any],
) -> TrainingJob:
    """Ask for a job that trains on parts of a snapshot and publishes nothing.

    `recipe` holds keys of the kind's spec; what is left out has its default. Raises ValidationError
    per field: also for a snapshot of too few queries. Raises ConflictError as `job_enqueue` does.
    """
    snapshot_check_given(project, snapshot)
    snapshot_learnable(snapshot)
    try:
        spec = SPECS[kind].from_dict(recipe)
    except SpecError as error:
        raise ValidationError(dict(error.errors)) from error
    assert isinstance(spec, CurveSpec | DoubtSpec), "the spec of its kind"
    try:
        cost_told(snapshot, spec)
    except DataError as error:
        raise ValidationError({"snapshot": str(error)}) from error
    base = base_checked(base_model, project=project, user=created_by)
    if base.revision and version_pinned(base.revision).snapshot_digest == snapshot.digest:
        raise ValidationError(
            {
                "base_model": "It was trained on this very snapshot, and what is held out must be "
                "new to it. Take the model that it was trained from, or another one from outside."
            }
        )
    language = spec.language or stemmed_language(project.language)
    teacher = teacher_checked(
        spec.silver_teacher, project=project, user=created_by, key="silver_teacher"
    )
    spec = replace(spec, language=language, silver_teacher=teacher)
    return job_enqueue(
        project=project,
        kind=kind,
        snapshot=snapshot,
        base_model=base.name,
        base_revision=base.revision,
        recipe=spec.to_dict(),
        created_by=created_by,
    )


def curve_finish(*, claim: Claim, outcome: CurveOutcome) -> None:
    """End a learning curve as succeeded. Raises LostClaimError as `job_ending` does."""
    with job_ending(claim, outcome=outcome.to_dict(), line=outcome.sentence):
        pass


def doubt_finish(*, claim: Claim, outcome: DoubtOutcome, doubts: Sequence[Doubted]) -> None:
    """End a check of labels as succeeded, and keep its doubts, the strongest first.

    What is gone since the snapshot was frozen is left out and counted. Raises LostClaimError as
    `job_ending` does.
    """
    project_id = claim.rows().values_list("project", flat=True).first()
    named = candidates_named(project_id, [(each.query, each.passage) for each in doubts])
    there = [each for each in doubts if (each.query, each.passage) in named]
    outcome = replace(outcome, kept=len(there), gone=len(doubts) - len(there))
    line = f"{outcome.pairs:,} labels checked; {outcome.kept:,} doubts are kept."
    with job_ending(claim, outcome=outcome.to_dict(), line=line) as job:
        JobDoubt.objects.bulk_create(
            JobDoubt(
                job=job,
                candidate_id=named[each.query, each.passage],
                place=place,
                split=each.split,
                grade=each.grade,
                people=each.people,
                score=each.score,
                rank=each.rank,
                of=each.of,
                strength=each.strength,
            )
            for place, each in enumerate(there, start=1)
        )


@transaction.atomic
def doubts_send(
    *,
    job: TrainingJob,
    by: User,
    doubts: Collection[int] | None = None,
    first: int | None = None,
) -> Sent:
    """Send doubts to the reviewers: those of these ids, or the `first` ones that can be.

    A repeat sends nothing twice. Raises ConflictError unless the check has succeeded,
    ValidationError for ids of others.
    """
    if not job.doubts or job.status != JobStatus.SUCCEEDED:
        raise ConflictError("This job has no doubts to send.")
    rows = JobDoubt.objects.select_for_update(of=("self",)).filter(job=job).order_by("place")
    if doubts is not None:
        chosen = list(rows.filter(pk__in=doubts))
        if len(chosen) < len(set(doubts)):
            raise ValidationError({"doubts": "There is no such doubt in this job."})
    else:
        chosen = list(sendable(rows)[: first or 0])
    fresh = {row.candidate_id: row.pk for row in chosen if row.sent_at is None}
    done = candidates_refer(project=job.project, by=by, candidates=list(fresh))
    sent = JobDoubt.objects.filter(pk__in=[fresh[pk] for pk in done.sent])
    sent.update(sent_at=Now(), sent_by=by)
    before = len(chosen) - len(fresh) + len(done.before)
    return Sent(len(done.sent), before, len(done.decided), len(done.gone))
