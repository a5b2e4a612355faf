"""Which disagreements are shown, and how one of them is decided."""

from django import forms
from django.core.exceptions import ValidationError

from annotate.selectors.adjudication import SHOWS, STATES, Wish
from annotate.services.adjudication import Ruling
from annotate.services.answers import COMMENT_MAX


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
