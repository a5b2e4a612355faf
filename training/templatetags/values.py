"""Numbers and settings as people write them."""

from typing import Any, Final

from django import template

register = template.Library()

_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "+")


@register.filter
def rate(value: float | None) -> str:
    """Return a learning rate with three digits, "5.00 × 10⁻⁵"; "–" for None."""
    if value is None:
        return "–"
    return _written(f"{value:.2e}") if value else "0"


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
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _written(repr(value).removesuffix(".0")) if isinstance(value, float) else str(value)


def _written(number: str) -> str:
    digits, _, power = number.partition("e")
    return f"{digits} × 10{str(int(power)).translate(_SUPERSCRIPT)}" if power else digits
