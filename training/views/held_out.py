"""Pages of learning curves and checks of labels: ask for one, look at doubts, send them."""

from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, member_for
from accounts.problems import ConflictError
from accounts.views import GET_OR_POST, user_of
from annotate.models import Snapshot
from training.forms.held_out import OFFERED, HeldOutForm
from training.kinds import JobKind
from training.ml.errors import DataError
from training.selectors.base_models import SUGGESTED, hub_trouble
from training.selectors.held_out import cost_told, doubts_of, pace_known, precision_of
from training.selectors.jobs import project_job
from training.services.held_out import Sent, curve_create, doubt_create, doubts_send
from training.spec.held_out import CurveSpec, DoubtSpec
from training.spec.presets import PRESETS
from training.views.asking import again_of, asked_for
from training.views.frame import frame

PAGE_SIZE: Final = 50
SEND_MOST: Final = 1_000


@require_http_methods(GET_OR_POST)
def curve_new(request: HttpRequest, slug: str) -> HttpResponse:
    return _new(request, slug, JobKind.CURVE)


@require_http_methods(GET_OR_POST)
def doubt_new(request: HttpRequest, slug: str) -> HttpResponse:
    return _new(request, slug, JobKind.DOUBT)


def _new(request: HttpRequest, slug: str, kind: JobKind) -> HttpResponse:
    """A new job of a kind; `?preset=`, `?snapshot=` and `?again=` fill the form."""
    member = member_for(request.user, slug, Right.MANAGE)
    project, user, preset = member.project, user_of(request), request.GET.get("preset", "")
    draws = kind == JobKind.CURVE
    form = HeldOutForm(
        request.POST or None, project=project, user=user,
        kind=CurveSpec if draws else DoubtSpec, preset=preset,
        again=again_of(request, project, kind),
        initial={"snapshot": request.GET["snapshot"]} if "snapshot" in request.GET else {},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        create = curve_create if draws else doubt_create
        job = asked_for(form, partial(create, project=project, created_by=user))
        if job is not None:
            return redirect("training:job-detail", slug, job.pk)
    context = {
        **frame(member),
        "form": form,
        "draws": draws,
        "presets": [(PRESETS[name], name == (preset or OFFERED[0])) for name in OFFERED],
        "snapshot": request.GET.get("snapshot", ""),
        "base_models": SUGGESTED,
        "hub_trouble": hub_trouble(),
        **_cost(form),
    }
    return render(request, "training/held_out_new.html", context)


def _cost(form: HeldOutForm) -> dict[str, Any]:
    """Say what the form's first choice takes, or why it cannot work."""
    snapshot = form["snapshot"].initial
    if not isinstance(snapshot, Snapshot):
        wanted = str(snapshot or "")
        rows = Snapshot.objects.filter(project=form.project)
        snapshot = rows.filter(pk=int(wanted)).first() if wanted.isdecimal() else None
    if snapshot is None:
        return {}
    try:
        cost = cost_told(snapshot, form.preset)
    except DataError as error:
        return {"too_few": str(error)}
    pace = pace_known(form.project)
    seconds = cost.pairs / pace if cost and pace else None
    return {"cost": cost, "pace": pace, "seconds": seconds}


@require_safe
def job_doubts(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """What a check doubts, for managers: they see what the model thinks, reviewers do not."""
    member = member_for(request.user, slug, Right.MANAGE)
    job = project_job(member.project, pk)
    page = Paginator(doubts_of(job), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {**frame(member), "job": job, "page": page, "precision": precision_of(job)}
    return render(request, "training/job_doubts.html", context)


@require_POST
def job_doubts_send(request: HttpRequest, slug: str, pk: UUID) -> HttpResponseRedirect:
    """Send the ticked doubts, or the first so many, to the reviewers."""
    member = member_for(request.user, slug, Right.MANAGE)
    job = project_job(member.project, pk)
    ticked = [int(key) for key in request.POST.getlist("doubt") if key.isdecimal()][:SEND_MOST]
    first = request.POST.get("first", "")
    number = min(int(first), SEND_MOST) if first.isdecimal() and len(first) < 6 else 0
    try:
        if not ticked and not number:
            raise ValidationError("Tick some doubts, or say how many are sent.")
        chosen: dict[str, Any] = {"doubts": ticked} if ticked else {"first": number}
        messages.success(
            request, _said(doubts_send(job=job, by=member.user, **chosen)), extra_tags="good"
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages), extra_tags="bad")
    except ConflictError as error:
        messages.error(request, str(error.detail), extra_tags="bad")
    return HttpResponseRedirect(reverse("training:job-doubts", args=[slug, pk]))


def _said(sent: Sent) -> str:
    rest = [
        f"{number:,} {words}"
        for number, words in (
            (sent.before, "had been sent before"),
            (sent.decided, "had been decided already"),
            (sent.gone, "are withdrawn"),
        )
        if number
    ]
    return f"{sent.sent:,} sent to the reviewers{': ' if rest else ''}{', '.join(rest)}."
