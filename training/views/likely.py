"""Pages: what a job found relevant though nobody judged it, and its offer to the judging queue."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Right, member_for
from accounts.models import Member
from accounts.problems import ConflictError
from accounts.views import user_of
from annotate.selectors.browsing import sees_others
from training.models import TrainingJob
from training.selectors.jobs import project_job
from training.selectors.likely import likely_of, likely_run, likely_standing
from training.services.likely import likely_offer
from training.views.frame import frame

SHOWN: Final = 10  # on a job's own page
PAGE_SIZE: Final = 50


@require_safe
def job_likely(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    """All of a job's likely relevant passages; for those who judge blind only how many."""
    member = member_for(request.user, slug)
    job = project_job(member.project, pk)
    rows = likely_of(job) if sees_others(member) else job.likely.none()
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {**frame(member), **likely_shown(job, member), "job": job, "page": page}
    return render(request, "training/job_likely.html", context)


@require_POST
def job_likely_offer(request: HttpRequest, slug: str, pk: UUID) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    try:
        done = likely_offer(job=project_job(member.project, pk), by=user_of(request))
    except ConflictError as error:
        messages.error(request, str(error.detail), extra_tags="bad")
    else:
        said = f"{done.pairs:,} passages are offered to be judged, {done.candidates:,} of them new."
        messages.success(request, said if done.pairs else "All were offered before.")
    return redirect("training:job-detail", slug, pk)


def likely_shown(job: TrainingJob, member: Member) -> dict[str, Any]:
    """What a job's page shows of them, nothing where there are none."""
    standing = likely_standing(job)
    if standing is None:
        return {}
    shown = likely_of(job)[:SHOWN] if sees_others(member) else ()
    return {
        "likely": standing,
        "likely_rows": shown,
        "likely_run": likely_run(job),
        "blind": not sees_others(member),
    }
