"""An erasure carried out: annotate's rows and files, and what jobs and versions hold of it."""

import logging
from collections.abc import Callable, Collection

from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from accounts.locks import work_held
from accounts.models import Project, User
from accounts.problems import ConflictError
from annotate.models import Thing
from annotate.quoting import Quotes
from annotate.services.erasing import (
    Applied,
    erasure_apply,
    erasure_fail,
    erasure_finish,
    erasure_tidy,
)
from models_app.services.redacting import facts_redact, facts_without
from training.kinds import JobKind
from training.models import JOB_TERMINAL, JobQueryScore, TrainingJob
from training.selectors.erasures import versions_of_snapshots, versions_of_the_corpus
from training.services.jobs import job_cancel
from training.spec.sets import CORPUS

logger = logging.getLogger(__name__)


def erasure_run(*, erasure_id: int) -> None:
    """Carry out an erasure that waits, all of it or nothing; whoever comes second tidies up."""
    with work_held("erasure", erasure_id) as held:
        if not held:
            return
        try:
            with transaction.atomic():
                applied = erasure_apply(erasure_id=erasure_id)
                if applied is not None:
                    erasure_finish(applied=applied, counts=_training_part(applied))
        except OperationalError:
            raise  # a lost database, or a deadlock: beat rings again
        except OSError as error:
            # Its own text names the server's paths, which are for the log.
            logger.exception("erasure %s met an input or output error", erasure_id)
            reason = error.strerror or "input or output failed"
            erasure_fail(erasure_id=erasure_id, message=f"The files could not be stored: {reason}.")
            return
        except Exception:  # the boundary of a worker: any bug ends this erasure and is logged
            logger.exception("erasure %s crashed", erasure_id)
            message = f"An internal error ended erasure {erasure_id}; the server's log says more."
            erasure_fail(erasure_id=erasure_id, message=message)
            return
        erasure_tidy(erasure_id=erasure_id)


def _training_part(applied: Applied) -> dict[str, int]:
    project = applied.erasure.project
    # A job that mines the corpus has a copy of it once it was claimed, with what is erased now.
    mining = Q(project=project, recipe__mine_from=CORPUS, attempt__gt=0)
    jobs = TrainingJob.objects.filter(Q(snapshot__in=applied.snapshots) | mining)
    scores = JobQueryScore.objects.filter(job__project=project)
    # Locked, so that no version of these snapshots is published between this look and the commit.
    running = list(jobs.exclude(status__in=JOB_TERMINAL).select_for_update(of=("self",)))
    renamed = sum(
        scores.filter(query_id=old).update(query_id=new)
        for old, new in applied.names[Thing.QUERY].items()
    )
    for old, new in applied.names[Thing.PASSAGE].items():
        _rename_ranked(scores, old, new)
    versions = versions_of_snapshots(project, applied.snapshots)
    known = {name for names in applied.names.values() for name in names}
    quotes = Quotes([*applied.texts, *applied.words], known).in_search
    return {
        "jobs_cancelled": sum(_cancel(job, applied.erasure.created_by) for job in running),
        "scores": renamed,
        "versions": len(versions),
        "samples": facts_redact(
            versions={*versions, *versions_of_the_corpus(project)},
            texts=applied.texts,
            quotes=quotes,
        )
        + _outcomes_redact(project, applied.texts, quotes),
    }


def _outcomes_redact(
    project: Project, texts: Collection[str], quotes: Callable[[str], bool]
) -> int:
    """Replace what quotes a text in what evaluations have found; return how many had a quote."""
    redacted = 0
    measured = TrainingJob.objects.filter(project=project, kind=JobKind.EVALUATE)
    for job in measured.exclude(outcome=None).only("outcome"):
        outcome = facts_without(job.outcome or {}, texts=texts, quotes=quotes)
        if outcome != job.outcome:
            redacted += TrainingJob.objects.filter(pk=job.pk).update(outcome=outcome)
    return redacted


def _rename_ranked(scores: QuerySet[JobQueryScore], old: str, new: str) -> None:
    """Put a passage's new name where rankings of queries have the old one."""
    for row in scores.filter(top__contains=[[old]]):
        row.top = [[new if name == old else name, score] for name, score in row.top]
        row.save(update_fields=["top"])


def _cancel(job: TrainingJob, by: User | None) -> bool:
    """End a job that would train on what was erased."""
    try:
        job_cancel(job=job, by=by, why="what it trains on was erased")
    except ConflictError:
        return False
    return True
