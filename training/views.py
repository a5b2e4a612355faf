"""Pages: a project's jobs, a new one, and one of them, live. Fragments: where projects stand."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, member_for, role_allows
from accounts.middleware import PageRequest
from accounts.models import Member
from accounts.problems import ConflictError
from accounts.selectors import memberships_of
from accounts.views import GET_OR_POST, user_of
from annotate.selectors.pooling import poolable_of
from annotate.selectors.scoring import scorables_of
from models_app.access import reranker_access
from models_app.figures import binary_tables, ranking_tables
from models_app.models import Version
from models_app.pages import page_context
from models_app.selectors import versions_of as versions_of_reranker
from models_app.verdict import verdict_of
from training.base_models import DEFAULT, SUGGESTED, base_warning, fallback_allowed, hub_trouble
from training.comparing import sides_chosen, versions_compared
from training.forms.jobs import JobForm
from training.forms.pooling import PoolForm
from training.forms.scoring import ScoreForm
from training.ml.models.names import PACKAGED
from training.models import TrainingJob
from training.outcomes import outcome_of
from training.overview import standings_of
from training.progress import progress_of
from training.queueing import queue_place
from training.selectors import (
    jobs_of,
    metrics_of,
    project_job,
    version_of,
    versions_of,
    versions_to_score,
)
from training.services.jobs import job_cancel, job_create
from training.services.pooling import pool_create
from training.services.scoring import score_create
from training.spec.presets import PRESETS

PAGE_SIZE = 50
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


@require_http_methods(GET_OR_POST)
def job_new(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    project, preset = member.project, request.GET.get("preset", "")
    initial = {"snapshot": request.GET["snapshot"]} if "snapshot" in request.GET else {}
    user = user_of(request)
    form = JobForm(request.POST or None, project=project, user=user, preset=preset, initial=initial)
    if request.method == "POST" and form.is_valid():
        job = _asked(form, partial(job_create, project=project, created_by=user))
        if job is not None:
            return redirect("training:job-detail", slug, job.pk)
    context = {
        **frame(member),
        "form": form,
        "presets": [(each, each.name == preset) for each in PRESETS.values()],
        "snapshot": request.GET.get("snapshot", ""),
        "base_models": _base_models(project.pk),
        "hub_trouble": hub_trouble(),
        "fallback": fallback_allowed(DEFAULT),
        "packaged": PACKAGED,
    }
    return render(request, "training/job_new.html", context)


@require_http_methods(GET_OR_POST)
def pool_new(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    project, user = member.project, user_of(request)
    there = poolable_of(project)
    form = PoolForm(request.POST or None, project=project, user=user, there=there)
    if request.method == "POST" and form.is_valid():
        job = _asked(form, partial(pool_create, project=project, created_by=user))
        if job is not None:
            return redirect("training:job-detail", slug, job.pk)
    context = {**frame(member), "form": form, "there": there}
    return render(request, "training/pool_new.html", context)


@require_http_methods(GET_OR_POST)
def score_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new scoring job; `?version=` names the version."""
    member = member_for(request.user, slug, Right.MANAGE)
    project, user = member.project, user_of(request)
    versions = versions_to_score(project)
    form = ScoreForm(
        request.POST or None,
        project=project,
        user=user,
        there=scorables_of(project),
        version=request.GET.get("version") or next(iter(versions), ""),
    )
    if request.method == "POST" and form.is_valid():
        job = _asked(form, partial(score_create, project=project, created_by=user))
        if job is not None:
            return redirect("training:job-detail", slug, job.pk)
    context = {**frame(member), "form": form, "there": form.there, "versions": versions}
    return render(request, "training/score_new.html", context)


@require_safe
def job_detail(request: PageRequest, slug: str, pk: UUID) -> HttpResponse:
    member = member_for(request.user, slug)
    job = project_job(member.project, pk)
    context = {**frame(member), **_standing(job, _number(request.GET.get("trial", "")))}
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


@require_safe
@login_required
def project_cards(request: PageRequest) -> HttpResponse:
    """A fragment of the home page: the visitor's projects with where they stand."""
    if not request.htmx:
        return redirect("accounts:home")
    members = list(memberships_of(user_of(request)))
    for member in members:
        member.project.opened_as = member.role
    standings = standings_of([member.project for member in members])
    context = {
        "rows": [(member, standings[member.project_id]) for member in members],
        "busy": any(standing.busy or standing.pooling for standing in standings.values()),
        "counted": True,
    }
    return render(request, "accounts/_project_cards.html", context)


@require_safe
def versions_compare(request: HttpRequest, team: str, name: str) -> HttpResponse:
    """Two versions of a reranker side by side, as the API compares them; chosen on the page."""
    access = reranker_access(request.user, team, name)
    versions = list(versions_of_reranker(access.reranker).defer("facts", "lineage", "metrics"))
    try:
        sides = sides_chosen(versions, a=request.GET.get("a", ""), b=request.GET.get("b", ""))
    except Version.DoesNotExist as error:
        raise Http404(str(error)) from error
    context = page_context(access) | {
        "versions": versions,
        "sides": zip(("a", "b"), ("Compare", "with"), sides, strict=True) if sides else (),
        "comparison": versions_compared(*sides) if sides else None,
    }
    return render(request, "models_app/compare.html", context)


def _asked(
    form: JobForm | PoolForm | ScoreForm, create: Callable[..., TrainingJob]
) -> TrainingJob | None:
    """Ask for the job of a valid form; None where it was refused, which the form then says."""
    try:
        return create(**form.arguments())
    except ValidationError as error:
        form.add_error(None, error)
    except ConflictError as error:
        form.add_error(None, str(error.detail))
    return None


def frame(member: Member) -> dict[str, Any]:
    """What every page of the training tab is given."""
    return {
        "project": member.project,
        "manages": role_allows(member.role, Right.MANAGE),
        "section": "projects",
        "tab": "jobs",
    }


def _number(text: str) -> int | None:
    """Return a trial's number; whatever is none means the one that is shown by itself."""
    return int(text) if text.isdecimal() and len(text) < MOST_DIGITS else None


def _standing(job: TrainingJob, trial: int | None = None) -> dict[str, Any]:
    metrics = metrics_of(job) if job.finished else {}
    version = version_of(job.pk) if job.finished else None
    return {
        "job": job,
        "progress": progress_of(job, trial),
        "queue": queue_place(job),
        "version": version,
        "verdict": verdict_of(version.facts) if version else None,
        "warning": base_warning(job),
        "outcome": outcome_of(job),
        "ranking": ranking_tables(metrics),
        "binary": binary_tables(metrics),
    }


def _base_models(project_id: int) -> list[str]:
    own = Version.objects.filter(reranker__project=project_id).select_related("reranker__project")
    return [*SUGGESTED, *(str(version) for version in own.order_by("-pk")[:20])]
