"""Forms by which people change queries, passages and candidates."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Project
from annotate.models import Passage, Query
from annotate.models.corpus import REASON_CHARACTERS
from annotate.selectors.corpus import passage_by_name

_ID_HELP = "Leave it empty to have it known by its text. It never changes."
_REVISION_HELP = "Another wording is a new revision: judgments on the old one become history."


def _text(rows: int, **how: Any) -> forms.CharField:
    return forms.CharField(strip=False, widget=forms.Textarea(attrs={"rows": rows}), **how)


class QueryForm(forms.Form):
    """A new query."""

    text = _text(3)
    external_id = forms.CharField(label="Id", required=False, help_text=_ID_HELP)


class PassageForm(forms.Form):
    """A new passage."""

    title = forms.CharField(required=False)
    text = _text(12)
    external_id = forms.CharField(label="Id", required=False, help_text=_ID_HELP)


class _EditForm(forms.Form):
    revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        required=False, max_length=REASON_CHARACTERS, help_text="For the log, if you like."
    )


class QueryEditForm(_EditForm):
    """Another text for a query; `revision` is the one that was read."""

    text = _text(3, help_text=_REVISION_HELP)
    field_order = ["revision", "text", "reason"]


class PassageEditForm(_EditForm):
    """Another title or text for a passage."""

    title = forms.CharField(required=False)
    text = _text(12, help_text=_REVISION_HELP)
    field_order = ["revision", "title", "text", "reason"]


class ReasonForm(forms.Form):
    """Why something is withdrawn."""

    reason = forms.CharField(max_length=REASON_CHARACTERS, help_text="It stands in the log.")


class OptionalReasonForm(forms.Form):
    """Why something comes back."""

    reason = forms.CharField(
        required=False, max_length=REASON_CHARACTERS, help_text="For the log, if you like."
    )


class CandidateForm(forms.Form):
    """A passage that becomes a candidate: one that there is, or a new one."""

    passage = forms.CharField(
        required=False,
        label="Id of a passage",
        help_text="As it was imported, or the number in the address of its page.",
    )
    title = forms.CharField(required=False, label="Or a new passage: its title")
    text = _text(8, required=False, label="Its text")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project

    def clean_passage(self) -> Passage | None:
        name = self.cleaned_data["passage"].strip()
        if not name:
            return None
        found = passage_by_name(self.project, name)
        if found is None:
            raise ValidationError("There is no passage with this id in the project.")
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "passage" in data and bool(data["passage"]) == bool(data.get("text", "").strip()):
            raise ValidationError("Give the id of a passage, or the text of a new one.")
        return data


class EraseForm(forms.Form):
    """Why something is erased, and its id, typed by whoever wants it gone."""

    reason = forms.CharField(
        max_length=REASON_CHARACTERS,
        help_text="It stays on record: do not repeat in it what is to be erased.",
    )
    keep_comments = forms.BooleanField(
        required=False,
        label="Keep what judges have said about it",
        help_text="Comments and reasons for skips may quote the text.",
    )
    remember = forms.BooleanField(
        required=False,
        initial=True,
        label="Leave it out of later imports",
        help_text="Keyed hashes are kept to know it by. You can let it in again later.",
    )
    confirm = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, subject: Query | Passage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wanted = subject.external_id or str(subject.pk)
        self.fields["confirm"].label = "Type its id"
        self.fields["confirm"].help_text = f"It is {self.wanted}."

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed != self.wanted:
            raise ValidationError("This is not its id; nothing was erased.")
        return typed

    def arguments(self) -> dict[str, Any]:
        """Return what `erasure_create` takes."""
        return {name: self.cleaned_data[name] for name in ("reason", "keep_comments", "remember")}
