"""Pages: what a person has answered themselves, and answering anew. They need no JavaScript."""

import uuid
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Right, member_for
from accounts.keyset import Keyset
from accounts.middleware import PageRequest
from accounts.models import Member
from accounts.views import GET_OR_POST
from annotate.forms.judging import AnswerForm
from annotate.forms.own_answers import OwnAnswersForm
from annotate.models import Judgment
from annotate.selectors.items import matches_in, passage_row
from annotate.selectors.own_answers import (
    OwnWish,
    answer_changeable,
    own_answer,
    own_answers,
)
from annotate.services.answers import Recorded, Status
from annotate.services.judging import judgments_record
from annotate.texts.matching import query_terms
from annotate.views.judging import grade_buttons
from annotate.views.judging_page import SKIP_REASONS, result_tell
from annotate.views.listing import narrowing


@require_safe
@never_cache
def own_answer_list(request: PageRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.JUDGE)
    form = OwnAnswersForm(request.GET, member=member)
    keyset, rows = _page(request, member, form.wish())
    context = {
        "project": member.project,
        "form": form,
        "answers": [(row, answer_changeable(row)) for row in rows],
        "keyset": keyset,
        "narrowing": narrowing(request),
        "section": "projects",
        "tab": "judge",
    }
    template = "_rows.html" if request.htmx else "list.html"
    return render(request, f"annotate/answers/{template}", context)


@require_http_methods(GET_OR_POST)
@never_cache
def own_answer_change(request: HttpRequest, slug: str, candidate: int) -> HttpResponse:
    """Show what the person has answered on a candidate, and take another answer in its place."""
    member = member_for(request.user, slug, Right.JUDGE)
    earlier = own_answer(member, candidate)
    if request.method == "POST":
        form = AnswerForm(request.POST)
        if form.is_valid() and form.cleaned_data["withdraw"] is None:
            _tell(request, member, _record(member, earlier, form))
            return redirect(_list_of(request, slug))
        messages.error(request, "This answer could not be read; try again.", extra_tags="bad")
    return render(request, "annotate/answers/answer.html", _context(request, member, earlier))


def _page(request: HttpRequest, member: Member, wish: OwnWish) -> tuple[Keyset, list[Judgment]]:
    """Return the page asked for; a place in another list begins at the top."""
    for parameters in (request.GET, QueryDict()):
        try:
            keyset = Keyset(
                parameters=parameters.dict(),
                orders={"created_at": "created_at"},
                default="-created_at",
                url=request.get_full_path(),
                path=request.path,
            )
            return keyset, keyset.page(own_answers(member, wish))
        except ValidationError:
            continue
    raise AssertionError("a list without parameters has a first page")


def _record(member: Member, earlier: Judgment, form: AnswerForm) -> Recorded:
    """Store the answer; the evidence, which this form cannot change, stays with its wording."""
    answer = replace(form.answer(), candidate=earlier.candidate_id)
    if answer.revision == earlier.passage_revision:
        spans = tuple((start, end) for start, end in earlier.evidence)
        answer = replace(answer, evidence=spans)
    [result] = judgments_record(project=member.project, person=member.user, answers=[answer])
    return result


def _tell(request: HttpRequest, member: Member, result: Recorded) -> None:
    if result.status is Status.CREATED and result.judgment is not None:
        names = {grade.pk: grade.name for grade in member.project.scheme}
        given = names.get(result.judgment.grade_id or 0)
        said = f"Your answer is now: {given}." if given else "It is skipped now."
        messages.success(request, said, extra_tags="good")
    result_tell(request, result.status, result.message, thing="item")


def _list_of(request: HttpRequest, slug: str) -> str:
    """Return the list that one came from, as it was narrowed."""
    kept = request.GET.urlencode()
    return reverse("annotate:own-answers", args=[slug]) + (f"?{kept}" if kept else "")


def _context(request: HttpRequest, member: Member, earlier: Judgment) -> dict[str, Any]:
    candidate, project = earlier.candidate, member.project
    terms = query_terms(candidate.query.text, project.language)
    return {
        "project": project,
        "earlier": earlier,
        "candidate": candidate,
        "passage": passage_row(candidate.passage),
        "matches": matches_in(candidate.passage, terms),
        "quotes": _quotes(earlier),
        "open": answer_changeable(earlier) and not project.closed,
        "buttons": grade_buttons(project.scheme),
        "reasons": SKIP_REASONS,
        "answer_id": uuid.uuid4(),
        "back": _list_of(request, project.slug),
        "section": "projects",
        "tab": "judge",
    }


def _quotes(earlier: Judgment) -> list[str]:
    """Return the evidence in words, where the passage still has the wording that it is of."""
    passage = earlier.candidate.passage
    if earlier.passage_revision != passage.revision:
        return []
    return [passage.text.text[start:end] for start, end in earlier.evidence]
