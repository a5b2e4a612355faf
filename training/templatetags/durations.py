"""Durations as people say them."""

from typing import Final

from django import template

register = template.Library()

MINUTE: Final = 60
HOUR: Final = 3600


@register.filter
def duration(seconds: float | None) -> str:
    """Return "8 s", "3 min 05 s" or "1 h 02 min"; an empty text for None."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02d} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"
