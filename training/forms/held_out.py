"""The form of a new learning curve or check of labels, made from the one definition of its spec."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.forms import BoundField

from accounts.models import Project, User
from annotate.models import Snapshot, SnapshotStatus
from training.forms.again import Again
from training.forms.jobs import GROUPS, SnapshotChoice
from training.forms.on_snapshot import OnSnapshotForm
from training.forms.spec import Section, language_choices, spec_formfield
from training.ml.errors import DataError
from training.selectors.held_out import cost_told
from training.services.jobs import snapshot_learnable
from training.spec.base import SpecError
from training.spec.field import Group
from training.spec.held_out import ALL, LEARNING, CurveSpec, DoubtSpec
from training.spec.presets import PRESETS, held_out_preset

LABELS: Final[Mapping[str, str]] = {
    "sizes": "Sizes",
    "repeats": "Draws (repeats)",
    "folds": "Parts (folds)",
    "gain": "Wanted rise of nDCG@10",
    "checked": "Labels",
    "most": "Doubts kept",
}
OFFERED: Final = ("quick", "balanced")  # the others look at dev, or are of a published recipe


class HeldOutForm(OnSnapshotForm):
    """A new job that holds queries out. The fields of the spec have the names of its keys."""

    snapshot_check = staticmethod(snapshot_learnable)

    def __init__(
        self,
        *args: Any,
        project: Project,
        user: User,
        kind: type[CurveSpec | DoubtSpec],
        preset: str = "",
        again: Again | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.user, self.kind, self.again = project, user, kind, again
        self.label_suffix = ""
        name = preset if preset in OFFERED else OFFERED[0]
        self.preset: CurveSpec | DoubtSpec = held_out_preset(name, kind)
        ready = Snapshot.objects.filter(project=project, status=SnapshotStatus.READY)
        ready = ready.select_related("created_by").order_by("-pk")
        self.fields["snapshot"] = SnapshotChoice(
            ready, empty_label=None, initial=ready.first(), help_text="Whose labels it is about."
        )
        self.fields["base_model"] = forms.CharField(
            max_length=200,
            initial=PRESETS[name].base_model,
            help_text="What every training begins with: on the Hub, a version of this registry "
            "(TEAM/NAME@v1 or TEAM/NAME@alias), or a folder's path.",
            widget=forms.TextInput(attrs={"list": "base-models", "class": "mono"}),
        )
        values = self.preset.to_dict()
        for key in kind.described():
            self.fields[key.name] = spec_formfield(key, values[key.name])
            self.fields[key.name].label = LABELS.get(key.name, key.name)
        language_choices(self.fields["language"], project.language)
        which = self.fields.get("checked")
        if isinstance(which, forms.ChoiceField):
            which.choices = [(LEARNING, "Of train and dev"), (ALL, "All, those of test too")]
        if again is not None:
            again.fill(self.fields)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        recipe = {key.name: data[key.name] for key in self.kind.described() if key.name in data}
        try:
            spec = self.kind.from_dict(recipe)
        except SpecError as error:
            for name, message in error.errors.items():
                self.add_error(name, message)
            return data
        data["recipe"] = spec.to_dict()
        try:
            if "snapshot" in data:
                cost_told(data["snapshot"], spec)
        except DataError as error:
            self.add_error("snapshot", str(error))
        return data

    def arguments(self) -> dict[str, Any]:
        """Return what `curve_create` and `doubt_create` take."""
        return {name: self.cleaned_data[name] for name in ("snapshot", "base_model", "recipe")}

    def heads(self) -> list[BoundField]:
        """The fields that every such job needs."""
        return [self["snapshot"], self["base_model"]]

    def first(self) -> list[BoundField]:
        """The keys of the kind's own."""
        return [self[key.name] for key in self.kind.described() if key.group == "held out"]

    def sections(self) -> list[Section]:
        """The keys that it shares with every recipe, by group."""
        found = []
        for group, title in GROUPS.items():
            keys = [key.name for key in self.kind.described() if key.group == group]
            fields = [self[name] for name in keys]
            if fields:
                open_ = any(field.errors or self._marked(field.name) for field in fields)
                found.append(Section(_title(group, title), fields, open_))
        return found

    def _marked(self, name: str) -> bool:
        return self.again is not None and name in self.again.marks


def _title(group: Group, title: str) -> str:
    return "The recipe of every training" if group == "training" else title
