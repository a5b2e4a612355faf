"""Forms of the annotate pages."""

from typing import Any

from django import forms

from accounts.models import Project
from annotate.models import Run
from annotate.resolution import POLICIES
from annotate.services.answers import COMMENT_MAX, REASON_MAX, Answer
from annotate.splitting import DEFAULT_SPLITS, SPLITS


class SnapshotForm(forms.Form):
    """How to freeze a project's judgments."""

    resolve = forms.ChoiceField(
        choices=[(name, name.capitalize()) for name in POLICIES],
        help_text="Where people disagree. Ties go to the lower grade.",
    )
    first_stage_run = forms.ChoiceField(
        required=False, help_text="Whose ranks are the first stage to compare with."
    )
    seed = forms.IntegerField(initial=42, help_text="The same seed splits the same way.")
    train = forms.FloatField(min_value=0, max_value=1)
    dev = forms.FloatField(min_value=0, max_value=1)
    test = forms.FloatField(min_value=0, max_value=1)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        runs = Run.objects.filter(project=project).values_list("name", "name")
        self.fields["first_stage_run"] = forms.ChoiceField(
            choices=[("", "The largest run"), *runs],
            required=False,
            help_text="Whose ranks are the first stage to compare with.",
        )
        for name in SPLITS:
            self.fields[name].initial = DEFAULT_SPLITS[name]

    def arguments(self) -> dict[str, Any]:
        """Return what `snapshot_create` takes."""
        data = self.cleaned_data
        return {
            "seed": data["seed"],
            "policy": {
                "resolve": data["resolve"],
                "first_stage_run": data["first_stage_run"] or None,
            },
            "splits": {name: data[name] for name in SPLITS},
        }


class AnswerForm(forms.Form):
    """An answer from the judging page without JavaScript: a grade, a skip or an undo."""

    id = forms.UUIDField()
    candidate = forms.IntegerField(required=False)
    grade = forms.IntegerField(required=False)
    skip = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=REASON_MAX)
    withdraw = forms.UUIDField(required=False)
    revision = forms.IntegerField(required=False)
    comment = forms.CharField(required=False, max_length=COMMENT_MAX)
    flagged = forms.BooleanField(required=False)

    def answer(self) -> Answer:
        """Return what was answered; for a valid form."""
        given = dict(self.cleaned_data)
        skipped, reason = given.pop("skip"), given.pop("reason")
        return Answer(**given, skip=reason if skipped else None)
