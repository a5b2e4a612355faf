"""Pages: the queries of a project, and one query with its candidates."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member_for
from accounts.middleware import PageRequest
from annotate.code import passage_is_code
from annotate.models import Thing
from annotate.selectors.browsing import (
    best_first,
    candidates_of,
    filters_for,
    queries_of,
    query_by,
    sees_others,
    with_counts,
)
from annotate.selectors.corpus import changes_of, withdrawn_of, wordings_of

PAGE = 50
# What is shown of a long passage until somebody asks for all of it.
SHOWN_CHARACTERS = 500
SHOWN_LINES = 6
# A few more are not worth a click.
SLACK = 120


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
    rows = best_first(candidates_of(member, query=query), member)
    context = {
        "project": member.project,
        "query": query,
        "candidates": [
            {
                "row": row,
                "code": passage_is_code(row.passage.text.text, row.passage.metadata),
                "beginning": _beginning(row.passage.text.text),
            }
            for row in rows
        ],
        "wordings": wordings_of(query),
        "changes": changes_of(member.project, Thing.QUERY, pk),
        "withdrawn": withdrawn_of(query),
        "erasure": query.erasures.order_by("-pk").first() if query.erased_at else None,
        "blind": not sees_others(member),
        "section": "projects",
        "tab": "queries",
    }
    return render(request, "annotate/query_detail.html", context)


def _beginning(text: str) -> str:
    """Return the first lines of a long passage, empty for one that is shown whole."""
    lines = text.split("\n", SHOWN_LINES)[:SHOWN_LINES]
    beginning = "\n".join(lines)[:SHOWN_CHARACTERS].rstrip()
    return f"{beginning}…" if len(text) > len(beginning) + SLACK else ""
