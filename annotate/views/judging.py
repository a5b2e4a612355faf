"""The judging page. It works without JavaScript; with it, answers go through the API instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.access import Right, member_for
from accounts.middleware import PageRequest
from accounts.models import Grade, Member
from annotate.forms.judging import AnswerForm
from annotate.selectors.items import items_of
from annotate.selectors.judging import (
    answers_latest,
    answers_tally,
    held_by_others,
    judges_now,
    lanes_of,
    remaining_for,
    skips_wanted,
)
from annotate.selectors.pairs import pairs_held_by_others, pairs_remaining
from annotate.services.judging import judgments_record, skips_return
from annotate.services.leasing import tasks_lease
from annotate.services.pair_leasing import pairs_give_back
from annotate.services.sittings import queries_lease, sitting_finish
from annotate.views.comparing import comparing_context, comparing_shared
from annotate.views.judging_page import (
    PAIRS,
    desk_context,
    layout_for,
    layouts_of,
    page_context,
    result_tell,
)

_TONES: Final = 4  # colours run from tone 0 (worst) to this


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
    offered = layouts_of(member.project)
    layout = layout_for(request, offered)
    if request.htmx:  # a page where nothing is free asks whether that holds
        return _still_waiting(member, layout)
    shown = (
        comparing_context(member, offered) if layout == PAIRS else _context(member, layout, offered)
    )
    return render(request, "annotate/judge.html", shown)


@require_POST
def judge_answer(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.JUDGE)
    form = AnswerForm(request.POST)
    if form.is_valid():
        [result] = judgments_record(
            project=member.project, person=member.user, answers=[form.answer()]
        )
        result_tell(request, result.status, result.message, thing="item")
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
    pairs_give_back(project=member.project, person=member.user)
    return redirect("annotate:judge-done", slug)


@require_safe
@never_cache
def judge_done(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.JUDGE)
    layout = layout_for(request, layouts_of(member.project))
    shared = comparing_shared(member) if layout == PAIRS else _shared(member, layout)
    shown = {**shared, "finished": True}
    shown["settings"]["finished"] = True
    return render(request, "annotate/judge.html", shown)


def grade_buttons(scheme: Sequence[Grade]) -> list[GradeButton]:
    """Return a label scheme's buttons, worst grade first."""
    top = max(len(scheme) - 1, 1)
    return [
        GradeButton(grade, filled=round(100 * rank / top), tone=round(_TONES * rank / top))
        for rank, grade in enumerate(scheme)
    ]


def _context(member: Member, layout: str, offered: Sequence[str]) -> dict[str, Any]:
    project, person = member.project, member.user
    if layout == "list":
        leases = queries_lease(project=project, person=person, queries=1)
    else:
        leases = tasks_lease(project=project, person=person, count=1)
    items = items_of(leases, project, person)
    remaining = remaining_for(project, person, idle=not items)
    shared = _shared(member, layout)
    shared["settings"] |= {"remaining": remaining, "judges": judges_now(project)}
    return {
        **shared,
        **desk_context(project, layout, offered),
        "item": items[0] if items else None,
        "items": items,
        "remaining": remaining,
        "held": 0 if items else held_by_others(project, person),
        "skipped": 0 if items else skips_wanted(project, person).count(),
        "empty": not items and not project.candidates.exists(),
        "pairs_remaining": (
            pairs_remaining(project, person) if PAIRS in offered and not items else 0
        ),
        "unassigned": not items and not lanes_of(project, person),
    }


def _shared(member: Member, layout: str) -> dict[str, Any]:
    """Return what the page and its end show alike."""
    project, person = member.project, member.user
    tally, latest = answers_tally(project, person), answers_latest(project, person)
    return {
        **page_context(member, layout=layout, answered=tally.answered, latest=latest),
        "buttons": grade_buttons(project.scheme),
        "tally": tally,
    }


def _still_waiting(member: Member, layout: str) -> HttpResponse:
    project, person = member.project, member.user
    paired = layout == PAIRS
    remaining = (
        pairs_remaining(project, person) if paired else remaining_for(project, person, idle=True)
    )
    held = pairs_held_by_others if paired else held_by_others
    if remaining or not held(project, person):
        return HttpResponseClientRefresh()
    return HttpResponse(status=204)
