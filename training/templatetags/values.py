"""Numbers and settings as people write them."""

from typing import Any, Final

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

from models_app.figures import HEADLINE, MODEL, figure_of
from models_app.models import Version
from training.retrying import words as settings_said
from training.spec.sweep import grid_text

register = template.Library()

_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+")


@register.filter
def rate(value: float | None) -> str:
    """Return a learning rate with three digits, "5.00 × 10⁻⁵"; "–" for None."""
    if value is None:
        return "–"
    return _written(f"{value:.2e}") if value else "0"


@register.filter
def measured(value: float | None, name: str) -> str:
    """Return what a job measured under a name, "0.6931", "12.4" or "1,204" MB; "" for None."""
    if value is None:
        return ""
    if name == "learning_rate":
        return rate(value)
    if name == "memory_bytes":
        return megabytes(value).removesuffix(" MB")
    return grouped(value) if name.endswith("_per_second") else f"{value:.4f}"


@register.filter
def plotted(value: float, name: str) -> str:
    """Return the number that a chart has for what `measured` writes: memory in MB."""
    return repr(value / 1e6 if name == "memory_bytes" else value)


@register.filter
def grouped(value: float) -> str:
    """Return a rate to read: "1,204" from a hundred on, "12.4", "0.35" below one."""
    return str(intcomma(f"{value:.0f}")) if value >= 100 else f"{value:.{1 if value >= 1 else 2}f}"


@register.filter
def megabytes(value: float) -> str:
    """Return bytes as "1,204 MB", a million bytes each."""
    return f"{value / 1e6:,.0f} MB"


@register.filter
def on_dev(version: Version) -> float | None:
    """Return a version's nDCG@10 on the dev split, by which settings are chosen."""
    figure = figure_of(version.metrics, "dev", MODEL, HEADLINE)
    return None if figure is None else figure.value


@register.filter
def setting(value: Any) -> str:
    """Return a recipe's value: yes, no, not set, names, a number with all digits, or the text."""
    if value is None:
        return "not set"
    if isinstance(value, list):
        return (
            ", ".join(value[:10]) + (f" and {len(value) - 10:,} more" if value[10:] else "")
            or "none"
        )
    if isinstance(value, dict):
        return grid_text(value).replace("\n", "; ") or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _written(repr(value).removesuffix(".0")) if isinstance(value, float) else str(value)


@register.filter
def words(values: dict[str, Any]) -> str:
    """Return settings as a sentence has them: "max_length 256 and batch_size 8"."""
    return settings_said(values)


def _written(number: str) -> str:
    digits, _, power = number.partition("e")
    return f"{digits} × 10{str(int(power)).translate(_SUPERSCRIPT)}" if power else digits
