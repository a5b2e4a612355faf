"""Pages: the queries of a project, and one query with its candidates."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member_for
from accounts.middleware import PageRequest
from annotate.code import passage_is_code
from annotate.selectors.browsing import (
    candidates_of,
    filters_for,
    queries_of,
    query_by,
    sees_others,
    with_counts,
    with_evidence,
)

PAGE = 50


@require_safe
def query_list(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    search, show = request.GET.get("q", "").strip(), request.GET.get("show", "")
    rows = queries_of(member, search=search, show=show)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    keys = [row.pk for row in page.object_list]
    context = {
        "project": member.project,
        "page": page,
        "queries": with_counts(rows.filter(pk__in=keys)),
        "search": search,
        "show": show,
        "filters": filters_for(member),
        "blind": not sees_others(member),
        "section": "projects",
        "tab": "queries",
    }
    template = "annotate/_query_table.html" if request.htmx else "annotate/query_list.html"
    return render(request, template, context)


@require_safe
def query_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = member_for(request.user, slug)
    query = query_by(member.project, str(pk))
    rows = with_evidence(candidates_of(member.project, query=query), member)
    context = {
        "project": member.project,
        "query": query,
        "candidates": [
            (row, passage_is_code(row.passage.text.text, row.passage.metadata)) for row in rows
        ],
        "blind": not sees_others(member),
        "section": "projects",
        "tab": "queries",
    }
    return render(request, "annotate/query_detail.html", context)
