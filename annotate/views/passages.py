"""Pages: the passages of a project, and one passage with its wordings and where it is judged."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import member_for
from accounts.middleware import PageRequest
from annotate.models import Thing
from annotate.selectors.browsing import candidates_of_passage, sees_others, with_evidence
from annotate.selectors.corpus import (
    changes_of,
    passage_by,
    passages_of,
    with_candidate_count,
    wordings_of,
)
from annotate.texts.code import passage_is_code

PAGE = 50
CANDIDATES = 100


@require_safe
def passage_list(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    search = request.GET.get("q", "").strip()
    rows = passages_of(member.project, search=search)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    keys = [row.pk for row in page.object_list]
    context = {
        "project": member.project,
        "page": page,
        "passages": with_candidate_count(rows.filter(pk__in=keys)),
        "search": search,
        "section": "projects",
        "tab": "queries",
    }
    name = "_passage_table" if request.htmx else "passage_list"
    return render(request, f"annotate/corpus/{name}.html", context)


@require_safe
def passage_detail(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = member_for(request.user, slug)
    passage = passage_by(member.project, str(pk))
    candidates = with_evidence(candidates_of_passage(member, passage), member)
    context = {
        "project": member.project,
        "passage": passage,
        "code": passage_is_code(passage.text.text, passage.metadata),
        "wordings": wordings_of(passage),
        "candidates": candidates[:CANDIDATES],
        "changes": changes_of(member.project, Thing.PASSAGE, pk),
        "erasure": passage.erasures.order_by("-pk").first() if passage.erased_at else None,
        "blind": not sees_others(member),
        "section": "projects",
        "tab": "queries",
    }
    return render(request, "annotate/corpus/passage_detail.html", context)
