"""Pages: the imports of a project, and how one of them goes."""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, member_for, role_allows
from accounts.middleware import PageRequest
from accounts.models import Project, User
from accounts.problems import ConflictError
from accounts.uploads import NoRoomError, room_needed, takes_files, upload_refusal
from accounts.views import GET_OR_POST, user_of
from annotate.forms.imports import ImportForm
from annotate.models import Import
from annotate.selectors.browsing import sees_labels
from annotate.selectors.imports import (
    created_counts,
    import_by,
    imports_of,
    rows_per_second,
    seconds_left,
    sees_errors,
)
from annotate.services.importing import import_cancel, import_create

PAGE = 50


@require_http_methods(GET_OR_POST)
@takes_files
def import_list(request: HttpRequest, slug: str) -> HttpResponse:
    right = Right.MANAGE if request.method == "POST" else Right.VIEW
    member = member_for(request.user, slug, right)
    form = ImportForm(request.POST or None, request.FILES or None)
    if refusal := upload_refusal(request):
        form.errors["file"] = form.error_class([refusal.message])
    if request.method == "POST" and form.is_valid():
        row = _import(member.project, form, user_of(request))
        if row:
            return redirect("annotate:import-detail", slug, row.pk)
    context = {
        "project": member.project,
        "imports": Paginator(imports_of(member.project), PAGE).get_page(request.GET.get("page")),
        "form": form if role_allows(member.role, Right.MANAGE) else None,
        "may_export": sees_labels(member),
        "section": "projects",
        "tab": "imports",
    }
    return render(request, "annotate/import_list.html", context)


def _import(project: Project, form: ImportForm, by: User) -> Import | None:
    """Ask for the import; None where the form says why there is none."""
    wishes = dict(form.cleaned_data)
    upload = wishes.pop("file")
    try:
        with room_needed():
            return import_create(
                project=project, name=upload.name, upload=upload, created_by=by, **wishes
            )
    except ValidationError as error:
        form.add_error(None, error.messages)
    except NoRoomError as error:
        form.add_error("file", str(error))
    return None


@require_safe
def import_detail(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    member = member_for(request.user, slug)
    row = import_by(member.project, pk)
    context = {
        "project": member.project,
        "import": row,
        "sees_errors": sees_errors(member),
        "created": created_counts(row),
        "pace": rows_per_second(row),
        "left": seconds_left(row),
        "section": "projects",
        "tab": "imports",
    }
    template = "annotate/_import.html" if request.htmx else "annotate/import_detail.html"
    return render(request, template, context)


@require_POST
def import_cancelled(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    member = member_for(request.user, slug, Right.MANAGE)
    row = import_by(member.project, pk)
    # Whoever cancels what has just finished is shown that instead.
    with suppress(ConflictError):
        import_cancel(row=row)
    return redirect("annotate:import-detail", slug, pk)
