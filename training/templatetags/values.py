"""Numbers and settings as people write them."""

from typing import Any, Final

from django import template

register = template.Library()

_SUPERSCRIPT: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Below this, digits after the point are counted rather than read.
SMALL: Final = 1e-3


@register.filter
def small(value: float | None) -> str:
    """Return three digits of a small number, "5 × 10⁻⁵"; "–" for None."""
    if value is None:
        return "–"
    if value == 0 or abs(value) >= SMALL:
        return f"{value:.3g}"
    digits, _, power = f"{value:.2e}".partition("e")
    return f"{float(digits):g} × 10{str(int(power)).translate(_SUPERSCRIPT)}"


@register.filter
def setting(value: Any) -> str:
    """Return a recipe's value in words: yes, no, not set, a number, or the text itself."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return small(value) if isinstance(value, float) else str(value)
