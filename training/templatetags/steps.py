"""Parts of training that other rooms' pages show."""

from typing import Any

from django import template

from accounts.models import Project
from training.overview import standings_of

register = template.Library()


@register.inclusion_tag("training/_next_step.html", takes_context=True)
def next_step(context: template.Context, project: Project) -> dict[str, Any]:
    """What to do next in a project."""
    standing = standings_of([project])[project.pk]
    return {"project": project, "user": context["user"], "standing": standing}
