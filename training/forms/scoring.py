"""The form of a new scoring job, made from the one definition of its spec."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.forms import BoundField

from accounts.models import Project, User
from annotate.selectors.scoring import Scorables
from training.forms.again import Again
from training.forms.spec import said_here, spec_formfield
from training.services.scoring import version_checked
from training.spec.base import SpecError
from training.spec.score import ALL, UNJUDGED, ScoreSpec

FIRST: Final = ("base_model", "candidates", "per_query")
LABELS: Final[Mapping[str, str]] = {
    "base_model": "Version",
    "candidates": "Candidates",
    "per_query": "Of each query at most",
    "run": "Run",
    "backend": "Computed by",
    "batch_size": "Batch size",
}


class ScoreForm(forms.Form):
    """A new scoring job. The fields of the spec have the names of its keys."""

    def __init__(
        self,
        *args: Any,
        project: Project,
        user: User,
        there: Scorables,
        version: str = "",
        again: Again | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.user, self.there = project, user, there
        self.label_suffix = ""
        self.fields["base_model"] = forms.CharField(
            max_length=200,
            initial=version,
            help_text="A version of this registry: TEAM/NAME@v1 or TEAM/NAME@alias.",
            widget=forms.TextInput(attrs={"list": "versions", "class": "mono"}),
        )
        values = ScoreSpec().to_dict()
        for key in ScoreSpec.described():
            self.fields[key.name] = spec_formfield(key, values[key.name])
        which = self.fields["candidates"]
        assert isinstance(which, forms.ChoiceField), "a key with choices"
        which.choices = [
            (ALL, f"All: {there.all:,}"),
            (UNJUDGED, f"Without a judgment: {there.unjudged:,}"),
        ]
        which.help_text = "Judgments stay as they are; a score is none."
        for name, label in LABELS.items():
            self.fields[name].label = label
        if again is not None:
            again.fill(self.fields)

    def clean_base_model(self) -> str:
        name: str = self.cleaned_data["base_model"]
        with said_here("base_model"):
            version_checked(name, project=self.project, user=self.user)
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        names = [key.name for key in ScoreSpec.described()]
        try:
            ScoreSpec.from_dict({name: data[name] for name in names if name in data})
        except SpecError as error:
            for name, message in error.errors.items():
                self.add_error(name, message)
        return data

    def arguments(self) -> dict[str, Any]:
        """Return what `score_create` takes."""
        recipe = {key.name: self.cleaned_data[key.name] for key in ScoreSpec.described()}
        return {"base_model": self.cleaned_data["base_model"], "recipe": recipe}

    def first(self) -> list[BoundField]:
        """The fields that most people set."""
        return [self[name] for name in FIRST]

    def rest(self) -> list[BoundField]:
        """The other keys of the spec."""
        return [self[key.name] for key in ScoreSpec.described() if key.name not in FIRST]

    def rest_open(self) -> bool:
        """Whether one of the other keys is wrong."""
        return any(field.errors for field in self.rest())
