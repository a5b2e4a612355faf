"""Evaluations of models that are there already: asked for, by query, and those of a version."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Right, member_for, project_for
from accounts.models import Project, User
from accounts.views import GET_OR_POST, user_of
from training.forms.evaluating import EvaluateForm
from training.kinds import JobKind
from training.models import TrainingJob
from training.selectors.by_query import ORDERS, duel_of, query_compared, rows_named
from training.selectors.erasures import project_version
from training.selectors.evaluations import evaluations_of
from training.selectors.jobs import project_job, versions_to_score
from training.services.evaluating import evaluation_ask
from training.views.asking import again_of, asked_for
from training.views.frame import frame

PAGE_SIZE = 50


@require_http_methods(GET_OR_POST)
def evaluate_new(request: HttpRequest, slug: str) -> HttpResponse:
    """A new evaluation; `?model=` and `?snapshot=` name what it begins with."""
    member = member_for(request.user, slug, Right.MANAGE)
    project, user = member.project, user_of(request)
    versions = versions_to_score(project)
    form = EvaluateForm(
        request.POST or None,
        project=project,
        user=user,
        model=request.GET.get("model") or next(iter(versions), ""),
        snapshot=request.GET.get("snapshot", ""),
        again=again_of(request, project, JobKind.EVALUATE),
    )
    if request.method == "POST" and form.is_valid():
        job = asked_for(form, partial(_ask, request, project, user))
        if job is not None:
            return redirect("training:job-detail", slug, job.pk)
    context = {**frame(member), "form": form, "versions": versions}
    return render(request, "training/evaluate_new.html", context)


def _ask(request: HttpRequest, project: Project, user: User, **fields: Any) -> TrainingJob:
    asked = evaluation_ask(project=project, created_by=user, **fields)
    if not asked.new:
        messages.info(request, "This was asked for before, and is shown as it was measured.")
    return asked.job


@require_safe
def job_queries(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """An evaluation's test queries against one system, or one of them with both rankings."""
    member = member_for(request.user, slug)
    job, wanted = project_job(member.project, pk), request.GET
    if not job.evaluates:
        raise Http404("Only evaluations have test queries of their own.")
    duel = duel_of(job, against=wanted.get("against", ""), order=wanted.get("order", ""))
    context = {**frame(member), "job": job, "duel": duel, "orders": ORDERS.items()}
    context |= {"whole": f"/projects/{slug}/jobs/{pk}/", "name": f"job {job.short_id}"}
    if "query" in wanted:
        compared = query_compared(job, wanted["query"], against=duel.against)
        return render(request, "training/test_query.html", context | {"compared": compared})
    page = Paginator(duel.rows, PAGE_SIZE).get_page(wanted.get("page"))
    context |= {"page": page, "rows": rows_named(job, list(page))}
    return render(request, "training/test_queries.html", context)


@require_safe
def version_evaluations(request: HttpRequest, slug: str, name: str, number: int) -> HttpResponse:
    """The evaluations of a version on other snapshots; a fragment of its page."""
    project = project_for(request.user, slug)
    version = project_version(project, name, number)
    context = {"project": project, "version": version, "rows": evaluations_of(version)}
    return render(request, "training/_version_evaluations.html", context)
