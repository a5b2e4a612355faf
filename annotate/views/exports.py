"""Page: what a project's members may take with them, and in which form."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member_for
from annotate.exporting import FORMATS, WHATS
from annotate.selectors.browsing import sees_labels
from annotate.selectors.exports import row_counts


@require_safe
def export_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    if not sees_labels(member):
        raise PermissionDenied(
            "Where judging is blind or checks are among the items, only reviewers export."
        )
    context = {
        "project": member.project,
        "counts": row_counts(member.project),
        "formats": [
            (name, one, [what if what in one.whats else "" for what in WHATS])
            for name, one in FORMATS.items()
        ],
        "section": "projects",
        "tab": "queries",
    }
    return render(request, "annotate/export.html", context)
