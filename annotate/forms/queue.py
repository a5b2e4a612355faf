"""Forms of the queue's pages."""

from typing import Any

from django import forms

from accounts.models import Grade, Project, User
from annotate.models import Group, Queue, Run, Strategy
from annotate.models.queue import RATE_MAX
from annotate.selectors.queue import judges_of, runs_of
from annotate.services.golding import EXPLANATION_MAX
from annotate.strategies import RULES

_PERCENT = 100


class QueueForm(forms.Form):
    """How the queue is set; the rates in percent."""

    strategy = forms.ChoiceField(label="Order", choices=Strategy.choices)
    run = forms.ModelChoiceField(
        Run.objects.none(), required=False, to_field_name="name", empty_label="None",
        help_text="For an order by scores or ranks.",
    )  # fmt: skip
    other_run = forms.ModelChoiceField(
        Run.objects.none(), required=False, to_field_name="name", label="Compared with",
        empty_label="None", help_text="For an order by disagreement.",
    )  # fmt: skip
    depth = forms.IntegerField(
        min_value=1, max_value=1_000, label="Top ranks", help_text="That come first, if unjudged."
    )
    seed = forms.IntegerField(
        min_value=0, max_value=(1 << 31) - 1, help_text="The same seed gives the same order."
    )
    gold_percent = forms.FloatField(
        min_value=0, max_value=100 * RATE_MAX, label="Gold checks, %",
        help_text="Of all that people get. They are not told which items these are.",
    )  # fmt: skip
    gold_again = forms.BooleanField(
        required=False, label="A gold candidate comes to the same person more than once",
        help_text="Once all have come. Accuracy counts the first answer all the same.",
    )  # fmt: skip
    repeat_percent = forms.FloatField(
        min_value=0, max_value=100 * RATE_MAX, label="Own pairs again, %",
        help_text="Shown blind, to see how far people agree with themselves.",
    )  # fmt: skip
    repeat_after = forms.IntegerField(
        min_value=1, max_value=100_000, label="Answers in between",
        help_text="Before a pair comes to the same person again.",
    )  # fmt: skip
    repeat_days = forms.IntegerField(min_value=0, max_value=3_650, label="Days in between")
    assigned_only = forms.BooleanField(
        required=False, label="People judge only what is assigned to them",
        help_text="Otherwise that comes first, and then what is assigned to nobody.",
    )  # fmt: skip

    def __init__(self, *args: Any, queue: Queue, run: str = "", **kwargs: Any) -> None:
        """Show what is set; with the name of a `run`, propose the order by its uncertainty."""
        initial = {name: getattr(queue, name) for name in self.base_fields if hasattr(queue, name)}
        initial |= {name: getattr(queue, name) and getattr(queue, name).name for name in _RUNS}
        if run:
            initial |= {"strategy": Strategy.UNCERTAINTY, "run": run}
        for kind in ("gold", "repeat"):
            initial[f"{kind}_percent"] = round(getattr(queue, f"{kind}_rate") * _PERCENT, 3)
        super().__init__(*args, **kwargs)
        self.initial = initial
        for name in _RUNS:
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # as declared above
            field.queryset = runs_of(queue.project)
        self.rules = [
            (label, RULES[value].says, bool(RULES[value].needs))
            for value, label in Strategy.choices
        ]

    def wishes(self) -> dict[str, Any]:
        """Return what `queue_update` takes."""
        data = dict(self.cleaned_data)
        for kind in ("gold", "repeat"):
            data[f"{kind}_rate"] = data.pop(f"{kind}_percent") / _PERCENT
        return data

    def add_errors(self, faults: dict[str, list[str]]) -> None:
        """Show a service's errors beside the fields that they are about."""
        for name, messages in faults.items():
            shown = name.replace("_rate", "_percent")
            self.add_error(shown if shown in self.fields else None, messages)


_RUNS = ("run", "other_run")


class GoldForm(forms.Form):
    """A candidate's known grade, and why."""

    candidate = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    grade = forms.TypedChoiceField(coerce=int)
    explanation = forms.CharField(
        required=False, max_length=EXPLANATION_MAX, widget=forms.TextInput
    )

    def __init__(self, *args: Any, scheme: list[Grade], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grade = self.fields["grade"]
        assert isinstance(grade, forms.ChoiceField)  # as declared above
        grade.choices = [(row.value, str(row)) for row in scheme]


class GroupForm(forms.Form):
    """A group's name and members."""

    name = forms.CharField(max_length=80)
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), to_field_name="username", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["people"]
        assert isinstance(people, forms.ModelMultipleChoiceField)  # as declared above
        people.queryset = judges_of(project)


class AssignForm(forms.Form):
    """Which queries are to be judged by whom."""

    q = forms.CharField(
        required=False, label="Queries that contain",
        help_text="A text, or a query's id; empty means all queries, which is asked about first.",
    )  # fmt: skip
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, to_field_name="username",
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    groups = forms.ModelMultipleChoiceField(
        Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    everybody = forms.BooleanField(
        required=False, label="Give them back to everybody",
        help_text="Who had them loses them.",
    )  # fmt: skip

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people, groups = self.fields["people"], self.fields["groups"]
        assert isinstance(people, forms.ModelMultipleChoiceField)  # as declared above
        assert isinstance(groups, forms.ModelMultipleChoiceField)
        people.queryset = judges_of(project)
        groups.queryset = project.groups.order_by("name")
        if not groups.queryset.exists():
            del self.fields["groups"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        somebody = bool(data.get("people") or data.get("groups"))
        if somebody and data.get("everybody"):
            self.add_error("everybody", "Choose people, or everybody; not both.")
        elif not somebody and not data.get("everybody") and not self.errors:
            self.add_error("people", "Choose people or groups, or give the queries to everybody.")
        return data

    @property
    def asks(self) -> bool:
        """Whether what is wished for is asked about first: it may undo much."""
        return bool(self.cleaned_data["everybody"] or not self.cleaned_data["q"])
