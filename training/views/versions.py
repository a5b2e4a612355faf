"""Two versions of a reranker side by side."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from models_app.access import reranker_access
from models_app.models import Version
from models_app.pages import page_context
from models_app.selectors import versions_of as versions_of_reranker
from training.selectors.comparing import queries_between, sides_chosen, versions_compared


@require_safe
def versions_compare(request: HttpRequest, team: str, name: str) -> HttpResponse:
    """Two versions of a reranker side by side, as the API compares them; chosen on the page."""
    access = reranker_access(request.user, team, name)
    versions = list(versions_of_reranker(access.reranker).defer("facts", "lineage", "metrics"))
    try:
        sides = sides_chosen(versions, a=request.GET.get("a", ""), b=request.GET.get("b", ""))
    except Version.DoesNotExist as error:
        raise Http404(str(error)) from error
    context = page_context(access) | {
        "versions": versions,
        "sides": zip(("a", "b"), ("Compare", "with"), sides, strict=True) if sides else (),
        "comparison": versions_compared(*sides, member=access.member) if sides else None,
        "between": queries_between(*sides) if sides and access.member else None,
    }
    return render(request, "models_app/compare.html", context)
