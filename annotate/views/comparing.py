"""The judging page in pairs: two candidates side by side, which is better, or a tie."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import Right, member_for
from accounts.models import Member
from annotate.forms.judging import PairAnswerForm
from annotate.selectors.judging import pair_judges_now
from annotate.selectors.pairs import (
    pair_items_of,
    pair_skips_wanted,
    pairs_held_by_others,
    pairs_remaining,
    preferences_latest,
    preferences_tally,
)
from annotate.services.pair_leasing import pairs_lease
from annotate.services.preferring import pair_skips_return, preferences_record
from annotate.views.judging_page import PAIRS, desk_context, page_context, result_tell


@require_POST
def pair_answer(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.JUDGE)
    form = PairAnswerForm(request.POST)
    if form.is_valid():
        [result] = preferences_record(
            project=member.project, person=member.user, answers=[form.answer()]
        )
        result_tell(request, result.status, result.message, thing="pair")
    else:
        messages.error(request, "This answer could not be read; try again.", extra_tags="bad")
    return redirect("annotate:judge", slug)


@require_POST
def pair_skipped(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out again what the person skipped."""
    member = member_for(request.user, slug, Right.JUDGE)
    if not pair_skips_return(project=member.project, person=member.user):
        messages.warning(request, "Nothing that you skipped waits any more.", extra_tags="warn")
    return redirect("annotate:judge", slug)


def comparing_context(member: Member, offered: Sequence[str]) -> dict[str, Any]:
    """Return the page with the person's next pair, or without one its end."""
    project, person = member.project, member.user
    items = pair_items_of(pairs_lease(project=project, person=person, count=1), project, person)
    remaining = pairs_remaining(project, person)
    shared = comparing_shared(member)
    shared["settings"] |= {"remaining": remaining, "judges": pair_judges_now(project)}
    return {
        **shared,
        **desk_context(project, PAIRS, offered),
        "item": items[0] if items else None,
        "items": items,
        "remaining": remaining,
        "held": 0 if items else pairs_held_by_others(project, person),
        "skipped": 0 if items else pair_skips_wanted(project, person).count(),
        "empty": not items and not project.pairs.filter(offered=True).exists(),
    }


def comparing_shared(member: Member) -> dict[str, Any]:
    """Return what the page and its end show alike."""
    project, person = member.project, member.user
    tally, latest = preferences_tally(project, person), preferences_latest(project, person)
    return {
        **page_context(member, layout=PAIRS, answered=tally.answered, latest=latest),
        "tally": tally,
    }
