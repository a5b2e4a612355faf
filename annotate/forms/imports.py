"""A file that is brought in."""

from django import forms
from django.core.exceptions import ValidationError

from annotate.formats import AUTO, FORMATS
from annotate.models import OnConflict


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
