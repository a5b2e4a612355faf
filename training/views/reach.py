"""What must be trained anew without a judge, a query or a passage."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Right, member_for
from training.forms.reach import ReachForm
from training.selectors.reach import reach_of
from training.views.frame import frame


@require_safe
def reach(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a judge, a query or a passage, and show the versions that learned from it."""
    member = member_for(request.user, slug, Right.REVIEW)
    form = ReachForm(request.GET or None, member.project)
    found = reach_of(member.project, **form.cleaned_data) if form.is_valid() else None
    context = {**frame(member), "tab": "rerankers", "form": form, "found": found}
    return render(request, "training/reach.html", context)
