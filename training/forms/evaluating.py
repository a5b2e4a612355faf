"""The form of a new evaluation, made from the one definition of its spec."""

from typing import Any

from django import forms
from django.forms import BoundField

from accounts.models import Project, User
from annotate.models import Snapshot, SnapshotStatus
from training.forms.again import Again
from training.forms.jobs import SnapshotChoice
from training.forms.on_snapshot import OnSnapshotForm
from training.forms.spec import language_choices, spec_formfield
from training.services.evaluating import snapshot_measurable
from training.spec.base import SpecError
from training.spec.evaluate import EvaluateSpec


class EvaluateForm(OnSnapshotForm):
    """A new evaluation. The fields of the spec have the names of its keys."""

    snapshot_check = staticmethod(snapshot_measurable)

    def __init__(
        self,
        *args: Any,
        project: Project,
        user: User,
        model: str = "",
        snapshot: str = "",
        again: Again | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.user, self.repeats = project, user, again is not None
        self.label_suffix = ""
        self.fields["base_model"] = forms.CharField(
            max_length=200,
            label="Model",
            initial=model,
            help_text="A version of this registry (TEAM/NAME@v1 or TEAM/NAME@alias), a reranker on "
            "the Hub, or a folder's path.",
            widget=forms.TextInput(attrs={"list": "versions", "class": "mono"}),
        )
        ready = Snapshot.objects.filter(project=project, status=SnapshotStatus.READY)
        ready = ready.select_related("created_by").order_by("-pk")
        self.fields["snapshot"] = SnapshotChoice(
            ready,
            empty_label=None,
            initial=snapshot if snapshot.isdecimal() else ready.first(),
            help_text="On whose test queries it is measured, beside BM25 and the first stage.",
        )
        self.fields["again"] = forms.BooleanField(
            required=False,
            initial=self.repeats,
            label="Measure anew",
            help_text="What was measured already is shown as it was stored, unless this is set.",
        )
        values = EvaluateSpec().to_dict()
        for key in EvaluateSpec.described():
            self.fields[key.name] = spec_formfield(key, values[key.name])
        language_choices(self.fields["language"], project.language)
        if again is not None:
            again.fill(self.fields)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        names = [key.name for key in EvaluateSpec.described()]
        try:
            spec = EvaluateSpec.from_dict({name: data[name] for name in names if name in data})
            data["recipe"] = spec.to_dict()
        except SpecError as error:
            for name, message in error.errors.items():
                self.add_error(name, message)
        return data

    def arguments(self) -> dict[str, Any]:
        """Return what `evaluation_ask` takes."""
        names = ("snapshot", "base_model", "recipe", "again")
        return {name: self.cleaned_data[name] for name in names}

    def heads(self) -> list[BoundField]:
        """What every evaluation needs."""
        return [self["base_model"], self["snapshot"], self["again"]]

    def rest(self) -> list[BoundField]:
        """The keys of the spec."""
        return [self[key.name] for key in EvaluateSpec.described()]

    def rest_open(self) -> bool:
        """Whether one of these is wrong."""
        return any(field.errors for field in self.rest())
