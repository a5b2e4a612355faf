"""Parts of judging that other rooms' pages show."""

from typing import Any

from django import template

from accounts.access import Right, role_allows, role_in
from accounts.models import Project
from annotate.selectors.progress import project_progress

register = template.Library()


@register.inclusion_tag("annotate/_progress.html", takes_context=True)
def judging_progress(context: template.Context, project: Project) -> dict[str, Any]:
    """How far a project's judging is."""
    may_judge = role_allows(role_in(project, context["user"]), Right.JUDGE)
    return {"project": project, "progress": project_progress(project), "may_judge": may_judge}
