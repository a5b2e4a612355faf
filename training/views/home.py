"""A fragment of the home page: where projects stand."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.middleware import PageRequest
from accounts.selectors import memberships_of
from accounts.views import user_of
from training.selectors.overview import standings_of


@require_safe
@login_required
def project_cards(request: PageRequest) -> HttpResponse:
    """A fragment of the home page: the visitor's projects with where they stand."""
    if not request.htmx:
        return redirect("accounts:home")
    members = list(memberships_of(user_of(request)))
    for member in members:
        member.project.opened_as = member.role
    standings = standings_of([member.project for member in members])
    context = {
        "rows": [(member, standings[member.project_id]) for member in members],
        "busy": any(standing.busy or standing.pooling for standing in standings.values()),
        "counted": True,
    }
    return render(request, "accounts/_project_cards.html", context)
