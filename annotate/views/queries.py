"""Pages: the queries of a project, and one query with its candidates."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member_for
from accounts.middleware import PageRequest
from annotate.forms.browsing import QueryBrowseForm
from annotate.models import Listed, Thing
from annotate.selectors.browsing import (
    QUERY_ORDERS,
    CandidateWish,
    best_first,
    candidates_of,
    queries_all,
    queries_of,
    query_by,
    query_wish,
    sees_labels,
    sees_others,
    with_counts,
)
from annotate.selectors.checks import sees_counts
from annotate.selectors.corpus import changes_of, withdrawn_of, wordings_of
from annotate.selectors.views import views_for
from annotate.texts.code import passage_is_code
from annotate.views.bulk import members_of
from annotate.views.listing import COUNT, listing_of, narrowing, number_answer

# Each may have a hundred candidates.
STRETCH = 1_000
# What is shown of a long passage until somebody asks for all of it.
SHOWN_CHARACTERS = 500
SHOWN_LINES = 6
# A few more are not worth a click.
SLACK = 120


@require_safe
def query_list(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    form = QueryBrowseForm(request.GET, member=member)
    rows = queries_of(member, query_wish(request.GET.dict()))
    if COUNT in request.GET:
        return number_answer(request, rows, "query,queries")
    whole = queries_all(member.project)
    listing = listing_of(request, rows=rows, whole=whole, orders=QUERY_ORDERS, stretch=STRETCH)
    counted = with_counts(whole.filter(pk__in=[row.pk for row in listing.rows])).in_bulk()
    context = {
        "project": member.project,
        "form": form,
        "listing": listing,
        "queries": [counted[row.pk] for row in listing.rows],
        "narrowing": narrowing(request),
        "views": views_for(member, Listed.QUERIES),
        "listed": Listed.QUERIES,
        "members": members_of(member) if listing.rows else [],
        "blind": not sees_labels(member),
        "section": "projects",
        "tab": "queries",
    }
    template = "annotate/browse/_queries.html" if request.htmx else "annotate/browse/queries.html"
    return render(request, template, context)


@require_safe
def query_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = member_for(request.user, slug)
    query = query_by(member.project, str(pk))
    rows = best_first(candidates_of(member, CandidateWish(query)), member)
    context = {
        "project": member.project,
        "query": query,
        "candidates": [
            {
                "row": row,
                "code": passage_is_code(row.passage.text.text, row.passage.metadata),
                "beginning": beginning_of(row.passage.text.text),
            }
            for row in rows
        ],
        "wordings": wordings_of(query),
        "changes": changes_of(member.project, Thing.QUERY, pk),
        "withdrawn": withdrawn_of(query),
        "erasure": query.erasures.order_by("-pk").first() if query.erased_at else None,
        "blind": not sees_others(member),
        "counts": sees_counts(member),
        "section": "projects",
        "tab": "queries",
    }
    return render(request, "annotate/query_detail.html", context)


def beginning_of(text: str) -> str:
    """Return the first lines of a long passage, empty for one that is shown whole."""
    lines = text.split("\n", SHOWN_LINES)[:SHOWN_LINES]
    beginning = "\n".join(lines)[:SHOWN_CHARACTERS].rstrip()
    return f"{beginning}…" if len(text) > len(beginning) + SLACK else ""
