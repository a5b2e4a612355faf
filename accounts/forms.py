"""Forms of the accounts pages."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import Project, Role, Scope, User
from accounts.names import NAME_MAX_LENGTH, validate_top_name

SCHEME_HELP = "One grade a line, worst first: value, name, and optionally what it means."


class OwnerForm(forms.Form):
    """The first visitor's user name and password."""

    username = forms.CharField(max_length=NAME_MAX_LENGTH, validators=[validate_top_name])
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters.",
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class ProjectForm(forms.ModelForm[Project]):
    """A project's settings."""

    class Meta:
        model = Project
        fields = [
            "name", "description", "guidelines", "overlap", "blind", "language", "license",
            "sample_texts",
        ]  # fmt: skip
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}


class SettingsForm(ProjectForm):
    """The settings of a project that exists; it may be closed."""

    closed = forms.BooleanField(
        required=False, help_text="Nothing more is handed out to be judged; everything stays."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closed"].initial = self.instance.closed


class NewProjectForm(ProjectForm):
    """A new project: its settings, slug and label scheme."""

    label_scheme = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4, "class": "mono"}),
        initial="0, Not relevant\n1, Relevant",
        help_text=SCHEME_HELP,
    )

    class Meta(ProjectForm.Meta):
        fields = ["slug", "name", "description", "guidelines", "overlap", "blind"]
        help_texts = {"slug": "Stands in addresses and before the name of each of its models."}

    field_order = ["slug", "name", "description", "label_scheme", "overlap", "blind", "guidelines"]

    def clean_label_scheme(self) -> list[dict[str, Any]]:
        lines = self.cleaned_data["label_scheme"].splitlines()
        return [_grade_line(line) for line in lines if line.strip()]


def _grade_line(line: str) -> dict[str, Any]:
    value, _, rest = line.partition(",")
    name, _, description = rest.partition(",")
    if not value.strip().isdigit():
        raise ValidationError(f"Start each line with the grade's number: {line.strip()!r}")
    return {"value": int(value), "name": name.strip(), "description": description.strip()}


class MemberForm(forms.Form):
    """A user and the role they get."""

    user = forms.ModelChoiceField(
        User.objects.all(), to_field_name="username", widget=forms.TextInput
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)

    user.error_messages["invalid_choice"] = "There is no user of this name."


class TokenForm(forms.Form):
    """A token's name, scope and life in days."""

    name = forms.CharField(max_length=80, help_text="What will use it.")
    scope = forms.ChoiceField(choices=Scope.choices)
    days = forms.IntegerField(
        min_value=1, max_value=3650, required=False, label="Days until it expires",
        help_text="Empty: it does not expire.",
    )  # fmt: skip
