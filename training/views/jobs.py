"""Pages: a project's jobs, and one of them, live."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Right, member_for
from accounts.middleware import PageRequest
from accounts.problems import ConflictError
from accounts.views import user_of
from models_app.breakdown import calibration_of, slices_of
from models_app.figures import binary_tables, ranking_tables
from models_app.verdict import verdict_of
from training.kinds import JobKind
from training.models import TrainingJob
from training.outcomes import EvaluateOutcome, outcome_of
from training.retrying import next_try
from training.selectors.base_models import base_warning
from training.selectors.continuing import continuation_of, kept_of
from training.selectors.evaluations import repeat_of
from training.selectors.held_out import precision_of
from training.selectors.jobs import (
    jobs_of,
    metrics_of,
    project_job,
    version_of,
    versions_of,
)
from training.selectors.progress import progress_of
from training.selectors.queueing import queue_place
from training.services.continuing import job_continue
from training.services.jobs import job_cancel
from training.views.frame import frame
from training.views.likely import likely_shown

PAGE_SIZE = 50
# The page that asks for a job of a kind, and the part of a job's page that says what came of it,
# where that is neither a version nor figures.
ASKED_AT: Final[Mapping[str, str]] = {
    JobKind.TRAIN: "training:job-new",
    JobKind.POOL: "training:pool-new",
    JobKind.SCORE: "training:score-new",
    JobKind.EVALUATE: "training:evaluate-new",
    JobKind.CURVE: "training:curve-new",
    JobKind.DOUBT: "training:doubt-new",
}
OUTCOME_PAGES: Final[Mapping[str, str]] = {
    JobKind.POOL: "training/_pool_outcome.html",
    JobKind.SCORE: "training/_score_outcome.html",
    JobKind.CURVE: "training/_curve_outcome.html",
    JobKind.DOUBT: "training/_doubt_outcome.html",
}
MOST_DIGITS = 6  # of a trial's number


@require_safe
def job_list(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    page = Paginator(jobs_of(member.project), PAGE_SIZE).get_page(request.GET.get("page"))
    versions = versions_of(list(page))
    context = {
        **frame(member),
        "page": page,
        "rows": [(job, versions.get(job.pk)) for job in page],
        "busy": any(not job.finished for job in page),
        "comparable": sum(job.snapshot_id is not None for job in page) > 1,
    }
    fragment = bool(request.htmx)
    template = "training/_job_table.html" if fragment else "training/job_list.html"
    return render(request, template, context)


@require_safe
def job_detail(request: PageRequest, slug: str, pk: UUID) -> HttpResponse:
    member = member_for(request.user, slug)
    job = project_job(member.project, pk)
    context = {
        **frame(member),
        **_standing(job, _number(request.GET.get("trial", ""))),
        **likely_shown(job, member),
    }
    if not request.htmx:
        return render(request, "training/job_detail.html", context)
    if not job.finished:
        return render(request, "training/_job_live.html", context)
    # The last answer to the page's questions: the whole article, which asks no more.
    response = render(request, "training/_job.html", context)
    response.headers["HX-Retarget"] = "#job"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


@require_POST
def job_stop(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    try:
        job_cancel(job=project_job(member.project, pk), by=user_of(request))
    except ConflictError as error:
        messages.error(request, str(error.detail), extra_tags="bad")
    return redirect("training:job-detail", slug, pk)


@require_POST
def job_go_on(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    try:
        after = job_continue(job=project_job(member.project, pk), by=user_of(request))
    except ConflictError as error:
        messages.error(request, str(error.detail), extra_tags="bad")
        return redirect("training:job-detail", slug, pk)
    return redirect("training:job-detail", slug, after.pk)


def _number(text: str) -> int | None:
    """Return a trial's number; whatever is none means the one that is shown by itself."""
    return int(text) if text.isdecimal() and len(text) < MOST_DIGITS else None


def _standing(job: TrainingJob, trial: int | None = None) -> dict[str, Any]:
    metrics = metrics_of(job) if job.finished else {}
    version = version_of(job.pk) if job.finished else None
    outcome = outcome_of(job)
    facts = version.facts if version else {}
    if isinstance(outcome, EvaluateOutcome):
        facts = outcome.facts
    return {
        "job": job,
        "progress": progress_of(job, trial),
        "queue": queue_place(job),
        "version": version,
        "best_step": (facts.get("log") or {}).get("best_step"),
        "verdict": verdict_of(facts) if facts else None,
        "slices": slices_of(facts, member=True) if job.evaluates else [],
        "calibration": calibration_of(facts) if job.evaluates else None,
        "repeat": repeat_of(job),
        "warning": base_warning(job),
        "kept": kept_of(job),
        "continued_by": continuation_of(job),
        "next_try": next_try(job.recipe) if job.out_of_memory else {},
        "asked_at": reverse(ASKED_AT[job.kind], args=[job.project.slug]),
        "outcome": outcome,
        "outcome_page": OUTCOME_PAGES.get(job.kind),
        "precision": precision_of(job) if job.doubts and job.finished else None,
        "ranking": ranking_tables(metrics),
        "binary": binary_tables(metrics),
    }
