"""Pages for managers: how the queue is set, gold candidates, assignments, judges' figures."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, member_for, project_for
from accounts.models import Project
from accounts.views import GET_OR_POST, user_of
from annotate.forms.queue import AssignForm, GoldForm, GroupForm, QueueForm
from annotate.selectors.browsing import ID_DIGITS, QueryWish, queries_of
from annotate.selectors.judges import DAYS, project_judges
from annotate.selectors.queue import (
    assignments_of,
    candidates_for_gold,
    gold_lasts,
    golds_live,
    golds_of,
    groups_of,
)
from annotate.services.arranging import queue_of, queue_update
from annotate.services.assigning import group_remove, group_set, queries_assign
from annotate.services.golding import (
    GoldWish,
    gold_remove,
    golds_from_adjudicated,
    golds_set,
)

_ROWS = 50  # gold candidates to a page


@require_http_methods(GET_OR_POST)
def queue_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """How the queue is set; `?run=` proposes the order by a run's uncertainty."""
    project = project_for(request.user, slug, Right.MANAGE)
    run = request.GET.get("run", "")
    form = QueueForm(request.POST or None, queue=queue_of(project), run=run)
    if request.method == "POST" and form.is_valid():
        try:
            queue_update(project=project, **form.wishes())
        except ValidationError as error:
            form.add_errors(error.message_dict)
        else:
            messages.success(request, "Saved.", extra_tags="good")
            return redirect("annotate:queue", slug)
    queue = queue_of(project)
    lasts = gold_lasts(queue)
    golds = golds_live(project) if lasts is not None else 0
    return _page(request, "settings", project, form=form, queue=queue, golds=golds, lasts=lasts)


@require_http_methods(GET_OR_POST)
def gold_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The gold candidates; `?query=` shows a query's candidates to choose among."""
    project = project_for(request.user, slug, Right.MANAGE)
    if request.method == "POST":
        _gold_set(request, project)
        return redirect(request.get_full_path())
    shown = Paginator(golds_of(project), _ROWS).get_page(request.GET.get("page"))
    query = request.GET.get("query", "")
    chosen = candidates_for_gold(project, int(query)) if _is_id(query) else []
    rows = [
        (
            row,
            GoldForm(initial={"candidate": row.pk}, scheme=project.scheme, auto_id=f"{row.pk}-%s"),
        )
        for row in chosen
    ]
    return _page(request, "gold", project, golds=shown, rows=rows)


@require_POST
def gold_end(request: HttpRequest, slug: str, candidate: int) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    gold_remove(project=project, candidate=candidate, by=user_of(request))
    messages.success(request, "It is gold no longer.", extra_tags="good")
    return redirect("annotate:gold-list", slug)


@require_http_methods(GET_OR_POST)
def assignment_list(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    project = member.project
    form = AssignForm(request.POST if request.method == "POST" else None, project=project)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        queries = queries_of(member, QueryWish(data["q"]))
        # Another number than the one that was agreed to is asked about anew.
        if form.asks and request.POST.get("agreed") != str(number := queries.count()):
            return _page(request, "assignments_asked", project, form=form, number=number)
        changed = queries_assign(
            project=project,
            queries=queries,
            people=list(data["people"]),
            groups=list(data.get("groups", ())),
            by=member.user,
        )
        what = "1 query was" if changed == 1 else f"{changed:,} queries were"
        messages.success(request, f"{what} assigned anew.", extra_tags="good")
        return redirect("annotate:assignment-list", slug)
    return _assignments(request, project, form, GroupForm(project=project))


@require_POST
def group_new(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    form = GroupForm(request.POST, project=project)
    if form.is_valid():
        data = form.cleaned_data
        try:
            group_set(project=project, name=data["name"], people=list(data["people"]))
        except ValidationError as error:
            form.add_error("name", error.messages)
        else:
            return redirect("annotate:assignment-list", slug)
    return _assignments(request, project, AssignForm(project=project), form)


@require_POST
def group_end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    group_remove(group=get_object_or_404(project.groups, pk=pk))
    messages.success(request, "The group is gone.", extra_tags="good")
    return redirect("annotate:assignment-list", slug)


@require_safe
def judge_list(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    return _page(request, "judges", project, judges=project_judges(project), days=DAYS)


def _gold_set(request: HttpRequest, project: Project) -> None:
    """Make what was posted gold: one candidate, or all adjudicated ones; say what came of it."""
    by = user_of(request)
    form = GoldForm(request.POST, scheme=project.scheme)
    if "adjudicated" in request.POST:
        number = golds_from_adjudicated(project=project, by=by)
    elif form.is_valid():
        try:
            number = golds_set(project=project, wishes=[GoldWish(**form.cleaned_data)], by=by)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages), extra_tags="bad")
            return
    else:
        messages.error(request, "Choose a grade.", extra_tags="bad")
        return
    what = "1 candidate is" if number == 1 else f"{number} candidates are"
    messages.success(request, f"{what} gold now.", extra_tags="good")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= ID_DIGITS


def _assignments(
    request: HttpRequest, project: Project, form: AssignForm, group_form: GroupForm
) -> HttpResponse:
    return _page(
        request,
        "assignments",
        project,
        form=form,
        group_form=group_form,
        groups=groups_of(project),
        assignments=assignments_of(project),
    )


def _page(request: HttpRequest, part: str, project: Project, **found: Any) -> HttpResponse:
    context = {"project": project, "section": "projects", "tab": "settings", "part": part, **found}
    return render(request, f"annotate/queue/{part}.html", context)
