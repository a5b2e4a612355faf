"""A version's test queries against one system: the list, and one query with both rankings."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import member_for
from models_app.access import reranker_access
from models_app.models import Version
from models_app.pages import page_context
from models_app.selectors import version_get
from training.selectors.by_query import ORDERS, duel_of, job_of, query_compared, rows_named

PAGE_SIZE = 50


@require_safe
def version_queries(request: HttpRequest, team: str, name: str, number: int) -> HttpResponse:
    """Wins, ties and losses; for members only, whoever may read the reranker."""
    member_for(request.user, team)
    access = reranker_access(request.user, team, name)
    asked = request.GET
    try:
        version = version_get(access.reranker, number)
    except Version.DoesNotExist as error:
        raise Http404(str(error)) from error
    job = job_of(version)
    duel = duel_of(job, against=asked.get("against", ""), order=asked.get("order", ""))
    context = page_context(access) | {"version": version, "duel": duel, "orders": ORDERS.items()}
    context |= {"whole": reverse("models_app:version", args=[team, name, number])}
    context["name"] = str(version)
    if "query" in asked:
        compared = query_compared(job, asked["query"], against=duel.against)
        return render(request, "training/test_query.html", context | {"compared": compared})
    page = Paginator(duel.rows, PAGE_SIZE).get_page(asked.get("page"))
    context |= {"page": page, "rows": rows_named(job, list(page))}
    return render(request, "training/test_queries.html", context)
