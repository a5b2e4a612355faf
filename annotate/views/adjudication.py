"""Pages for reviewers: what people disagree on, and one such candidate to decide."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Right, member_for
from accounts.keyset import PARAMETERS, Keyset
from accounts.markdown import markdown_html
from accounts.middleware import PageRequest
from accounts.models import Member
from accounts.problems import ConflictError
from accounts.views import GET_OR_POST
from annotate.forms.adjudication import RulingForm, WishForm
from annotate.paging import ByImportance
from annotate.selectors.adjudication import (
    COUNTED,
    SHOWS,
    STATES,
    case_of,
    dispute_after,
    disputes_count,
    disputes_of,
    judges_of,
    with_opinions,
)
from annotate.services.adjudication import DecidedError, adjudication_record
from annotate.texts.code import passage_is_code
from annotate.views.judging import grade_buttons
from annotate.voices import hearing_of

QUICK_REASONS: Final = (
    ("q", "The guidelines settle it"),
    ("w", "The evidence shows it"),
    ("e", "The passage was misread"),
    ("r", "The query was misread"),
    ("t", "The guidelines are silent"),
)


@require_safe
def adjudication_list(request: PageRequest, slug: str) -> HttpResponse:
    project = member_for(request.user, slug, Right.REVIEW).project
    wish = WishForm(request.GET).wish()
    rows = disputes_of(project, wish)
    try:
        pages = Keyset(
            parameters=request.GET.dict(),
            orders=ByImportance.orders,
            default=ByImportance.default,
            url=request.get_full_path(),
            path=request.path,
        )
        disputes = pages.page(with_opinions(rows))
    except ValidationError:  # a place in another list: begin at the top
        return redirect(_from_the_top(request))
    count = disputes_count(rows)
    context = {
        "project": project,
        "section": "projects",
        "tab": "adjudication",
        "disputes": disputes,
        "count": min(count, COUNTED),
        "more": count > COUNTED,
        "links": {"next": pages.next, "previous": pages.previous},
        "wish": wish,
        "shows": SHOWS,
        "states": STATES,
        "judges": judges_of(project),
        "filters": _filters(request),
    }
    fragment = "annotate/adjudication/_table.html"
    template = fragment if request.htmx else "annotate/adjudication/list.html"
    return render(request, template, context)


@require_http_methods(GET_OR_POST)
@never_cache
def adjudication(request: HttpRequest, slug: str, candidate: int) -> HttpResponse:
    member = member_for(request.user, slug, Right.REVIEW)
    form = RulingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            adjudication_record(
                project=member.project, person=member.user, ruling=form.ruling(candidate)
            )
        except (DecidedError, ConflictError) as error:
            messages.error(request, str(error.detail), extra_tags="bad")
            return redirect(request.get_full_path())
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect(_onward(request, member, candidate))
    return render(
        request, "annotate/adjudication/case.html", _context(request, member, candidate, form)
    )


def _context(
    request: HttpRequest, member: Member, candidate: int, form: RulingForm
) -> dict[str, Any]:
    project, wish = member.project, WishForm(request.GET).wish()
    case = case_of(project, candidate)
    named = case.decision is not None or request.GET.get("names") == "shown"
    passage = case.candidate.passage
    after = request.GET.get("after", "")
    return {
        "project": project,
        "section": "projects",
        "tab": "adjudication",
        "case": case,
        "hearing": hearing_of(case, member.user, names=named),
        "named": named,
        "names_address": _names_address(request),
        "code": passage_is_code(passage.text.text, passage.metadata),
        "buttons": grade_buttons(project.scheme),
        "quick_reasons": QUICK_REASONS,
        "guidelines": markdown_html(project.guidelines) if project.guidelines else "",
        "form": form,
        "ruling_id": uuid.uuid4(),
        "following": dispute_after(project, wish, candidate),
        "after": after if after.isascii() and after.isdigit() else "",
        "filters": _filters(request),
        "listed": wish.state == "open",
    }


def _onward(request: HttpRequest, member: Member, candidate: int) -> str:
    """Return the address of what comes after a decision: the next case, or the list at its end."""
    slug = member.project.slug
    messages.success(request, "Decided, with its reason.", extra_tags="good")
    following = dispute_after(member.project, WishForm(request.GET).wish(), candidate)
    if following is None:
        return f"{reverse('annotate:adjudication-list', args=[slug])}?{_filters(request)}"
    filters = _filters(request, after=str(candidate))
    return f"{reverse('annotate:adjudication', args=[slug, following])}?{filters}"


def _filters(request: HttpRequest, **besides: str) -> str:
    """Return which list one comes from, for addresses; and whether names are shown."""
    kept = QueryDict(mutable=True)
    for name in (*WishForm.base_fields, "names"):
        if request.GET.get(name):
            kept[name] = request.GET[name]
    for name, value in besides.items():
        kept[name] = value
    return kept.urlencode()


def _names_address(request: HttpRequest) -> str:
    """Return this page's address with the names shown, or hidden again."""
    asked = request.GET.copy()
    if asked.pop("names", None) != ["shown"]:
        asked["names"] = "shown"
    return f"?{asked.urlencode()}"


def _from_the_top(request: HttpRequest) -> str:
    asked = request.GET.copy()
    for name in PARAMETERS:
        asked.pop(name, None)
    return f"{request.path}?{asked.urlencode()}"
