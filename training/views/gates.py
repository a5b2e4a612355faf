"""Gates of aliases: a project's, and what they say of a version."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, member_for, project_for
from accounts.views import GET_OR_POST, user_of
from models_app.access import reranker_access
from models_app.models import CHAMPION, Version
from models_app.selectors import version_get
from training.forms.gates import GateForm
from training.selectors.gates import gates_of, standings_of
from training.services.gates import gate_remove, gate_set
from training.views.frame import frame


@require_http_methods(GET_OR_POST)
def gate_list(request: HttpRequest, slug: str) -> HttpResponse:
    """A project's gates, and for who manages it the form; `?alias=` is the one to change, else
    the champion's: a form that says nothing of a gate would take away what it asks."""
    post = request.method == "POST"
    member = member_for(request.user, slug, Right.MANAGE if post else Right.VIEW)
    gates = list(gates_of(member.project))
    wanted = request.GET.get("alias", CHAMPION)
    chosen = next((gate for gate in gates if gate.alias == wanted), None)
    form = GateForm(request.POST or None, project=member.project, gate=chosen)
    if post and form.is_valid():
        try:
            gate = gate_set(
                project=member.project, changed_by=user_of(request), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{gate.alias} has its gate.", extra_tags="good")
            return redirect("gates", slug)
    context = {**frame(member), "tab": "rerankers", "gates": gates, "form": form, "chosen": chosen}
    return render(request, "training/gate_list.html", context)


@require_POST
def gate_delete(request: HttpRequest, slug: str, alias: str) -> HttpResponse:
    """Take the gate of an alias away."""
    project = project_for(request.user, slug, Right.MANAGE)
    if not gate_remove(project=project, alias=alias):
        raise Http404("This alias has no gate.")
    messages.success(request, f"{alias} is free now.", extra_tags="good")
    return redirect("gates", slug)


@require_safe
def version_gates(request: HttpRequest, slug: str, name: str, number: int) -> HttpResponse:
    """What the gates of a project would say of a version now, for its page."""
    access = reranker_access(request.user, slug, name)
    if not access.member:
        raise Http404("There is no such project.")
    try:
        version = version_get(access.reranker, number)
    except Version.DoesNotExist as error:
        raise Http404(str(error)) from error
    context = {"standings": standings_of(version), "project": version.reranker.project}
    return render(request, "training/_version_gates.html", context)
