"""Pages on which queries, passages and candidates are added, edited, withdrawn and restored."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import Right, project_for
from accounts.models import Project
from accounts.problems import ConflictError
from accounts.views import GET_OR_POST, user_of
from annotate.forms.corpus import (
    CandidateForm,
    OptionalReasonForm,
    PassageEditForm,
    PassageForm,
    QueryEditForm,
    QueryForm,
    ReasonForm,
)
from annotate.models import Passage, Query
from annotate.selectors.browsing import query_by
from annotate.selectors.corpus import candidate_by, passage_by
from annotate.services import withdrawing
from annotate.services.corpus import (
    candidate_add,
    candidate_with_text_add,
    passage_add,
    passage_edit,
    query_add,
    query_edit,
)

NOTHING_LOST = "Its judgments stay, answers that come later are kept, and it can be restored."


@require_http_methods(GET_OR_POST)
def query_new(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    form = QueryForm(request.POST or None)
    query = _done(
        form, request, lambda: query_add(project=project, by=user_of(request), **form.cleaned_data)
    )
    if isinstance(query, Query):
        messages.success(request, "The query was added.", extra_tags="good")
        return redirect("annotate:query-detail", slug, query.pk)
    return _page(request, project, form, what="Add a query", button="Add it")


@require_http_methods(GET_OR_POST)
def passage_new(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    form = PassageForm(request.POST or None)
    passage = _done(
        form,
        request,
        lambda: passage_add(project=project, by=user_of(request), **form.cleaned_data),
    )
    if isinstance(passage, Passage):
        messages.success(request, "The passage was added.", extra_tags="good")
        return redirect("annotate:passage-detail", slug, passage.pk)
    return _page(request, project, form, what="Add a passage", button="Add it")


@require_http_methods(GET_OR_POST)
def candidate_new(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    query = query_by(project, str(pk))
    form = CandidateForm(request.POST or None, project=project)

    def add() -> object:
        by, data = user_of(request), form.cleaned_data
        if data["passage"]:
            return candidate_add(project=project, by=by, query=query, passage=data["passage"])
        return candidate_with_text_add(
            project=project, by=by, query=query, text=data["text"], title=data["title"]
        )

    if _done(form, request, add):
        messages.success(request, "The candidate was added.", extra_tags="good")
        return redirect("annotate:query-detail", slug, pk)
    return _page(request, project, form, what="Add a candidate", button="Add it", subject=query)


@require_http_methods(GET_OR_POST)
def query_change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    query = query_by(project, str(pk))
    form = QueryEditForm(
        request.POST or None, initial={"text": query.text, "revision": query.revision}
    )
    if _done(
        form, request, lambda: query_edit(query=query, by=user_of(request), **form.cleaned_data)
    ):
        messages.success(request, "Saved.", extra_tags="good")
        return redirect("annotate:query-detail", slug, pk)
    return _page(request, project, form, what="Edit this query", button="Save", subject=query)


@require_http_methods(GET_OR_POST)
def passage_change(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    passage = passage_by(project, str(pk))
    initial = {"text": passage.text.text, "title": passage.title, "revision": passage.revision}
    form = PassageEditForm(request.POST or None, initial=initial)
    if _done(
        form,
        request,
        lambda: passage_edit(passage=passage, by=user_of(request), **form.cleaned_data),
    ):
        messages.success(request, "Saved.", extra_tags="good")
        return redirect("annotate:passage-detail", slug, pk)
    return _page(request, project, form, what="Edit this passage", button="Save", subject=passage)


@require_http_methods(GET_OR_POST)
def query_withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _move(request, slug, pk, thing="query", deed="withdraw")


@require_http_methods(GET_OR_POST)
def query_restore(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _move(request, slug, pk, thing="query", deed="restore")


@require_http_methods(GET_OR_POST)
def passage_withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _move(request, slug, pk, thing="passage", deed="withdraw")


@require_http_methods(GET_OR_POST)
def passage_restore(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _move(request, slug, pk, thing="passage", deed="restore")


@require_http_methods(GET_OR_POST)
def candidate_withdraw(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _move(request, slug, pk, thing="candidate", deed="withdraw")


@require_http_methods(GET_OR_POST)
def candidate_restore(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _move(request, slug, pk, thing="candidate", deed="restore")


_MOVES: dict[tuple[str, str], Callable[..., object]] = {
    ("query", "withdraw"): withdrawing.queries_withdraw,
    ("query", "restore"): withdrawing.queries_restore,
    ("passage", "withdraw"): withdrawing.passages_withdraw,
    ("passage", "restore"): withdrawing.passages_restore,
    ("candidate", "withdraw"): withdrawing.candidates_withdraw,
    ("candidate", "restore"): withdrawing.candidates_restore,
}
_FINDERS: dict[str, Callable[[Project, str], Any]] = {
    "query": query_by,
    "passage": passage_by,
    "candidate": candidate_by,
}
_PLURAL = {"query": "queries", "passage": "passages", "candidate": "candidates"}


def _move(request: HttpRequest, slug: str, pk: int, *, thing: str, deed: str) -> HttpResponse:
    """Ask why something is withdrawn or restored, and do it."""
    project = project_for(request.user, slug, Right.MANAGE)
    subject = _FINDERS[thing](project, str(pk))
    data = request.POST if request.method == "POST" else None  # which may be empty
    form = (ReasonForm if deed == "withdraw" else OptionalReasonForm)(data)
    chosen = {_PLURAL[thing]: [pk], "project": project, "by": user_of(request)}
    if request.method == "POST" and _done(
        form, request, lambda: _MOVES[thing, deed](**chosen, **form.cleaned_data)
    ):
        did = "withdrawn" if deed == "withdraw" else "restored"
        messages.success(request, f"The {thing} was {did}.", extra_tags="good")
        shown = ("query", subject.query_id) if thing == "candidate" else (thing, pk)
        return redirect(f"annotate:{shown[0]}-detail", slug, shown[1])
    what, note = f"{deed.capitalize()} this {thing}", NOTHING_LOST if deed == "withdraw" else ""
    return _page(
        request, project, form, what=what, button=deed.capitalize(), subject=subject, note=note
    )


def _done(form: forms.Form, request: HttpRequest, call: Callable[[], object]) -> object:
    """Call if the form is sent and right; None, and messages in the form, where it is refused."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return call()
    except ValidationError as error:
        known = hasattr(error, "error_dict") and set(error.error_dict) <= set(form.fields)
        form.add_error(None, error if known else error.messages)
    except ConflictError as error:
        form.add_error(None, str(error.detail))
    return None


def _page(
    request: HttpRequest,
    project: Project,
    form: forms.Form,
    *,
    what: str,
    button: str,
    subject: Any = None,
    note: str = "",
) -> HttpResponse:
    context = {
        "project": project, "form": form, "what": what, "button": button, "subject": subject,
        "note": note, "section": "projects", "tab": "queries",
    }  # fmt: skip
    return render(request, "annotate/corpus/form.html", context)
