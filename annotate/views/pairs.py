"""Page for managers: whether pairs are compared, and which."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Right, project_for
from accounts.views import GET_OR_POST
from annotate.forms.pairs import PairQueueForm
from annotate.selectors.pairs import pairs_progress
from annotate.services.pairing import pairs_of, pairs_request, pairs_update


@require_http_methods(GET_OR_POST)
def pair_settings(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    pairs = pairs_of(project)
    form = PairQueueForm(request.POST or None, pairs=pairs)
    if request.method == "POST" and form.is_valid():
        pairs_update(project=project, **form.cleaned_data)
        messages.success(request, "Saved.", extra_tags="good")
        return redirect("annotate:pair-settings", slug)
    context = {
        "project": project,
        "section": "projects",
        "tab": "settings",
        "part": "pairs",
        "form": form,
        "pairs": pairs,
        "progress": pairs_progress(project),
    }
    return render(request, "annotate/queue/pairs.html", context)


@require_POST
def pairs_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Have the pairs made anew."""
    project = project_for(request.user, slug, Right.MANAGE)
    try:
        pairs_request(project=project)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages), extra_tags="bad")
    else:
        messages.success(request, "The pairs are being made anew.", extra_tags="good")
    return redirect("annotate:pair-settings", slug)
