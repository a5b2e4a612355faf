"""The page of a project's candidates: searched, filtered, ordered."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member_for
from accounts.middleware import PageRequest
from annotate.forms.browsing import CandidateBrowseForm
from annotate.models import Listed
from annotate.selectors.browsing import (
    CANDIDATE_ORDERS,
    ME,
    RANKED,
    candidate_wish,
    candidates_of,
    passages_unread,
    sees_labels,
    sees_others,
    with_evidence,
    with_skips,
)
from annotate.selectors.checks import sees_counts
from annotate.selectors.narrowing import OWN_FILTERS
from annotate.selectors.views import views_for
from annotate.views.listing import COUNT, listing_of, narrowing, number_answer

STRETCH = 5_000


@require_safe
def candidate_list(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    form = CandidateBrowseForm(request.GET, member=member)
    wish = candidate_wish(member.project, request.GET.dict())
    if not wish.judge and not sees_labels(member):  # what they choose is about their own answers
        mine = wish.grade is not None or wish.show in set(OWN_FILTERS) - {""}
        wish = replace(wish, judge=ME if mine else "")
    rows = candidates_of(member, wish)
    if COUNT in request.GET:
        return number_answer(request, rows, "candidate,candidates")
    listing = listing_of(
        request,
        rows=with_evidence(with_skips(rows, member), member),
        whole=candidates_of(member, wish.unnarrowed()),
        orders={**CANDIDATE_ORDERS, **RANKED},
        stretch=STRETCH,
    )
    context = {
        "project": member.project,
        "query": wish.query,
        "form": form,
        "listing": listing,
        "narrowing": narrowing(request),
        "unread": bool(wish.search) and passages_unread(member.project),
        "views": views_for(member, Listed.CANDIDATES),
        "listed": Listed.CANDIDATES,
        "blind": not sees_others(member),
        "counts": sees_counts(member),
        "section": "projects",
        "tab": "queries",
    }
    template = "_candidates.html" if request.htmx else "candidates.html"
    return render(request, f"annotate/browse/{template}", context)
