"""Parts of the registry that other rooms' pages show."""

from typing import Any

from django import template

from accounts.models import Project
from models_app.evidence import summaries_of
from models_app.selectors import rerankers_of_project

register = template.Library()


@register.inclusion_tag("models_app/_summary.html", takes_context=True)
def rerankers_summary(context: template.Context, project: Project) -> dict[str, Any]:
    """A project's rerankers with their newest versions."""
    summaries = summaries_of(rerankers_of_project(project))
    return {"project": project, "user": context["user"], "summaries": summaries}
