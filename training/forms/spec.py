"""Form fields made from the keys of a spec."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from training.ml.search.languages import LANGUAGES, stemmed_language
from training.spec.field import RUN_LENGTH, SpecField
from training.spec.sweep import grid_clean, grid_read, grid_text


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that are shown together; folded ones open by themselves where one is wrong."""

    title: str
    fields: list[BoundField]
    open: bool


@contextmanager
def said_here(field: str) -> Iterator[None]:
    """Turn what a service says of a field into an error of the field that is being cleaned."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError(error.error_dict[field]) from error


def spec_formfield(key: SpecField, initial: Any) -> forms.Field:
    """Return the form's field for a key of a spec."""
    return _FIELDS[key.kind](key, initial)


def _integer(key: SpecField, initial: Any) -> forms.Field:
    return forms.IntegerField(
        **_common(key, initial), min_value=_whole(key.minimum), max_value=_whole(key.maximum)
    )


def _number(key: SpecField, initial: Any) -> forms.Field:
    field = forms.FloatField(**_common(key, initial), min_value=key.minimum, max_value=key.maximum)
    field.widget.attrs["step"] = "any"
    return field


def _boolean(key: SpecField, initial: Any) -> forms.Field:
    if not key.nullable:
        return forms.BooleanField(**_common(key, initial) | {"required": False})
    return forms.TypedChoiceField(
        **_common(key, initial),
        choices=[("", "—"), (True, "yes"), (False, "no")],
        coerce=lambda value: value == "True",
        empty_value=None,
    )


def _choice(key: SpecField, initial: Any) -> forms.Field:
    meanings = key.meanings or ("",) * len(key.choices)
    lines = zip(key.choices, meanings, strict=True)
    choices = [(name, f"{name}: {line}" if line else name) for name, line in lines]
    if not key.nullable:
        return forms.ChoiceField(**_common(key, initial), choices=choices)
    return forms.TypedChoiceField(
        **_common(key, initial), choices=[("", "—"), *choices], empty_value=None
    )


def language_choices(field: forms.Field, language: str) -> None:
    """Let a form choose among the stemmed languages; `language` is the project's own tag."""
    assert isinstance(field, forms.ChoiceField), "a key with choices"
    own = ("", f"As the project: {stemmed_language(language)}")
    field.choices = [own, *((each, each) for each in LANGUAGES)]


class NamesField(forms.CharField):
    """Names, one a line."""

    widget = forms.Textarea(attrs={"rows": 3, "class": "mono"})

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        return [line.strip() for line in text.splitlines() if line.strip()]


def _names(key: SpecField, initial: Any) -> forms.Field:
    return NamesField(**_common(key, "\n".join(initial)) | {"required": False})


class GridField(forms.CharField):
    """Keys with the values to try, a key a line."""

    widget = forms.Textarea(attrs={"rows": 2, "class": "mono"})

    def clean(self, value: Any) -> Any:
        try:
            return grid_read(super().clean(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error


def _grid(key: SpecField, initial: Any) -> forms.Field:
    field = GridField(**_common(key, grid_text(grid_clean(initial))) | {"required": False})
    field.widget.attrs["placeholder"] = "learning_rate: 1e-5, 2e-5"
    return field


def _text(key: SpecField, initial: Any) -> forms.Field:
    # Spaces at the ends of a template are meant.
    widget = forms.TextInput(attrs={"class": "mono"})
    return forms.CharField(**_common(key, initial), strip=key.kind != "template", widget=widget)


def _run(key: SpecField, initial: Any) -> forms.Field:
    widget = forms.TextInput(attrs={"class": "mono"})
    common = _common(key, initial)
    return forms.CharField(**common, max_length=RUN_LENGTH, empty_value=None, widget=widget)


def _common(key: SpecField, initial: Any) -> dict[str, Any]:
    return {
        "label": key.name,
        "help_text": _help(key.help),
        "initial": initial,
        "required": not key.nullable,
    }


def _help(text: str) -> SafeString:
    """Return a key's help for a form: names in backticks as code; what is null is left empty."""
    parts = re.split(r"`([^`]+)`", text.replace("null:", "empty:"))
    rows = ((part, "code" if place % 2 else "span") for place, part in enumerate(parts) if part)
    return format_html_join("", "<{1}>{0}</{1}>", rows)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


_FIELDS: Final[Mapping[str, Callable[[SpecField, Any], forms.Field]]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "choice": _choice,
    "text": _text,
    "run": _run,
    "template": _text,
    "names": _names,
    "grid": _grid,
}
