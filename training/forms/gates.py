"""The form of an alias's gate."""

import re
from typing import Any, Final

from django import forms

from accounts.models import Project
from annotate.models import Snapshot, SnapshotStatus
from models_app.models import CHAMPION
from training.forms.jobs import SnapshotChoice
from training.models import APPROVALS_MOST, Gate
from training.selectors.gates import OVERALL

_FLOOR: Final = re.compile(r"(?P<slice>.*\S)\s*=\s*(?P<least>[01]?(?:[.,][0-9]+)?)")


class GateForm(forms.Form):
    """What an alias asks of a version, for all rerankers of the project."""

    alias = forms.CharField(max_length=40, help_text="As on a version's page: champion, for one.")
    snapshot = SnapshotChoice(
        Snapshot.objects.none(), required=False, empty_label="each version's own",
        help_text="Whose test queries count. A version that was not measured there is refused.",
    )  # fmt: skip
    gain = forms.FloatField(
        required=False, min_value=-1, max_value=1, label="Better by",
        help_text="In nDCG@10 than what the alias names, with a paired test of p < 0.05. Below 0:"
        " not worse by more, at the lower end of the 95% interval. Empty: not asked.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip
    floors = forms.CharField(
        required=False, label="At least, on slices",
        help_text=f"A line each, as in “long = 0.6”: nDCG@10 of a slice, or of “{OVERALL}”.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    no_leakage = forms.BooleanField(
        required=False, label="No leakage",
        help_text="Refuse a version that learned from a test query, or from a near-identical one.",
    )  # fmt: skip
    score_contract = forms.BooleanField(
        required=False, label="Score contract",
        help_text="Refuse a version that does not score its golden pairs as when it was saved.",
    )  # fmt: skip
    approvals = forms.IntegerField(
        min_value=0, max_value=APPROVALS_MOST, initial=0,
        help_text="Of people other than the version's trainer.",
    )  # fmt: skip

    def __init__(self, *args: Any, project: Project, gate: Gate | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial = {"alias": CHAMPION} if gate is None else _initial(gate)
        self.label_suffix = ""
        ready = Snapshot.objects.filter(project=project, status=SnapshotStatus.READY)
        chosen: Any = self.fields["snapshot"]
        chosen.queryset = ready.select_related("created_by").order_by("-pk")

    def clean_floors(self) -> list[dict[str, Any]]:
        """Read the lines."""
        lines = [line for line in self.cleaned_data["floors"].splitlines() if line.strip()]
        found = []
        for line in lines:
            read = _FLOOR.fullmatch(line.strip())
            if read is None or not read["least"]:
                raise forms.ValidationError(f"“{line}” is not of the form NAME = 0.6.")
            found.append({"slice": read["slice"], "least": float(read["least"].replace(",", "."))})
        return found


def _initial(gate: Gate) -> dict[str, Any]:
    return {
        "alias": gate.alias,
        "snapshot": gate.snapshot_id,
        "gain": gate.gain,
        "floors": "\n".join(f"{each['slice']} = {each['least']:g}" for each in gate.floors),
        "no_leakage": gate.no_leakage,
        "score_contract": gate.score_contract,
        "approvals": gate.approvals,
    }
