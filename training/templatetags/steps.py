"""Parts of training that other rooms' pages show."""

from typing import Any

from django import template

from accounts.access import role_in
from accounts.models import Project
from annotate.selectors.pooling import queries_bare
from training.selectors.overview import standings_of

register = template.Library()


@register.inclusion_tag("training/_next_step.html", takes_context=True)
def next_step(context: template.Context, project: Project) -> dict[str, Any]:
    """What to do next in a project."""
    project.opened_as = role_in(project, context["user"])
    standing = standings_of([project])[project.pk]
    return {"project": project, "user": context["user"], "standing": standing}


@register.inclusion_tag("training/_bare_queries.html", takes_context=True)
def bare_queries(context: template.Context, project: Project) -> dict[str, Any]:
    """How many queries have no candidate, and the way to build some."""
    return {
        "project": project,
        "user": context["user"],
        "bare": queries_bare(project).count(),
        "searchable": project.passages.filter(withdrawn_at=None).exists(),
    }
