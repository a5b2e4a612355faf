"""Pages: lists of rerankers, a reranker, a version with its evidence."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, project_for
from accounts.middleware import PageRequest
from accounts.models import Project, User
from accounts.uploads import NoRoomError, room_needed, takes_files, upload_refusal
from accounts.views import GET_OR_POST, user_of
from models_app import selectors
from models_app.access import Access, reranker_access
from models_app.evidence import own_headline, summaries_of
from models_app.forms import AliasForm, ImportForm, RerankerForm, ReviewForm
from models_app.integrity import version_check
from models_app.models import Version
from models_app.pages import reranker_context, version_context
from models_app.promoting import GateRefusedError
from models_app.revisions import version_resolve
from models_app.services.importing import zip_publish
from models_app.services.rerankers import alias_move, reranker_update, review_add

PAGE_SIZE = 50


@require_safe
@login_required
def reranker_list(request: HttpRequest) -> HttpResponse:
    """All rerankers that the visitor may read."""
    search = request.GET.get("q", "").strip()
    rows = selectors.rerankers_visible(user_of(request), search=search)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "summaries": summaries_of(page),
        "page": page,
        "search": search,
        "section": "rerankers",
    }
    return render(request, "models_app/reranker_list.html", context)


@require_http_methods(GET_OR_POST)
@takes_files
def project_rerankers(request: HttpRequest, slug: str) -> HttpResponse:
    """The rerankers of one project, and the way in for a model that was made elsewhere."""
    project = project_for(request.user, slug, _right(request))
    form = ImportForm(request.POST or None, request.FILES or None)
    if refusal := upload_refusal(request):
        form.errors["file"] = form.error_class([refusal.message])
    if request.method == "POST" and form.is_valid():
        made = _imported(project, form, user_of(request))
        if made:
            return redirect("models_app:version", slug, made.reranker.name, made.number)
    form.focus_error()
    context = {
        "project": project,
        "form": form,
        "summaries": summaries_of(selectors.rerankers_of_project(project)),
        "section": "projects",
        "tab": "rerankers",
    }
    return render(request, "models_app/project_rerankers.html", context)


def _right(request: HttpRequest) -> Right:
    return Right.MANAGE if request.method == "POST" else Right.VIEW


def _imported(project: Project, form: ImportForm, by: User) -> Version | None:
    """Publish what came; None where the form says why it was refused."""
    name, upload = form.cleaned_data["name"], form.cleaned_data["file"]
    try:
        with room_needed():
            return zip_publish(project=project, name=name, upload=upload, created_by=by)
    except ValidationError as error:
        wrong = "name" if "name" in getattr(error, "message_dict", {}) else "file"
        form.add_error(wrong, error.messages)
    except NoRoomError as error:
        form.add_error("file", str(error))
    return None


@require_safe
def reranker(request: HttpRequest, team: str, name: str) -> HttpResponse:
    """A reranker: champion, aliases, versions, how to load it."""
    return _reranker_page(request, reranker_access(request.user, team, name))


@require_POST
def reranker_settings(request: HttpRequest, team: str, name: str) -> HttpResponse:
    """Change a reranker's description and whether it is public."""
    access = reranker_access(request.user, team, name, Right.MANAGE)
    form = RerankerForm(request.POST)
    if not form.is_valid():
        return _reranker_page(request, access, form)
    reranker_update(reranker=access.reranker, **form.cleaned_data)
    messages.success(request, "Saved.", extra_tags="good")
    return redirect("models_app:reranker", team, name)


@require_safe
def revision(
    request: HttpRequest, team: str, name: str, kind: str, revision: str, path: str = ""
) -> HttpResponse:
    """The page of the version that a hub's own address names."""
    found = reranker_access(request.user, team, name).reranker
    try:
        named = version_resolve(found, revision, light=True)
    except Version.DoesNotExist as error:
        raise Http404(str(error)) from error
    return redirect("models_app:version", team, name, named.number)


@require_http_methods(GET_OR_POST)
def version(request: HttpRequest, team: str, name: str, number: int) -> HttpResponse:
    """A version with its evidence; its forms come here, so that a refusal has its address."""
    if request.method == "POST":
        answer = version_review if "verdict" in request.POST else version_alias
        return answer(request, team, name, number)
    access = reranker_access(request.user, team, name)
    return _version_page(request, access, _version(access, number))


@require_http_methods(GET_OR_POST)
def version_alias(request: HttpRequest, team: str, name: str, number: int) -> HttpResponse:
    """Point an alias at this version; its form is on the version's page."""
    if request.method != "POST":
        return _to_version(team, name, number, "aliases")
    access = reranker_access(request.user, team, name, Right.MANAGE)
    found, form = _version(access, number), AliasForm(request.POST)
    if form.is_valid():
        alias, reason = form.cleaned_data["alias"], form.cleaned_data["reason"]
        try:
            alias_move(
                reranker=access.reranker,
                name=alias,
                version=found,
                reason=reason,
                moved_by=user_of(request),
            )
        except ValidationError as error:
            form.add_error(None, error)
        except GateRefusedError as error:
            form.add_error(None, list(error.reasons))
        else:
            messages.success(request, f"{alias} is {found.tag} now.", extra_tags="good")
            return redirect("models_app:version", team, name, number)
    return _version_page(request, access, found, alias_form=form)


@require_http_methods(GET_OR_POST)
def version_review(request: HttpRequest, team: str, name: str, number: int) -> HttpResponse:
    """Add a review of this version; its form is on the version's page."""
    if request.method != "POST":
        return _to_version(team, name, number, "reviews")
    access = reranker_access(request.user, team, name, Right.REVIEW)
    found, form = _version(access, number), ReviewForm(request.POST)
    if form.is_valid():
        try:
            review_add(version=found, reviewer=user_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "Your review is in.", extra_tags="good")
            return redirect("models_app:version", team, name, number)
    return _version_page(request, access, found, review_form=form)


@require_POST
def version_verify(request: PageRequest, team: str, name: str, number: int) -> HttpResponse:
    """Re-hash every file of this version and say what was found."""
    access = reranker_access(request.user, team, name, Right.REVIEW)
    checks = version_check(_version(access, number))
    problems = [check for check in checks if check.problem]
    if request.htmx:
        context = {"checks": checks, "problems": problems}
        return render(request, "models_app/_verified.html", context)
    for check in problems:
        messages.error(request, f"{check.path}: {check.problem}", extra_tags="bad")
    if not problems:
        messages.success(request, "All files are as published.", extra_tags="good")
    return redirect("models_app:version", team, name, number)


def _to_version(team: str, name: str, number: int, part: str) -> HttpResponse:
    return redirect(f"{reverse('models_app:version', args=[team, name, number])}#{part}")


def _version(access: Access, number: int) -> Version:
    try:
        return selectors.version_get(access.reranker, number)
    except Version.DoesNotExist as error:
        raise Http404(str(error)) from error


def _reranker_page(
    request: HttpRequest, access: Access, form: RerankerForm | None = None
) -> HttpResponse:
    versions = selectors.versions_of(access.reranker).defer("facts", "lineage")
    page = Paginator(versions, PAGE_SIZE).get_page(request.GET.get("page"))
    context = reranker_context(access) | {
        "page": page,
        "rows": [(version, own_headline(version)) for version in page],
        "mixed": len({version.snapshot_digest for version in page}) > 1,
        "form": form or RerankerForm(instance=access.reranker),
    }
    return render(request, "models_app/reranker.html", context)


def _version_page(
    request: HttpRequest,
    access: Access,
    found: Version,
    *,
    alias_form: AliasForm | None = None,
    review_form: ReviewForm | None = None,
) -> HttpResponse:
    for form in (alias_form, review_form):
        if form is not None:
            form.focus_error()
    context = version_context(access, found) | {
        "alias_form": alias_form or AliasForm(),
        "review_form": review_form or ReviewForm(),
    }
    return render(request, "models_app/version.html", context)
