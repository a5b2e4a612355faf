"""Pages: the slices that a team has made, and one of them to be changed."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Right, member_for, project_for, role_allows
from accounts.models import Member, Project
from accounts.views import GET_OR_POST, user_of
from annotate.forms.slices import SliceForm
from annotate.models import QuerySlice
from annotate.selectors.browsing import sees_labels
from annotate.selectors.slices import slice_by, slices_counted, slices_of
from annotate.services.slices import slice_remove, slice_save


@require_http_methods(GET_OR_POST)
def slice_list(request: HttpRequest, slug: str) -> HttpResponse:
    right = Right.MANAGE if request.method == "POST" else Right.VIEW
    member = member_for(request.user, slug, right)
    form = SliceForm(request.POST or None)
    if request.method == "POST" and _saved(request, form, member.project):
        return redirect("annotate:slice-list", slug)
    manages = role_allows(member.role, Right.MANAGE)
    found = slices_counted(member.project, list(slices_of(member.project)))
    return _page(request, member, form=form if manages else None, found=found)


@require_http_methods(GET_OR_POST)
def slice_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    row = slice_by(member.project, pk)
    form = SliceForm(request.POST or None, row=row)
    if request.method == "POST" and _saved(request, form, member.project, row):
        return redirect("annotate:slice-list", slug)
    return _page(request, member, form=form, row=row, found=slices_counted(member.project, [row]))


@require_POST
def slice_end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    slice_remove(row=slice_by(project, pk))
    messages.success(request, "The slice is gone. Versions keep its figures.", extra_tags="good")
    return redirect("annotate:slice-list", slug)


def _saved(
    request: HttpRequest, form: SliceForm, project: Project, row: QuerySlice | None = None
) -> bool:
    if not form.is_valid():
        return False
    try:
        slice_save(
            project=project,
            name=form.cleaned_data["name"],
            conditions=form.conditions(),
            by=user_of(request),
            row=row,
        )
    except ValidationError as error:
        form.add_errors(error)
        return False
    return True


def _page(request: HttpRequest, member: Member, **found: object) -> HttpResponse:
    context = {
        "project": member.project,
        "blind": not sees_labels(member),
        "section": "projects",
        "tab": "queries",
        **found,
    }
    return render(request, "annotate/browse/slices.html", context)
