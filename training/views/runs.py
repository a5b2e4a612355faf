"""More pages of jobs: the log, which is followed while the job runs, and jobs side by side."""

from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member_for
from accounts.middleware import PageRequest
from training.models import JobEvent, TrainingJob
from training.selectors.jobs import log_of, log_page, project_job
from training.selectors.runs import runs_chosen, runs_compared
from training.views.frame import frame, key_of

LOG_LINES: Final = 500
MOST_DIGITS: Final = 18  # of an event's number
STOP_POLLING: Final = 286  # htmx's own status for the last answer


@require_safe
def job_log(request: PageRequest, slug: str, pk: UUID) -> HttpResponse:
    """The last lines of a log, or those before `?before=`; as a fragment those after `?after=`."""
    member = member_for(request.user, slug)
    job = project_job(member.project, pk)
    after = _event(request, "after")
    lines, more = log_page(
        job, LOG_LINES, after=after if request.htmx else 0, before=_event(request, "before")
    )
    context = {**frame(member), "job": job, "lines": lines, "more": more}
    if not request.htmx:
        return render(request, "training/job_log.html", context | _ends(job, lines))
    context["last"] = lines[-1].pk if lines else after
    over = job.finished and not more
    status = STOP_POLLING if over else 200
    return render(request, "training/_job_log_more.html", context | {"over": over}, status=status)


@require_safe
def job_log_text(request: HttpRequest, slug: str, pk: UUID) -> StreamingHttpResponse:
    """Every log line of a job with its time, to be kept as a text file."""
    job = project_job(member_for(request.user, slug).project, pk)
    lines = (
        f"{event.at:%Y-%m-%d %H:%M:%S} {event.data['line']}\n" for event in log_of(job).iterator()
    )
    named = {"Content-Disposition": f'attachment; filename="job-{job.short_id}.log"'}
    kind = "text/plain; charset=utf-8"
    return StreamingHttpResponse(lines, content_type=kind, headers=named)


def _event(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else 0


def _ends(job: TrainingJob, lines: list[JobEvent]) -> dict[str, Any]:
    """Where the shown lines begin and end; `newest` says whether they are the job's last."""
    if not lines:
        return {"newest": True, "last": 0, "first": 0}
    first, last = lines[0].pk, lines[-1].pk
    return {"first": first, "last": last, "newest": not log_of(job).filter(pk__gt=last).exists()}


@require_safe
def jobs_compare(request: PageRequest, slug: str) -> HttpResponse:
    """Jobs side by side, named by `?job=`, once for each; `?curve=` names the measure drawn."""
    member = member_for(request.user, slug)
    keys = [key_of(text) for text in request.GET.getlist("job")]
    context = frame(member)
    try:
        runs = runs_compared(runs_chosen(member.project, keys))
    except ValidationError as error:
        context["refused"] = " ".join(error.messages)
        return render(request, "training/jobs_compare.html", context)
    context |= {
        "runs": runs,
        "curve": runs.curve(request.GET.get("curve", "")),
        "chosen": "&".join(f"job={job.pk}" for job in runs.jobs),
    }
    return render(request, "training/jobs_compare.html", context)
