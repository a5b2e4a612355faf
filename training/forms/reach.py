"""The form that asks what a judge, a query or a passage has reached."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.models import Project, User


class ReachForm(forms.Form):
    """Whose reach is asked for; the first of the three that is given."""

    judge = forms.ModelChoiceField(
        User.objects.none(), required=False, to_field_name="username", empty_label="nobody"
    )
    query = forms.CharField(required=False, help_text="Its id in snapshots and exports.")
    passage = forms.CharField(required=False, help_text="Its id in snapshots and exports.")

    def __init__(self, data: Mapping[str, Any] | None, project: Project) -> None:
        super().__init__(data)
        self.label_suffix = ""
        judges = User.objects.filter(judgments__project=project).distinct().order_by("username")
        chosen = self.fields["judge"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = judges
