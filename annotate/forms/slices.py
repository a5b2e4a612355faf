"""The form of a slice that the team makes."""

from typing import Any

from django import forms

from annotate.frozen.slicing import Conditions
from annotate.models import QuerySlice

_LENGTH_MAX = 10_000  # words


class SliceForm(forms.Form):
    """A slice's name and what its queries have; what is left empty asks for nothing."""

    name = forms.CharField(max_length=80)
    words = forms.CharField(
        required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}),
        label="The query contains",
        help_text="A word or a phrase a line; one of them is enough. Part of a word counts.",
    )  # fmt: skip
    least = forms.IntegerField(
        required=False, min_value=1, max_value=_LENGTH_MAX, label="Words at least"
    )
    most = forms.IntegerField(
        required=False, min_value=1, max_value=_LENGTH_MAX, label="Words at most"
    )
    metadata = forms.CharField(
        required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}),
        label="The query's metadata says",
        help_text="A key = value a line, all of which hold.",
    )  # fmt: skip
    queries = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), label="The query is one of",
        help_text="An id a line, as imported.",
    )  # fmt: skip

    def __init__(self, *args: Any, row: QuerySlice | None = None, **kwargs: Any) -> None:
        """Show what a slice asks for now."""
        super().__init__(*args, **kwargs)
        if row is not None:
            asked = row.asks
            told = [f"{key} = {value}" for key, value in asked.metadata.items()]
            self.initial = {
                "name": row.name,
                "words": "\n".join(asked.words),
                "least": asked.least,
                "most": asked.most,
                "metadata": "\n".join(told),
                "queries": "\n".join(asked.queries),
            }

    def clean_metadata(self) -> dict[str, str]:
        found = {}
        for line in _lines(self.cleaned_data["metadata"]):
            key, given, value = (part.strip() for part in line.partition("="))
            if not (key and given and value):
                raise forms.ValidationError(f"“{line}” is no key = value.")
            if key in found:
                raise forms.ValidationError(f"“{key}” is asked for twice: all lines have to hold.")
            found[key] = value
        return found

    def conditions(self) -> Conditions:
        """Return what was asked for."""
        data = self.cleaned_data
        return Conditions(
            words=_lines(data["words"]),
            least=data["least"],
            most=data["most"],
            metadata=data["metadata"],
            queries=_lines(data["queries"]),
        )

    def add_errors(self, error: forms.ValidationError) -> None:
        """Put what a service refuses where it belongs."""
        self.add_error(None, error)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
