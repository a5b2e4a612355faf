"""A deed on many rows, asked for from the list that shows them, and how far it is."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Right, member_for, role_allows
from accounts.middleware import PageRequest
from accounts.models import Member
from annotate.models import BulkDeed, Listed
from annotate.services.bulk import bulk_create

_DECIDED = "decided"
_EVERYBODY = "@everybody"  # no user name begins so
_LISTS = {Listed.QUERIES: "annotate:query-list", Listed.CANDIDATES: "annotate:candidate-list"}


def members_of(member: Member) -> list[str]:
    """Return the user names to whom a manager may assign queries; nobody's for others."""
    if not role_allows(member.role, Right.MANAGE):
        return []
    rows = member.project.members.order_by("user__username")
    return list(rows.values_list("user__username", flat=True))


@require_POST
def bulk_new(request: HttpRequest, slug: str, listed: Listed) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    sent = request.POST
    grade = sent.get("grade", "")
    try:
        bulk = bulk_create(
            member=member,
            listed=listed,
            deed=BulkDeed(sent.get("deed", "")),
            keys=None if sent.get("which") == "all" else _keys(sent),
            parameters=QueryDict(sent.get("parameters", "")).dict(),
            reason=sent.get("reason", ""),
            grade=int(grade) if grade.isascii() and grade.isdigit() else None,
            decided=grade == _DECIDED,
            people=[name for name in sent.getlist("people") if name not in ("", _EVERYBODY)],
            everybody=_EVERYBODY in sent.getlist("people"),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages), extra_tags="bad")
        return redirect(_LISTS[listed], slug)
    except ValueError:
        messages.error(request, "Choose what to do.", extra_tags="bad")
        return redirect(_LISTS[listed], slug)
    return redirect("annotate:bulk-detail", slug, bulk.pk)


@require_safe
def bulk_detail(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    project = member_for(request.user, slug, Right.MANAGE).project
    context = {
        "project": project,
        "bulk": get_object_or_404(project.bulks.select_related("by"), pk=pk),
        "section": "projects",
        "tab": "queries",
    }
    template = "_bulk.html" if request.htmx else "bulk.html"
    return render(request, f"annotate/browse/{template}", context)


def _keys(sent: QueryDict) -> list[int]:
    keys = sent.getlist("keys")
    return [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
