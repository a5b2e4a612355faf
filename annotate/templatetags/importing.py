"""What the pages of imports say of time."""

from django import template

register = template.Library()


@register.filter
def duration(seconds: int) -> str:
    """An estimated duration in words, no more exact than an estimate is."""
    if seconds < 10:
        return "A few seconds"
    if seconds < 90:
        return f"About {round(seconds, -1)} seconds"
    if seconds < 90 * 60:
        return f"About {round(seconds / 60)} minutes"
    return f"About {round(seconds / 3600)} hours"
