"""The form of a new training job, made from the one definition of a recipe."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.forms import BoundField

from accounts.models import Project, User
from accounts.names import NAME_MAX_LENGTH, validate_name
from annotate.frozen.splitting import shares_text
from annotate.models import Snapshot, SnapshotStatus
from training.forms.again import Again
from training.forms.on_snapshot import OnSnapshotForm
from training.forms.spec import Section, language_choices, spec_formfield
from training.ml.measures.thumb import FEW, rule_of_thumb
from training.selectors.base_models import DEFAULT
from training.selectors.jobs import reranker_last
from training.services.jobs import DEFAULT_RERANKER
from training.spec.base import SpecError
from training.spec.field import Group
from training.spec.presets import PRESETS
from training.spec.train import TrainSpec

# What most people set; everything else is folded away.
FIRST: Final = (
    "num_train_epochs", "per_device_train_batch_size", "learning_rate", "max_length",
)  # fmt: skip
GROUPS: Final[Mapping[Group, str]] = {
    "training": "More on training",
    "training set": "Training set and negatives",
    "teacher": "Learning from a teacher",
    "evaluation": "Evaluation",
    "texts": "Texts and templates",
    "silver stage": "Silver stage: made-up queries, before the labels",
}


_SNAPSHOT_HELP: Final = (
    "What to learn from. What its test queries show is the difference in nDCG@10 that is found "
    "four times in five: a rule of thumb, for a spread of 0.3 per query. The job says it better "
    "once the other systems are scored."
)


class SnapshotChoice(forms.ModelChoiceField[Snapshot]):
    """Ready snapshots, told apart even where the same judgments were frozen twice."""

    def label_from_instance(self, obj: Snapshot) -> str:
        queries = obj.statistics.get("queries", 0)
        parts = [
            f"#{obj.pk}",
            f"{obj.frozen_at or obj.created_at:%Y-%m-%d %H:%M} UTC",
            f"{obj.pairs:,} pairs, {queries:,} queries",
            shown_by(obj),
            shares_text(obj.splits) if obj.splits else "",
            f"by {obj.created_by.display_name}" if obj.created_by else "",
            (obj.digest or "")[:8],
        ]
        return " · ".join(part for part in parts if part)


def shown_by(snapshot: Snapshot) -> str:
    """Say by rule of thumb what the test queries can show, and that few of them show little."""
    test = (snapshot.statistics.get("splits") or {}).get("test") or {}
    queries, positives = test.get("queries", 0), test.get("positives", 0)
    least = rule_of_thumb(queries)
    if least is None:
        return ""
    few = f", with only {positives} relevant pairs" if positives < FEW else ""
    return f"{queries:,} test queries show {least:.2f}{few}"


class JobForm(OnSnapshotForm):
    """A new job. The fields of the recipe have the names of its keys."""

    def __init__(
        self,
        *args: Any,
        project: Project,
        user: User,
        preset: str = "",
        again: Again | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.project, self.user, self.again = project, user, again
        self.label_suffix = ""
        chosen = PRESETS.get(preset)
        ready = Snapshot.objects.filter(project=project, status=SnapshotStatus.READY)
        ready = ready.select_related("created_by").order_by("-pk")
        self.fields["snapshot"] = SnapshotChoice(
            ready, empty_label=None, initial=ready.first(), help_text=_SNAPSHOT_HELP
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
            initial=reranker_last(project) or DEFAULT_RERANKER,
            help_text="The name to publish under; a new name makes a new reranker.",
            widget=forms.TextInput(attrs={"class": "mono"}),
        )
        values = (chosen.spec if chosen else TrainSpec()).to_dict()
        for key in TrainSpec.described():
            self.fields[key.name] = spec_formfield(key, values[key.name])
        language_choices(self.fields["language"], project.language)
        if again is not None:
            again.fill(self.fields)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        recipe = {key.name: data[key.name] for key in TrainSpec.described() if key.name in data}
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
            names = [key.name for key in TrainSpec.described() if key.group == group]
            fields = [self[name] for name in names if name not in FIRST]
            open_ = any(field.errors or self._marked(field.name) for field in fields)
            found.append(Section(title, fields, open_))
        return found

    def _marked(self, name: str) -> bool:
        return self.again is not None and name in self.again.marks
