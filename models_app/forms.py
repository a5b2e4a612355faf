"""Forms of the registry's pages."""

from django import forms

from accounts.names import NAME_MAX_LENGTH, validate_name
from models_app.models import Reranker, Verdict


class FocusedForm(forms.Form):
    """A form far down a page: where it was refused, the browser goes to the field that is wrong."""

    def focus_error(self) -> None:
        """Focus the first wrong field, or the first one where the whole was refused."""
        named = [name for name in self.fields if name in self.errors] or list(self.fields)
        if self.errors:
            self.fields[named[0]].widget.attrs["autofocus"] = True


class AliasForm(FocusedForm):
    """Which alias to point at a version, and why."""

    alias = forms.CharField(
        max_length=40,
        initial="champion",
        widget=forms.TextInput(attrs={"list": "alias-names", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}), help_text="Kept in the log for good."
    )


class ReviewForm(FocusedForm):
    """A verdict and the words that go with it."""

    verdict = forms.ChoiceField(choices=Verdict.choices)
    comment = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Required unless you approve.",
    )


class ImportForm(FocusedForm):
    """A model that was made elsewhere, and what it is called here."""

    name = forms.CharField(
        max_length=NAME_MAX_LENGTH,
        validators=[validate_name],
        help_text="Of a reranker that is there already it becomes the next version.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    file = forms.FileField(
        label="Zip", help_text="Of its folder: config.json, safetensors, the tokenizer's files."
    )


class RerankerForm(forms.ModelForm[Reranker]):
    """What may change of a reranker."""

    class Meta:
        model = Reranker
        fields = ["description", "public"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
