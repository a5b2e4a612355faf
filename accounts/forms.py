"""Forms of the accounts pages."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, cast

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.card_fields import LICENSES
from accounts.models import Grade, Project, Role, Scope, User
from accounts.names import NAME_MAX_LENGTH, validate_model_name, validate_top_name

GUIDELINES_HELP = (
    "Markdown; shown beside every item that is judged. Pages load nothing from elsewhere, so an"
    " image becomes a link."
)
NEW_GRADES: Final = 5
LENGTH_HELP = "At least 10 characters."


class OwnerForm(forms.Form):
    """The first visitor's user name and password."""

    username = forms.CharField(max_length=NAME_MAX_LENGTH, validators=[validate_top_name])
    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "data-reveal": ""}),
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
            "sample_texts", "hourly_cost", "currency",
            "running_jobs", "waiting_jobs",
        ]  # fmt: skip
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "license": forms.Select(
                choices=[("", "Not stated"), *((name, name) for name in LICENSES)]
            ),
        }
        help_texts = {"guidelines": GUIDELINES_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"overlap", "running_jobs", "waiting_jobs"} & self.fields.keys():
            self.fields[name].widget.attrs["min"] = 1  # as the model wants; its column takes 0


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
    """A new project: its slug and settings; its label scheme is a form set of its own."""

    class Meta(ProjectForm.Meta):
        fields = ["slug", "name", "description", "overlap", "blind", "guidelines"]
        help_texts = {
            **ProjectForm.Meta.help_texts,
            "slug": "Stands in addresses and before the name of each of its models.",
        }

    def take(self, error: ValidationError, *, apart: str) -> list[str]:
        """Show a refusal beside its fields; return what was said of one that is elsewhere."""
        found = error.error_dict.pop(apart, [])
        self.add_error(None, error)
        return ValidationError(found).messages


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
        initial = [{name: _short(getattr(grade, name)) for name in names} for grade in grades]
        super().__init__(data, initial=initial)
        self.grades = grades

    def add_fields(self, form: GradeForm, index: int | None) -> None:
        super().add_fields(form, index)
        known = index is not None and index < self.initial_form_count()
        row = f"row {(index or 0) + 1}" if known or self.extra > 1 else "the new grade"
        for name, field in form.fields.items():
            field.widget.attrs["aria-label"] = f"{name.capitalize()} of {row}"
        if known:  # a grade keeps its number: judgments have been made under it
            form.fields["value"].widget = forms.HiddenInput()

    def rows(self) -> Iterator[tuple[GradeForm, Grade | None]]:
        """Yield each form with the grade that it is about, None for the one to add."""
        yield from zip_longest(self.forms, self.grades[: self.initial_form_count()])

    def wanted(self) -> list[dict[str, Any]]:
        """Return the label scheme that was asked for; for a valid form set.

        A figure that stands as it was shown, rounded, keeps the digits that were not.
        """
        found = []
        for form, grade in self.rows():
            row = form.cleaned_data
            if not row or row.get("DELETE"):
                continue
            for name in ("gain", "target"):
                if grade is not None and row[name] == _short(getattr(grade, name)):
                    row[name] = getattr(grade, name)
            filled = [name for name in GradeForm.base_fields if row[name] is not None]
            found.append({name: row[name] for name in filled})
        return found


class NewSchemeFormSet(SchemeFormSet):
    """The label scheme of a project to be made: two grades, and rows for more.

    A row that stays as it is offered, without a name, is no grade.
    """

    OFFERED: Final[Sequence[Mapping[str, Any]]] = (
        {"value": 0, "name": "Not relevant", "relevant": False},
        {"value": 1, "name": "Relevant", "relevant": True},
        *({"value": value, "relevant": True} for value in range(2, NEW_GRADES)),
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.initial = self.OFFERED

    def initial_form_count(self) -> int:
        return 0  # none is there yet: all are read, and all may change their number


def _short(value: Any) -> Any:
    """Return a number as people write it: a whole one without a point, others with four digits."""
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else round(value, 4)


_made = forms.formset_factory(
    GradeForm, formset=SchemeFormSet, extra=1, can_delete=True, max_num=10, absolute_max=11
)
SchemeForms = cast("type[SchemeFormSet]", _made)
_made_new = forms.formset_factory(
    GradeForm,
    formset=NewSchemeFormSet,
    extra=NEW_GRADES - 2,
    min_num=2,
    max_num=10,
    absolute_max=11,
)
NewSchemeForms = cast("type[NewSchemeFormSet]", _made_new)


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
    default_model = forms.CharField(
        max_length=200, required=False, validators=[validate_model_name],
        help_text="TEAM/RERANKER, for rerank clients that name no model. Usually empty.",
    )  # fmt: skip
