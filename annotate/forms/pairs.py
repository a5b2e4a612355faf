"""Form of the page on which managers ask for pairs."""

from typing import Any

from django import forms

from annotate.models import PairQueue, PairScheme, Run
from annotate.models.pairs import DEPTH_MAX
from annotate.selectors.queue import runs_of


class PairQueueForm(forms.Form):
    """Whether pairs are compared, and which."""

    on = forms.BooleanField(
        required=False, label="People compare pairs",
        help_text="As a third layout of the judging page. Off keeps what was said.",
    )  # fmt: skip
    scheme = forms.ChoiceField(
        label="Which two", choices=PairScheme.choices,
        help_text="Neighbours are one pair fewer than candidates; every two of ten are 45.",
    )  # fmt: skip
    depth = forms.IntegerField(
        min_value=2, max_value=DEPTH_MAX, label="Of the first",
        help_text="Candidates of each query, by their ranks.",
    )  # fmt: skip
    run = forms.ModelChoiceField(
        Run.objects.none(), required=False, to_field_name="name", label="By the ranks of",
        empty_label="The run with the most candidates",
        help_text="Where there is no run, in the order of their import.",
    )  # fmt: skip

    def __init__(self, *args: Any, pairs: PairQueue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "on": pairs.on,
            "scheme": pairs.scheme,
            "depth": pairs.depth,
            "run": pairs.run and pairs.run.name,
        }
        run = self.fields["run"]
        assert isinstance(run, forms.ModelChoiceField)  # as declared above
        run.queryset = runs_of(pairs.project)
