"""Forms of the accounts pages."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any, cast

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.card_fields import LICENSES
from accounts.models import Grade, Project, Role, Scope, User
from accounts.names import NAME_MAX_LENGTH, validate_top_name

SCHEME_HELP = "One grade a line, worst first: value, name, and optionally what it means."
LENGTH_HELP = "At least 10 characters."


class OwnerForm(forms.Form):
    """The first visitor's user name and password."""

    username = forms.CharField(max_length=NAME_MAX_LENGTH, validators=[validate_top_name])
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=LENGTH_HELP,
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class PasswordForm(PasswordChangeForm):
    """The old password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = LENGTH_HELP
        self.fields["new_password2"].help_text = ""
        self.fields["new_password2"].label = "New password again"


class ProjectForm(forms.ModelForm[Project]):
    """A project's settings."""

    class Meta:
        model = Project
        fields = [
            "name", "description", "guidelines", "overlap", "blind", "language", "license",
            "sample_texts",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "license": forms.Select(
                choices=[("", "Not stated"), *((name, name) for name in LICENSES)]
            ),
        }


class SettingsForm(ProjectForm):
    """The settings of a project that exists; it may be closed.

    Every field carries what the page showed, so that `changed` knows what this person has changed:
    what a colleague has saved since stays as they left it.
    """

    closed = forms.BooleanField(
        required=False, help_text="Nothing more is handed out to be judged; everything stays."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["closed"].initial = self.instance.closed
        for field in self.fields.values():
            field.show_hidden_initial = True

    def changed(self) -> dict[str, Any]:
        """Return the valid values that differ from those that the page had shown."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


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
    if not re.fullmatch("[0-9]", value.strip()):
        raise ValidationError(
            "Write each line as number, name with a comma between, the number from 0 to 9:"
            f" {line.strip()[:60]!r}"
        )
    return {"value": int(value), "name": name.strip(), "description": description.strip()}


class GradeForm(forms.Form):
    """One grade of a label scheme; what is left empty follows from the value."""

    value = forms.IntegerField(min_value=0, max_value=9)
    name = forms.CharField(max_length=60)
    description = forms.CharField(max_length=200, required=False)
    gain = forms.FloatField(min_value=0, required=False)
    target = forms.FloatField(min_value=0, max_value=1, required=False)
    relevant = forms.BooleanField(required=False)


class SchemeFormSet(forms.BaseFormSet[GradeForm]):
    """A label scheme as rows of a table: those that are there, which may go, and one to add."""

    def __init__(self, data: QueryDict | None = None, *, grades: Sequence[Grade] = ()) -> None:
        names = GradeForm.base_fields
        initial = [{name: _plain(getattr(grade, name)) for name in names} for grade in grades]
        super().__init__(data, initial=initial)
        self.grades = grades

    def add_fields(self, form: GradeForm, index: int | None) -> None:
        super().add_fields(form, index)
        known = index is not None and index < self.initial_form_count()
        row = "the new grade" if not known else f"row {(index or 0) + 1}"
        for name, field in form.fields.items():
            field.widget.attrs["aria-label"] = f"{name.capitalize()} of {row}"
        if known:  # a grade keeps its number: judgments have been made under it
            form.fields["value"].widget = forms.HiddenInput()

    def rows(self) -> Iterator[tuple[GradeForm, Grade | None]]:
        """Yield each form with the grade that it is about, None for the one to add."""
        yield from zip_longest(self.forms, self.grades[: self.initial_form_count()])

    def wanted(self) -> list[dict[str, Any]]:
        """Return the label scheme that was asked for; for a valid form set."""
        kept = [form.cleaned_data for form in self.forms if not form.cleaned_data.get("DELETE")]
        return [
            {name: row[name] for name in GradeForm.base_fields if row[name] is not None}
            for row in kept
            if row
        ]


def _plain(value: Any) -> Any:
    """Return a whole number as it is written by people."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_made = forms.formset_factory(
    GradeForm, formset=SchemeFormSet, extra=1, can_delete=True, max_num=10, absolute_max=11
)
SchemeForms = cast("type[SchemeFormSet]", _made)


class DeleteForm(forms.Form):
    """The project's slug, typed by whoever wants it gone."""

    slug = forms.CharField(
        label="Type the project's slug", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        self.fields["slug"].help_text = f"It is {project.slug}."

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug != self.project.slug:
            raise ValidationError("This is not the slug of this project; nothing was deleted.")
        return slug


class MemberForm(forms.Form):
    """A user and the role they get."""

    user = forms.ModelChoiceField(
        User.objects.all(), to_field_name="username", widget=forms.TextInput
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.ANNOTATOR)

    user.error_messages["invalid_choice"] = (
        "There is no user “%(value)s”. On the server, this makes one: "
        ".venv/bin/python manage.py create_user NAME"
    )


class TokenForm(forms.Form):
    """A token's name, scope and life in days."""

    name = forms.CharField(max_length=80, help_text="What will use it.")
    scope = forms.ChoiceField(choices=Scope.choices)
    days = forms.IntegerField(
        min_value=1, max_value=3650, required=False, label="Days until it expires",
        help_text="Empty: it does not expire.",
    )  # fmt: skip
