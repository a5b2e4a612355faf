"""What must be trained anew without a judge, a query or a passage."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Right, member_for
from accounts.models import Project, User
from training.selectors.reach import Reach, judge_reach, passage_reach, query_reach
from training.views.frame import frame


class ReachForm(forms.Form):
    """Whose reach is asked for; the first of the three that is given."""

    judge = forms.ModelChoiceField(
        User.objects.none(), required=False, to_field_name="username", empty_label="nobody"
    )
    query = forms.CharField(required=False, help_text="Its id in snapshots and exports.")
    passage = forms.CharField(required=False, help_text="Its id in snapshots and exports.")

    def __init__(self, data: object, project: Project) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.label_suffix = ""
        judges = User.objects.filter(judgments__project=project).distinct().order_by("username")
        chosen = self.fields["judge"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = judges


@require_safe
def reach(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a judge, a query or a passage, and show the versions that learned from it."""
    member = member_for(request.user, slug, Right.REVIEW)
    form = ReachForm(request.GET or None, member.project)
    found, named = _found(form, member.project) if form.is_valid() else (None, "")
    context = {**frame(member), "tab": "rerankers", "form": form, "found": found, "named": named}
    return render(request, "training/reach.html", context)


def _found(form: ReachForm, project: Project) -> tuple[Reach | None, str]:
    said = form.cleaned_data
    if said["judge"]:
        return judge_reach(project, said["judge"]), said["judge"].display_name
    if said["query"]:
        return query_reach(project, said["query"]), f"query {said['query']}"
    if said["passage"]:
        return passage_reach(project, said["passage"]), f"passage {said['passage']}"
    return None, ""
