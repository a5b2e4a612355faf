"""Pages: how far people agree, two judges, and the same passage judged differently."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Right, member_for
from accounts.middleware import PageRequest
from accounts.models import Member
from annotate.agreement.figures import MEASURES, NAMES
from annotate.agreement.tables import (
    DEFAULT_MEASURE,
    HEADS,
    grade_lines,
    lines_of,
    matrix_of,
    parts_of,
    preference_lines,
    two_of,
)
from annotate.selectors.agreement_reports import (
    Seen,
    conflicts_shown,
    named_to,
    pair_advice,
    report_seen,
)
from annotate.selectors.checks import HIDDEN, sees_counts
from annotate.services.agreement import agreement_current

PAGE: Final = 20
PAIRS_SHOWN: Final = 40
CONFLICTS_SHOWN: Final = 3
HERE: Final = {"section": "projects", "tab": "agreement"}


@require_safe
def agreement(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    if not sees_counts(member):
        raise PermissionDenied(HIDDEN)
    seen = _seen(request, member)
    measure = request.GET.get("measure", "")
    measure = measure if measure in MEASURES else DEFAULT_MEASURE
    context = {"project": member.project, "seen": seen, "measure": measure, **HERE}
    context |= _tables(seen, measure)
    whole, part = "annotate/agreement/agreement.html", "annotate/agreement/_agreement.html"
    return render(request, part if request.htmx else whole, context)


@require_safe
def agreement_pair(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.REVIEW)
    seen = _seen(request, member)
    asked = {request.GET.get("one", ""), request.GET.get("other", "")}
    pairs = seen.result["pairs"] if seen.result else []
    pair = next((each for each in pairs if {str(each["one"]), str(each["other"])} == asked), None)
    if pair is None:
        raise Http404("These two have judged no candidate both, or share fewer than most others.")
    context = {
        "project": member.project,
        "seen": seen,
        "pair": pair,
        "two": two_of(pair),
        "lines": lines_of(pair["figures"]),
        "table": list(zip(seen.grades, pair["table"], strict=True)),
        "advice": pair_advice(seen, pair),
        "rankings": pair["rankings"],
        "runs": _runs(pair["rankings"]),
        **HERE,
    }
    return render(request, "annotate/agreement/pair.html", context)


@require_safe
def agreement_conflicts(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.REVIEW)
    seen = _seen(request, member)
    found = seen.result["conflicts"] if seen.result else []
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    shown = conflicts_shown(list(page.object_list), with_imported=seen.report.with_imported)
    context = {
        "project": member.project,
        "seen": seen,
        "page": page,
        "conflicts": shown,
        **HERE,
    }
    return render(request, "annotate/agreement/conflicts.html", context)


def _seen(request: HttpRequest, member: Member) -> Seen:
    with_imported = request.GET.get("with_imported") == "1"
    report, moment = agreement_current(project=member.project, with_imported=with_imported)
    return report_seen(report, moment, named=named_to(member))


def _tables(seen: Seen, measure: str) -> dict[str, Any]:
    """Return what the page shows of a measurement; nothing before there is one."""
    result = seen.result
    if not result:
        return {}
    return {
        "lines": lines_of(result["figures"]),
        "grades": grade_lines(result, seen.grades),
        "preferences": preference_lines(result["preferences"]),
        "parts": parts_of(result["slices"]),
        "heads": HEADS,
        "pairs": [two_of(pair) for pair in result["pairs"][:PAIRS_SHOWN]],
        "matrix": matrix_of(result["pairs"], measure),
        "measures": {name: NAMES[name] for name in MEASURES},
        "conflicts": conflicts_shown(
            result["conflicts"][:CONFLICTS_SHOWN], with_imported=seen.report.with_imported
        ),
    }


def _runs(rankings: Mapping[str, Any] | None) -> list[tuple[str, float, float]]:
    """Return each run with its mean nDCG@10 by the one and by the other judge."""
    columns = ("runs", "of_one", "of_other")
    return list(zip(*(rankings[name] for name in columns), strict=True)) if rankings else []
