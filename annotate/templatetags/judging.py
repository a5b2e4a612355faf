"""Parts of judging that other rooms' pages show."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.access import Right, role_allows, role_in
from accounts.models import Project
from annotate.selectors.checks import still_since
from annotate.selectors.judging import answers_number
from annotate.selectors.progress import project_progress
from annotate.texts.about import About, query_about
from annotate.texts.matching import Ranges

register = template.Library()


@register.inclusion_tag("annotate/_progress.html", takes_context=True)
def judging_progress(context: template.Context, project: Project) -> dict[str, Any]:
    """How far a project's judging is."""
    role = role_in(project, context["user"])
    still = still_since(project, role)
    return {
        "project": project,
        "progress": project_progress(project, still=still),
        "still": still,
        "sees_labels": role_allows(role, Right.REVIEW) or not (project.blind or still),
        "may_judge": role_allows(role, Right.JUDGE),
        "given": answers_number(project, context["user"]) if still else None,
    }


@register.filter
def marked(text: str, ranges: Ranges) -> SafeString:
    """Return a text with its [start, end) ranges marked, as the page's script does it."""
    parts, at = SafeString(), 0
    for start, end in ranges:
        parts += format_html("{}<mark>{}</mark>", text[at:start], text[start:end])
        at = end
    return parts + format_html("{}", text[at:])


@register.filter
def about_query(metadata: Mapping[str, Any]) -> About:
    """Return what came with a query, what helps most first."""
    return query_about(metadata)


@register.filter
def duration(seconds: float) -> str:
    """Say seconds as people do: 45 s, 12 min, 1 h 05 min."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"
