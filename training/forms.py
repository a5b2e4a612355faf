"""The form of a new job, made from the one definition of a recipe."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.models import Project, User
from accounts.names import NAME_MAX_LENGTH, validate_name
from annotate.models import Snapshot, SnapshotStatus
from annotate.splitting import shares_text
from training.base_models import DEFAULT, base_checked
from training.services.jobs import DEFAULT_RERANKER, snapshot_trainable
from training.spec import PRESETS, TrainSpec
from training.spec_base import SpecError
from training.spec_field import Group, SpecField

# What most people set; everything else is folded away.
FIRST: Final = (
    "num_train_epochs", "per_device_train_batch_size", "learning_rate", "max_length",
)  # fmt: skip
GROUPS: Final[Mapping[Group, str]] = {
    "training": "More on training",
    "evaluation": "Evaluation",
    "texts": "Texts and templates",
}


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that are shown together; folded ones open by themselves where one is wrong."""

    title: str
    fields: list[BoundField]
    open: bool


class SnapshotChoice(forms.ModelChoiceField[Snapshot]):
    """Ready snapshots, told apart even where the same judgments were frozen twice."""

    def label_from_instance(self, obj: Snapshot) -> str:
        queries = obj.statistics.get("queries", 0)
        parts = [
            f"#{obj.pk}",
            f"{obj.frozen_at or obj.created_at:%Y-%m-%d %H:%M} UTC",
            f"{obj.pairs:,} pairs, {queries:,} queries",
            shares_text(obj.splits) if obj.splits else "",
            f"by {obj.created_by.display_name}" if obj.created_by else "",
            (obj.digest or "")[:8],
        ]
        return " · ".join(part for part in parts if part)


class JobForm(forms.Form):
    """A new job. The fields of the recipe have the names of its keys."""

    def __init__(
        self, *args: Any, project: Project, user: User, preset: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.user = project, user
        self.label_suffix = ""
        chosen = PRESETS.get(preset)
        ready = Snapshot.objects.filter(project=project, status=SnapshotStatus.READY)
        ready = ready.select_related("created_by").order_by("-pk")
        self.fields["snapshot"] = SnapshotChoice(
            ready, empty_label=None, initial=ready.first(), help_text="What to learn from."
        )
        self.fields["base_model"] = forms.CharField(
            max_length=200,
            initial=chosen.base_model if chosen else DEFAULT,
            help_text="On the Hub, a version of this registry (TEAM/NAME@v1 or TEAM/NAME@alias), "
            "or a folder's path.",
            widget=forms.TextInput(attrs={"list": "base-models", "class": "mono"}),
        )
        self.fields["reranker"] = forms.CharField(
            max_length=NAME_MAX_LENGTH,
            validators=[validate_name],
            initial=DEFAULT_RERANKER,
            help_text="The name to publish under; a new name makes a new reranker.",
            widget=forms.TextInput(attrs={"class": "mono"}),
        )
        values = (chosen.spec if chosen else TrainSpec()).to_dict()
        for key in TrainSpec.keys():
            self.fields[key.name] = _FIELDS[key.kind](key, values[key.name])

    def clean_snapshot(self) -> Snapshot:
        snapshot: Snapshot = self.cleaned_data["snapshot"]
        with _said_here("snapshot"):
            snapshot_trainable(snapshot)
        return snapshot

    def clean_base_model(self) -> str:
        name: str = self.cleaned_data["base_model"]
        with _said_here("base_model"):
            base_checked(name, project=self.project, user=self.user)
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        recipe = {key.name: data[key.name] for key in TrainSpec.keys() if key.name in data}
        try:
            data["recipe"] = TrainSpec.from_dict(recipe).to_dict()
        except SpecError as error:
            for name, message in error.errors.items():
                self.add_error(name, message)
        return data

    def arguments(self) -> dict[str, Any]:
        """Return what `job_create` takes."""
        names = ("snapshot", "base_model", "reranker", "recipe")
        return {name: self.cleaned_data[name] for name in names}

    def heads(self) -> list[BoundField]:
        """The fields that every job needs."""
        return [self[name] for name in ("snapshot", "base_model", "reranker")]

    def first(self) -> list[BoundField]:
        """The keys of the recipe that most people set."""
        return [self[name] for name in FIRST]

    def sections(self) -> list[Section]:
        """The other keys of the recipe, by group."""
        found = []
        for group, title in GROUPS.items():
            names = [key.name for key in TrainSpec.keys() if key.group == group]
            fields = [self[name] for name in names if name not in FIRST]
            found.append(Section(title, fields, any(field.errors for field in fields)))
        return found


@contextmanager
def _said_here(field: str) -> Iterator[None]:
    """Turn what a service says of a field into an error of the field that is being cleaned."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError(error.error_dict[field]) from error


def _integer(key: SpecField, initial: Any) -> forms.Field:
    return forms.IntegerField(
        **_common(key, initial), min_value=_whole(key.minimum), max_value=_whole(key.maximum)
    )


def _number(key: SpecField, initial: Any) -> forms.Field:
    field = forms.FloatField(**_common(key, initial), min_value=key.minimum, max_value=key.maximum)
    field.widget.attrs["step"] = "any"
    return field


def _boolean(key: SpecField, initial: Any) -> forms.Field:
    return forms.BooleanField(**_common(key, initial) | {"required": False})


def _choice(key: SpecField, initial: Any) -> forms.Field:
    return forms.ChoiceField(
        **_common(key, initial), choices=[(name, name) for name in key.choices]
    )


def _text(key: SpecField, initial: Any) -> forms.Field:
    # Spaces at the ends of a template are meant.
    widget = forms.TextInput(attrs={"class": "mono"})
    return forms.CharField(**_common(key, initial), strip=key.kind != "template", widget=widget)


def _common(key: SpecField, initial: Any) -> dict[str, Any]:
    return {
        "label": key.name,
        "help_text": _help(key.help),
        "initial": initial,
        "required": not key.nullable,
    }


def _help(text: str) -> SafeString:
    """Return a key's help for a form: names in backticks as code; what is null is left empty."""
    parts = re.split(r"`([^`]+)`", text.replace("null:", "empty:"))
    rows = ((part, "code" if place % 2 else "span") for place, part in enumerate(parts) if part)
    return format_html_join("", "<{1}>{0}</{1}>", rows)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


_FIELDS: Final[Mapping[str, Callable[[SpecField, Any], forms.Field]]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "choice": _choice,
    "text": _text,
    "template": _text,
}
