"""Agreement in templates: who a judge is, and look-ups by a name that varies."""

from collections.abc import Mapping
from typing import Any

from django import template

from annotate.selectors.agreement_reports import GONE, Seen

register = template.Library()


@register.filter
def judge_shown(seen: Seen, key: int) -> str:
    """Return how pages name a judge."""
    return seen.judges.get(key, GONE).shown


@register.filter
def at(values: Mapping[str, Any], key: str) -> Any:
    """Return what stands under a key."""
    return values[key]
