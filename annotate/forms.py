"""Forms of the annotate pages."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.access import Right, role_allows
from accounts.models import Member, Project
from annotate.formats import AUTO, FORMATS
from annotate.models import OnConflict, Run
from annotate.resolution import POLICIES
from annotate.selectors.adjudication import SHOWS, STATES, Wish
from annotate.selectors.browsing import (
    CANDIDATE_FILTERS,
    ME,
    OWN_FILTERS,
    query_filters_for,
    sees_labels,
    sees_others,
)
from annotate.services.adjudication import Ruling
from annotate.services.answers import COMMENT_MAX, REASON_MAX, Answer
from annotate.services.preference_answers import PairAnswer
from annotate.splitting import DEFAULT_SPLITS, SPLITS


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
    seed = forms.IntegerField(initial=42, help_text="The same seed splits the same way.")
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


class AnswerForm(forms.Form):
    """An answer from the judging page without JavaScript: a grade, a skip or an undo."""

    id = forms.UUIDField()
    candidate = forms.IntegerField(required=False)
    grade = forms.IntegerField(required=False)
    skip = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=REASON_MAX)
    withdraw = forms.UUIDField(required=False)
    revision = forms.IntegerField(required=False)
    query_revision = forms.IntegerField(required=False)
    comment = forms.CharField(required=False, max_length=COMMENT_MAX)
    flagged = forms.BooleanField(required=False)

    def answer(self) -> Answer:
        """Return what was answered; for a valid form."""
        given = dict(self.cleaned_data)
        skipped, reason = given.pop("skip"), given.pop("reason")
        return Answer(**given, skip=reason if skipped else None)


class PairAnswerForm(forms.Form):
    """An answer on a pair from the judging page without JavaScript: a side, a tie, a skip, an undo.

    `left` and `right` are the candidates as they were shown.
    """

    id = forms.UUIDField()
    pair = forms.IntegerField(required=False)
    left = forms.IntegerField(required=False)
    right = forms.IntegerField(required=False)
    verdict = forms.ChoiceField(required=False, choices=[(n, n) for n in ("left", "right", "tie")])
    skip = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=REASON_MAX)
    withdraw = forms.UUIDField(required=False)
    left_revision = forms.IntegerField(required=False)
    right_revision = forms.IntegerField(required=False)
    query_revision = forms.IntegerField(required=False)
    comment = forms.CharField(required=False, max_length=COMMENT_MAX)
    flagged = forms.BooleanField(required=False)

    def answer(self) -> PairAnswer:
        """Return what was answered; for a valid form."""
        given = dict(self.cleaned_data)
        verdict, right = given.pop("verdict"), given.pop("right")
        skipped, reason = given.pop("skip"), given.pop("reason")
        prefer = {"left": given["left"], "right": right}.get(verdict)
        return PairAnswer(
            **given, prefer=prefer, tie=verdict == "tie", skip=reason if skipped else None
        )


class WishForm(forms.Form):
    """Which disagreements a list shows; what cannot be read asks for nothing."""

    q = forms.CharField(required=False, max_length=200)
    judge = forms.CharField(required=False, max_length=200)
    show = forms.ChoiceField(required=False, choices=list(SHOWS.items()))
    state = forms.ChoiceField(required=False, choices=list(STATES.items()))

    def wish(self) -> Wish:
        self.is_valid()
        given = self.cleaned_data
        return Wish(
            search=given.get("q", ""),
            judge=given.get("judge", ""),
            show=given.get("show", ""),
            state=given.get("state") or "open",
        )


class RulingForm(forms.Form):
    """A reviewer's decision, or taking one back; the reason is a quick one, words, or both."""

    id = forms.UUIDField()
    grade = forms.IntegerField(required=False)
    withdraw = forms.BooleanField(required=False)
    quick = forms.CharField(required=False, max_length=200)
    words = forms.CharField(required=False, max_length=COMMENT_MAX - 300)
    replaces = forms.UUIDField(required=False)
    seconds = forms.FloatField(required=False, min_value=0)
    revision = forms.IntegerField()
    query_revision = forms.IntegerField()

    def clean(self) -> None:
        given = self.cleaned_data
        if not given.get("quick") and not given.get("words"):
            raise ValidationError("Say why: choose a reason, or write one.")
        if given.get("withdraw") == (given.get("grade") is not None):
            raise ValidationError("Choose a grade.")

    def ruling(self, candidate: int) -> Ruling:
        """Return what was decided; for a valid form."""
        given = {**self.cleaned_data}
        del given["withdraw"]
        reasons = (given.pop("quick"), given.pop("words"))
        return Ruling(candidate=candidate, reason=". ".join(filter(None, reasons)), **given)


class ImportForm(forms.Form):
    """A file and how to read it."""

    file = forms.FileField(allow_empty_file=True, help_text="Plain, or packed with gzip or zip.")
    format_name = forms.ChoiceField(
        label="Format",
        choices=[(AUTO, "Find out"), *((name, name) for name in ("pairs", "trec", *FORMATS))],
        help_text="Pairs, triplets, BEIR or TREC; see the examples beside.",
    )
    source_name = forms.CharField(
        label="Source",
        required=False,
        max_length=120,
        help_text="Whose labels these are; the file's name unless given.",
    )
    on_conflict = forms.ChoiceField(
        label="One id with two texts, or one pair with two labels", choices=OnConflict.choices
    )
    mapping = forms.CharField(
        label="Columns",
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 3, "class": "mono", "placeholder": "passage = body\nlabel = rating"}
        ),
        help_text="Only where a column has an unusual name: our field = its column, one a line.",
    )
    label_names = forms.CharField(
        label="Labels that are words",
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 3, "class": "mono", "placeholder": "relevant = 1\nirrelevant = 0"}
        ),
        help_text="Label = grade, one a line.",
    )

    def clean_mapping(self) -> dict[str, str | None]:
        return {field: column or None for field, column in _equations(self.cleaned_data["mapping"])}

    def clean_label_names(self) -> dict[str, int]:
        names = {}
        for label, grade in _equations(self.cleaned_data["label_names"]):
            try:
                names[label] = int(grade)
            except ValueError as error:  # which thousands of digits are, too
                message = f"The grade of “{label}” has to be a number, and not too large."
                raise ValidationError(message) from error
        return names


def _equations(text: str) -> list[tuple[str, str]]:
    """Read lines of `name = value`."""
    found = []
    for line in text.splitlines():
        name, equals, value = line.rpartition("=")
        if line.strip() and not (equals and name.strip()):
            raise ValidationError(f"Write each line as name = value: {line.strip()!r}")
        if line.strip():
            found.append((name.strip(), value.strip()))
    return found


class QueryBrowseForm(forms.Form):
    """Which queries a page lists. What it does not understand narrows nothing."""

    q = forms.CharField(required=False, strip=True, label="Search in queries")
    show = forms.ChoiceField(required=False)
    order = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Oldest first"),
            ("-id", "Newest first"),
            ("text", "A to Z"),
            ("-text", "Z to A"),
        ],
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "show", query_filters_for(member).items())


class CandidateBrowseForm(forms.Form):
    """Which candidates a page lists. What it does not understand narrows nothing."""

    q = forms.CharField(required=False, strip=True, label="Words of the passage")
    show = forms.ChoiceField(required=False)
    grade = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    judge = forms.ChoiceField(required=False, label="Judged by")
    run = forms.ChoiceField(required=False, label="Proposed by")
    order = forms.ChoiceField(
        required=False,
        choices=[("", "Oldest first"), ("-id", "Newest first"), ("rank", "By rank in the run")],
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project = member.project
        if not sees_others(member):
            del self.fields["run"], self.fields["order"]
        if not sees_labels(member):
            self._own(member)
            return
        judges = project.members.select_related("user").order_by("user__username")
        runs = project.runs.values_list("name", "name")
        _choose(self, "show", CANDIDATE_FILTERS.items())
        _choose(self, "grade", [("", "Any grade"), *((row.value, row) for row in project.scheme)])
        _choose(
            self,
            "judge",
            [
                ("", "Anybody"),
                (ME, "Me"),
                *((row.user.username, row.user.display_name) for row in judges),
            ],
        )
        _choose(self, "run", [("", "Any run"), *runs])

    def _own(self, member: Member) -> None:
        """Narrow by one's own answers only."""
        scheme = member.project.scheme if role_allows(member.role, Right.JUDGE) else []
        shows = OWN_FILTERS if scheme else {"": ""}
        _choose(self, "judge", [("", "Answered or not"), (ME, "Answered by me")][: len(shows)])
        _choose(self, "grade", [("", "Any grade of mine"), *((row.value, row) for row in scheme)])
        _choose(self, "show", shows.items())
        if "run" in self.fields:
            runs = member.project.runs.values_list("name", "name")
            _choose(self, "run", [("", "Any run"), *runs])


def _choose(form: forms.Form, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # as declared above
    field.choices = list(choices)
