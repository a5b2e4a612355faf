"""Pages that belong to no room: the icon, and what may not be done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.selectors import projects_of


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Where browsers look for an icon when what they show is no page: logs, files, JSON."""
    return redirect(static("icon.svg"), permanent=False)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What may not be done, why, and the way back to the project it was tried in."""
    named = request.resolver_match.kwargs if request.resolver_match else {}
    project = None
    if isinstance(request.user, User):
        slug = named.get("slug") or named.get("team") or ""
        project = projects_of(request.user).filter(slug=slug).first()
    context = {"exception": str(exception), "project": project, "section": "projects"}
    return render(request, "403.html", context, status=403)
