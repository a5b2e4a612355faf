"""The judging page. It works without JavaScript; with it, answers go through the API instead."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.access import Right, member_for
from accounts.markdown import markdown_html
from accounts.middleware import PageRequest
from accounts.models import Grade, Member
from annotate.forms import AnswerForm
from annotate.selectors.items import items_of
from annotate.selectors.judging import (
    answer_last,
    answers_tally,
    held_by_others,
    lanes_of,
    remaining_for,
    skips_wanted,
)
from annotate.services.answers import Recorded, Status
from annotate.services.judging import judgments_record, skips_return
from annotate.services.leasing import tasks_lease
from annotate.services.sittings import queries_lease, sitting_finish

SKIP_REASONS: Final = (
    "The query is unclear",
    "The passage is unreadable",
    "Not in a language I read",
    "I lack the knowledge",
)
_TONES: Final = 4  # colours run from tone 0 (worst) to this
LAYOUTS: Final = ("one", "list")
_LAYOUT_KEY: Final = "judging_layout"


@dataclass(frozen=True, slots=True)
class GradeButton:
    """A grade with its look: how far its mark is filled, in percent, and its tone."""

    grade: Grade
    filled: int
    tone: int


@require_safe
@never_cache
def judge(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.JUDGE)
    if request.htmx:  # a page where nothing is free asks whether that holds
        return _still_waiting(member)
    return render(request, "annotate/judge.html", _context(member, _layout(request)))


@require_POST
def judge_answer(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.JUDGE)
    form = AnswerForm(request.POST)
    if form.is_valid():
        [result] = judgments_record(
            project=member.project, person=member.user, answers=[form.answer()]
        )
        _tell(request, result)
    else:
        messages.error(request, "This answer could not be read; try again.", extra_tags="bad")
    return redirect("annotate:judge", slug)


@require_POST
def judge_skipped(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out again what the person skipped."""
    member = member_for(request.user, slug, Right.JUDGE)
    if not skips_return(project=member.project, person=member.user):
        messages.warning(request, "Nothing that you skipped waits any more.", extra_tags="warn")
    return redirect("annotate:judge", slug)


@require_POST
def judge_finish(request: HttpRequest, slug: str) -> HttpResponse:
    """End a sitting: give back what is held, and sum up."""
    member = member_for(request.user, slug, Right.JUDGE)
    sitting_finish(project=member.project, person=member.user)
    return redirect("annotate:judge-done", slug)


@require_safe
@never_cache
def judge_done(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.JUDGE)
    shown = {**_shared(member), "finished": True}
    shown["settings"]["finished"] = True
    return render(request, "annotate/judge.html", shown)


def grade_buttons(scheme: Sequence[Grade]) -> list[GradeButton]:
    """Return a label scheme's buttons, worst grade first."""
    top = max(len(scheme) - 1, 1)
    return [
        GradeButton(grade, filled=round(100 * rank / top), tone=round(_TONES * rank / top))
        for rank, grade in enumerate(scheme)
    ]


def _layout(request: HttpRequest) -> str:
    """Return the layout that is asked for, or else was the last time."""
    asked = request.GET.get("layout")
    if asked in LAYOUTS:
        request.session[_LAYOUT_KEY] = asked
    return str(request.session.get(_LAYOUT_KEY, LAYOUTS[0]))


def _context(member: Member, layout: str) -> dict[str, Any]:
    project, person = member.project, member.user
    if layout == "list":
        leases = queries_lease(project=project, person=person, queries=1)
    else:
        leases = tasks_lease(project=project, person=person, count=1)
    items = items_of(leases, project, person)
    remaining = remaining_for(project, person)
    shared = _shared(member)
    shared["settings"] |= {"layout": layout, "remaining": remaining}
    return {
        **shared,
        "layout": layout,
        "item": items[0] if items else None,
        "items": items,
        "guidelines": markdown_html(project.guidelines) if project.guidelines else "",
        "reasons": SKIP_REASONS,
        "remaining": remaining,
        "held": 0 if items else held_by_others(project, person),
        "skipped": 0 if items else skips_wanted(project, person).count(),
        "empty": not items and not project.candidates.exists(),
        "unassigned": not items and not lanes_of(project, person),
    }


def _shared(member: Member) -> dict[str, Any]:
    """Return what the page and its end show alike."""
    project, person = member.project, member.user
    tally = answers_tally(project, person)
    return {
        "project": project,
        "section": "projects",
        "tab": "judge",
        "buttons": grade_buttons(project.scheme),
        "tally": tally,
        "last": answer_last(project, person),
        "answer_id": uuid.uuid4(),
        "undo_id": uuid.uuid4(),
        "items": [],
        "settings": {
            "lease": reverse("api-lease", args=[project.slug]),
            "judgments": reverse("api-judgments", args=[project.slug]),
            "leaseSeconds": settings.JUDGING_LEASE_SECONDS,
            "person": str(person.pk),
            "answered": tally.answered,
            "names": {str(grade.value): grade.name for grade in project.scheme},
            "whose": f"{project.pk}:{person.pk}:",  # what this browser keeps, it keeps under this
        },
    }


def _still_waiting(member: Member) -> HttpResponse:
    project, person = member.project, member.user
    if remaining_for(project, person) or not held_by_others(project, person):
        return HttpResponseClientRefresh()
    return HttpResponse(status=204)


def _tell(request: HttpRequest, result: Recorded) -> None:
    """Say what became of an answer where it is not what the person expects."""
    if result.status is Status.LATE:
        message = result.message or "Kept; but a colleague had taken this item over meanwhile."
        messages.warning(request, message, extra_tags="warn")
    elif result.status.code >= 400:
        messages.error(request, result.message, extra_tags="bad")
