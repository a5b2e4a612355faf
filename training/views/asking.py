"""Pages that ask for a job: a training, candidates, scores."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import Right, member_for
from accounts.models import Project
from accounts.problems import ConflictError
from accounts.views import GET_OR_POST, user_of
from annotate.selectors.pooling import poolable_of
from annotate.selectors.scoring import scorables_of
from models_app.models import Version
from training.forms.again import Again
from training.forms.jobs import JobForm
from training.forms.pooling import PoolForm
from training.forms.scoring import ScoreForm
from training.kinds import JobKind
from training.ml.models.names import PACKAGED
from training.models import TrainingJob
from training.selectors.base_models import (
    DEFAULT,
    SUGGESTED,
    fallback_allowed,
    hub_trouble,
)
from training.selectors.jobs import (
    project_job,
    versions_to_score,
)
from training.services.jobs import job_create
from training.services.pooling import pool_create
from training.services.scoring import score_create
from training.spec.presets import FIRST_PRESET, PRESETS
from training.views.frame import frame, key_of


class Asking(Protocol):
    """A form that asks for a job."""

    def arguments(self) -> dict[str, Any]: ...
    def add_error(self, field: str | None, error: ValidationError | str) -> None: ...


@require_http_methods(GET_OR_POST)
def job_new(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    project = member.project
    initial = {"snapshot": request.GET["snapshot"]} if "snapshot" in request.GET else {}
    user = user_of(request)
    again = again_of(request, project, JobKind.TRAIN)
    preset = request.GET.get("preset", "" if again else FIRST_PRESET)
    form = JobForm(
        request.POST or None,
        project=project, user=user, preset=preset, again=again, initial=initial,
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        job = asked_for(form, partial(job_create, project=project, created_by=user))
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
    again = again_of(request, project, JobKind.POOL)
    form = PoolForm(request.POST or None, project=project, user=user, there=there, again=again)
    if request.method == "POST" and form.is_valid():
        job = asked_for(form, partial(pool_create, project=project, created_by=user))
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
        again=again_of(request, project, JobKind.SCORE),
        version=request.GET.get("version") or next(iter(versions), ""),
    )
    if request.method == "POST" and form.is_valid():
        job = asked_for(form, partial(score_create, project=project, created_by=user))
        if job is not None:
            return redirect("training:job-detail", slug, job.pk)
    context = {**frame(member), "form": form, "there": form.there, "versions": versions}
    return render(request, "training/score_new.html", context)


def again_of(request: HttpRequest, project: Project, kind: JobKind) -> Again | None:
    """Return the job that `?again=` names, with the other parameters as changes of its recipe."""
    key = request.GET.get("again")
    if key is None:
        return None
    job = project_job(project, key_of(key))
    if job.kind != kind:
        raise Http404(f"Job {job.short_id} is of another kind.")
    return Again(job, request.GET.dict())


def asked_for(form: Asking, create: Callable[..., TrainingJob]) -> TrainingJob | None:
    """Ask for the job of a valid form; None where it was refused, which the form then says."""
    try:
        return create(**form.arguments())
    except ValidationError as error:
        form.add_error(None, error)
    except ConflictError as error:
        form.add_error(None, str(error.detail))
    return None


def _base_models(project_id: int) -> list[str]:
    own = Version.objects.filter(reranker__project=project_id).select_related("reranker__project")
    return [*SUGGESTED, *(str(version) for version in own.order_by("-pk")[:20])]
