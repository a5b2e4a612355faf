"""What the lists of queries and candidates show."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.access import Right, role_allows
from accounts.models import Member
from annotate.selectors.browsing import ME, query_filters_for, sees_labels, sees_others
from annotate.selectors.narrowing import CANDIDATE_FILTERS, OWN_FILTERS


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
