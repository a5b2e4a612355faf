"""Pages: login by owner link or password, projects, members, tokens."""

import math
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors, services
from accounts.access import Right, member_for, project_for
from accounts.forms import (
    DeleteForm,
    MemberForm,
    NewProjectForm,
    NewSchemeForms,
    OwnerForm,
    PasswordForm,
    SchemeForms,
    SettingsForm,
    TokenForm,
)
from accounts.markdown import markdown_html
from accounts.models import OwnerLink, Project, User
from accounts.throttling import login_attempt, login_success

GET_OR_POST = ["GET", "HEAD", "POST"]


class Login(LoginView):
    """The login; who fails too often waits."""

    template_name = "accounts/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wait = login_attempt(request=request, name=request.POST.get("username", ""))
        if not wait:
            return super().post(request, *args, **kwargs)
        form = self.get_form_class()(request, initial={"username": request.POST.get("username")})
        context = self.get_context_data(form=form, minutes=math.ceil(wait / 60))
        response = render(request, self.template_name, context, status=429)
        response["Retry-After"] = str(wait)
        return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        login_success(
            request=self.request, response=response, name=self.request.POST.get("username", "")
        )
        return response


class PasswordChange(PasswordChangeView):
    """A new password; it ends all other sessions of the user, tokens stay."""

    template_name = "accounts/password_change.html"
    form_class = PasswordForm
    success_url = reverse_lazy("accounts:token-list")
    extra_context = {"section": "tokens"}

    def form_valid(self, form: Any) -> HttpResponse:
        said = "Your password was changed; all other sessions have ended."
        messages.success(self.request, said, extra_tags="good")
        return super().form_valid(form)


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The visitor's projects; where each stands is counted by a fragment that follows."""
    rows = [(member, None) for member in selectors.memberships_of(user_of(request))]
    return render(request, "accounts/home.html", {"rows": rows, "section": "projects"})


@require_http_methods(GET_OR_POST)
def welcome(request: HttpRequest, secret: str) -> HttpResponse:
    """The one-time link of a fresh installation; looking at it, as scanners do, uses nothing up."""
    if not selectors.owner_link_open(secret):
        return render(request, "accounts/welcome_used.html", status=410)
    form = OwnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = services.owner_link_use(secret=secret, **form.cleaned_data)
        except OwnerLink.DoesNotExist:
            return render(request, "accounts/welcome_used.html", status=410)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            login(request, user)
            return redirect("accounts:home")
    return render(request, "accounts/welcome.html", {"form": form})


@require_http_methods(GET_OR_POST)
@login_required
def project_new(request: HttpRequest) -> HttpResponse:
    """A new project with its label scheme."""
    form, grades = NewProjectForm(request.POST or None), NewSchemeForms(request.POST or None)
    problems: list[str] = []
    # Both are checked, so that everything wrong is said at once.
    if request.method == "POST" and all([form.is_valid(), grades.is_valid()]):
        try:
            project = services.project_create(
                owner=user_of(request), grades=grades.wanted(), **form.cleaned_data
            )
        except ValidationError as error:
            problems = form.take(error, apart="label_scheme")
        else:
            return redirect("accounts:project", project.slug)
    context = {
        "form": form,
        "forms": grades,
        "problems": [*grades.non_form_errors(), *problems],
        "section": "projects",
    }
    return render(request, "accounts/project_new.html", context)


@require_safe
def project(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug)
    context = {
        "project": member.project,
        "role": member.role,
        "guidelines": markdown_html(member.project.guidelines),
        "members": selectors.members_of(member.project),
        "section": "projects",
        "tab": "overview",
    }
    return render(request, "accounts/project.html", context)


@require_http_methods(GET_OR_POST)
def project_settings(request: HttpRequest, slug: str) -> HttpResponse:
    project = project_for(request.user, slug, Right.MANAGE)
    form = SettingsForm(request.POST or None, instance=project)
    if request.method == "POST" and form.is_valid():
        services.project_update(project=project, **form.changed())
        messages.success(request, "Saved.", extra_tags="good")
        return redirect("accounts:project-settings", slug)
    return _settings_page(request, project, form, MemberForm())


@require_http_methods(GET_OR_POST)
def project_scheme(request: HttpRequest, slug: str) -> HttpResponse:
    """The label scheme, grade by grade."""
    project = project_for(request.user, slug, Right.MANAGE)
    grades, problems = selectors.scheme_used(project), []
    forms = SchemeForms(request.POST or None, grades=grades)
    if request.method == "POST" and forms.is_valid():
        try:
            services.project_update(project=project, grades=forms.wanted())
        except ValidationError as error:
            problems = error.messages
        else:
            messages.success(request, "The label scheme was saved.", extra_tags="good")
            return redirect("accounts:project-scheme", slug)
    context = {
        "project": project,
        "forms": forms,
        "problems": [*forms.non_form_errors(), *problems],
        "section": "projects",
        "tab": "settings",
    }
    return render(request, "accounts/project_scheme.html", context)


@require_http_methods(GET_OR_POST)
def project_delete(request: HttpRequest, slug: str) -> HttpResponse:
    """What would go with a project, and its end once the slug is typed."""
    project = project_for(request.user, slug, Right.OWN)
    form = DeleteForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        services.project_delete(project=project)
        messages.success(request, f"{project.name} was deleted.", extra_tags="good")
        return redirect("accounts:home")
    context = {
        "project": project,
        "form": form,
        "contents": selectors.project_contents(project),
        "section": "projects",
        "tab": "settings",
    }
    return render(request, "accounts/project_delete.html", context)


@require_http_methods(GET_OR_POST)
def member_add(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a member or change their role; what is wrong is said in the form, on the settings."""
    if request.method != "POST":
        return redirect(f"{reverse('accounts:project-settings', args=[slug])}#members")
    by = member_for(request.user, slug, Right.MANAGE)
    form = MemberForm(request.POST)
    if form.is_valid():
        try:
            member = services.member_set(project=by.project, by=by, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            said = f"{member.user.username} is {member.get_role_display().lower()} here now."
            messages.success(request, said, extra_tags="good")
            # Who changed their own role may have given up the settings.
            own = member.user == request.user
            return redirect("accounts:project" if own else "accounts:project-settings", slug)
    form.fields["user"].widget.attrs["autofocus"] = True  # on a phone it is far down
    return _settings_page(request, by.project, SettingsForm(instance=by.project), form)


@require_http_methods(GET_OR_POST)
def member_remove(request: HttpRequest, slug: str, username: str) -> HttpResponse:
    """Ask whether a member is to go, and let them go."""
    by = member_for(request.user, slug, Right.MANAGE)
    member, problems = selectors.member_by(by.project, username), []
    if request.method == "POST":
        try:
            services.member_remove(project=by.project, user=member.user, by=by)
        except ValidationError as error:
            problems = error.messages
        else:
            said = f"{member.user.username} is no longer a member of {by.project.name}."
            messages.success(request, said, extra_tags="good")
            if member.user == request.user:
                return redirect("accounts:home")
            return redirect("accounts:project-settings", slug)
    context = {
        "project": by.project,
        "member": member,
        "problems": problems,
        "section": "projects",
        "tab": "settings",
    }
    return render(request, "accounts/member_remove.html", context)


@require_http_methods(GET_OR_POST)
@login_required
def token_list(request: HttpRequest) -> HttpResponse:
    user, form, issued = user_of(request), TokenForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["days"]
        issued = services.token_create(
            user=user,
            name=form.cleaned_data["name"],
            scope=form.cleaned_data["scope"],
            expires_in=timedelta(days=days) if days else None,
            default_model=form.cleaned_data["default_model"],
        )
        form = TokenForm()
    context = {"form": form, "issued": issued, "tokens": user.tokens.all(), "section": "tokens"}
    return render(request, "accounts/token_list.html", context)


@require_http_methods(GET_OR_POST)
@login_required
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether a token is to end, and end it."""
    token = selectors.token_by(user_of(request), pk)
    if request.method == "POST":
        services.token_revoke(token=token)
        messages.success(request, f"{token.name} was revoked.", extra_tags="good")
        return redirect("accounts:token-list")
    return render(request, "accounts/token_revoke.html", {"token": token, "section": "tokens"})


def user_of(request: HttpRequest) -> User:
    """Return the logged-in user; for views behind `login_required`."""
    if not isinstance(request.user, User):
        raise TypeError("this view is only for logged-in users")
    return request.user


def _settings_page(
    request: HttpRequest, project: Project, form: SettingsForm, member_form: MemberForm
) -> HttpResponse:
    context = {
        "project": project,
        "form": form,
        "member_form": member_form,
        "members": selectors.members_of(project),
        "section": "projects",
        "tab": "settings",
    }
    return render(request, "accounts/project_settings.html", context)
