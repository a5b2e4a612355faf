"""Pages: the snapshots of a project, and one of them."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Right, member_for, role_allows
from accounts.middleware import PageRequest
from accounts.views import GET_OR_POST, user_of
from annotate.forms.snapshots import SnapshotForm
from annotate.resolving.resolution import POLICIES
from annotate.selectors.browsing import sees_labels
from annotate.selectors.snapshots import copies_of, snapshot_by, snapshots_of
from annotate.services.snapshots import snapshot_create


@require_http_methods(GET_OR_POST)
def snapshot_list(request: HttpRequest, slug: str) -> HttpResponse:
    right = Right.MANAGE if request.method == "POST" else Right.VIEW
    member = member_for(request.user, slug, right)
    project = member.project
    form = SnapshotForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            snapshot = snapshot_create(
                project=project, created_by=user_of(request), **form.arguments()
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect("annotate:snapshot-detail", slug, snapshot.pk)
    context = {
        "project": project,
        "snapshots": snapshots_of(project),
        "form": form if role_allows(member.role, Right.MANAGE) else None,
        "policies": POLICIES.values(),
        "section": "projects",
        "tab": "snapshots",
    }
    return render(request, "annotate/snapshot_list.html", context)


@require_safe
def snapshot_detail(request: PageRequest, slug: str, reference: str) -> HttpResponse:
    member = member_for(request.user, slug)
    snapshot = snapshot_by(member.project, reference)
    reviews = role_allows(member.role, Right.REVIEW)
    context = {
        "project": member.project,
        "snapshot": snapshot,
        "files": sorted(snapshot.files.items()) if sees_labels(member) else [],
        "copies": copies_of(snapshot),
        "judges": snapshot.statistics.get("judges") if reviews else [],
        "erasures": snapshot.erasures.select_related("erasure") if snapshot.redacted else [],
        "section": "projects",
        "tab": "snapshots",
    }
    template = "annotate/_snapshot.html" if request.htmx else "annotate/snapshot_detail.html"
    return render(request, template, context)
