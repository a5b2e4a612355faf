"""Forms of a person's own answers."""

from typing import Any

from django import forms

from accounts.models import Member
from annotate.selectors.own_answers import OwnWish


class OwnAnswersForm(forms.Form):
    """Which of their answers a person wants to see. What it does not understand narrows nothing."""

    q = forms.CharField(required=False, strip=True, label="Words of the query or the passage")
    grade = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    show = forms.ChoiceField(
        required=False,
        choices=[("", "All answers"), ("skipped", "Skipped"), ("flagged", "Flagged")],
    )

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grades = [(grade.value, grade.name) for grade in member.project.scheme]
        field = self.fields["grade"]
        assert isinstance(field, forms.TypedChoiceField)  # as declared above
        field.choices = [("", "Any grade"), *grades]

    def wish(self) -> OwnWish:
        self.is_valid()
        given = self.cleaned_data
        return OwnWish(
            show=given.get("show", ""), grade=given.get("grade"), search=given.get("q", "")
        )
