"""How a snapshot is asked for in the browser."""

from typing import Any

from django import forms

from accounts.models import Project
from annotate.frozen.splitting import DEFAULT_SPLITS, SPLITS
from annotate.models import Run
from annotate.resolving.resolution import POLICIES


class SnapshotForm(forms.Form):
    """How to freeze a project's judgments."""

    resolve = forms.ChoiceField(
        label="Where people disagree",
        choices=[(name, policy.name) for name, policy in POLICIES.items()],
        help_text="Adjudications come first, people before imported labels. Ties go to the lower"
        " grade.",
    )
    trust = forms.CharField(
        label="Trusted first",
        required=False,
        help_text="Only for Most trusted: user names, the most trusted first, before the others.",
    )
    soft = forms.BooleanField(
        label="Soft targets",
        required=False,
        help_text="Train on the mean of what judges said; grades and gains stay as resolved.",
    )
    first_stage_run = forms.ChoiceField(
        required=False, help_text="Whose ranks are the first stage to compare with."
    )
    seed = forms.IntegerField(
        initial=42,
        help_text="The same seed splits alike, and queries keep their splits when others come.",
    )
    train = forms.FloatField(min_value=0, max_value=1)
    dev = forms.FloatField(min_value=0, max_value=1)
    test = forms.FloatField(min_value=0, max_value=1)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        runs = Run.objects.filter(project=project).values_list("name", "name")
        run = self.fields["first_stage_run"]
        assert isinstance(run, forms.ChoiceField)  # as declared above
        run.choices = [("", "The largest that is no reranker's"), *runs]
        for name in SPLITS:
            self.fields[name].initial = DEFAULT_SPLITS[name]

    def arguments(self) -> dict[str, Any]:
        """Return what `snapshot_create` takes."""
        data = self.cleaned_data
        return {
            "seed": data["seed"],
            "policy": {
                "resolve": data["resolve"],
                "soft": data["soft"],
                "trust": data["trust"].replace(",", " ").split() or None,
                "first_stage_run": data["first_stage_run"] or None,
            },
            "splits": {name: data[name] for name in SPLITS},
        }
