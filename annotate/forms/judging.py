"""Answers from the judging pages without JavaScript."""

from django import forms

from annotate.services.answers import COMMENT_MAX, REASON_MAX, Answer
from annotate.services.preference_answers import PairAnswer


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
