"""Pages: what an erasure would touch, the erasures of a project, and what one has taken."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, project_for
from accounts.middleware import PageRequest
from accounts.problems import ConflictError
from accounts.views import GET_OR_POST, user_of
from annotate.forms.corpus import EraseForm
from annotate.models import Thing
from annotate.selectors.corpus import subject_by
from annotate.selectors.erasures import erasure_by, erasure_preview, erasures_of
from annotate.selectors.snapshots import snapshot_by
from annotate.services.erasing import erasure_create, erasure_lift
from annotate.verifying import snapshot_verify

PAGE = 50


@require_http_methods(GET_OR_POST)
def query_erase(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _erase(request, slug, pk, Thing.QUERY)


@require_http_methods(GET_OR_POST)
def passage_erase(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    return _erase(request, slug, pk, Thing.PASSAGE)


@require_safe
def erasure_list(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug)
    page = Paginator(erasures_of(project), PAGE).get_page(request.GET.get("page"))
    context = {"project": project, "page": page, "section": "projects", "tab": "queries"}
    return render(request, "annotate/corpus/erasure_list.html", context)


@require_safe
def erasure_detail(request: PageRequest, slug: str, pk: int) -> HttpResponse:
    project = project_for(request.user, slug)
    erasure = erasure_by(project, pk)
    context = {
        "project": project,
        "erasure": erasure,
        "snapshots": erasure.snapshots.select_related("snapshot"),
        "section": "projects",
        "tab": "queries",
    }
    name = "_erasure" if request.htmx else "erasure_detail"
    return render(request, f"annotate/corpus/{name}.html", context)


@require_POST
def erasure_take_back(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Let imports bring back what was erased."""
    project = project_for(request.user, slug, Right.MANAGE)
    erasure_lift(erasure=erasure_by(project, pk), by=user_of(request))
    messages.success(request, "An import may bring it back from now on.", extra_tags="good")
    return redirect("annotate:erasure-detail", slug, pk)


@require_safe
def snapshot_check(request: PageRequest, slug: str, reference: str) -> HttpResponse:
    """Compute a snapshot's digest anew."""
    project = project_for(request.user, slug)
    snapshot = snapshot_by(project, reference)
    context = {
        "project": project,
        "snapshot": snapshot,
        "found": snapshot_verify(snapshot) if snapshot.ready else None,
        "section": "projects",
        "tab": "snapshots",
    }
    name = "_verified" if request.htmx else "verified"
    return render(request, f"annotate/corpus/{name}.html", context)


def _erase(request: HttpRequest, slug: str, pk: int, thing: Thing) -> HttpResponse:
    """Show what an erasure would touch, and ask for it once the id is typed."""
    project = project_for(request.user, slug, Right.MANAGE)
    subject = subject_by(project, thing, str(pk))
    form = EraseForm(request.POST or None, subject=subject)
    if request.method == "POST" and form.is_valid():
        try:
            erasure = erasure_create(subject=subject, by=user_of(request), **form.arguments())
        except ValidationError as error:
            form.add_error(None, error)
        except ConflictError as error:
            form.add_error(None, str(error.detail))
        else:
            return redirect("annotate:erasure-detail", slug, erasure.pk)
    context = {
        "project": project, "subject": subject, "thing": thing, "form": form,
        "preview": erasure_preview(subject), "section": "projects", "tab": "queries",
    }  # fmt: skip
    return render(request, "annotate/corpus/erase.html", context)
