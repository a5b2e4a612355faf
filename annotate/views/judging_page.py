"""What the judging page shows in every layout, and which layouts there are."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse

from accounts.markdown import markdown_html
from accounts.models import Member, Project
from annotate.selectors.pairs import pairs_on
from annotate.services.answers import Status

SKIP_REASONS: Final = (
    "The query is unclear",
    "The passage is unreadable",
    "Not in a language I read",
    "I lack the knowledge",
)
ONE: Final = "one"
PAIRS: Final = "pairs"
_LAYOUTS: Final = {ONE: "One by one", "list": "As a list", PAIRS: "In pairs"}
_LAYOUT_KEY: Final = "judging_layout"


def layouts_of(project: Project) -> list[str]:
    """Return the layouts that a project offers."""
    return [name for name in _LAYOUTS if name != PAIRS or pairs_on(project)]


def layout_for(request: HttpRequest, offered: Sequence[str]) -> str:
    """Return the layout that is asked for, or else was the last time, where it is offered."""
    asked = request.GET.get("layout")
    if asked in offered:
        request.session[_LAYOUT_KEY] = asked
    kept = request.session.get(_LAYOUT_KEY)
    return str(kept) if kept in offered else ONE


def page_context(
    member: Member, *, layout: str, answered: int, latest: Sequence[uuid.UUID]
) -> dict[str, Any]:
    """Return what the page and its end show alike, whatever is judged.

    `answered` is how many answers the person has given, `latest` the ids of the newest of them.
    """
    project, person = member.project, member.user
    lease = "api-pairs-lease" if layout == PAIRS else "api-lease"
    return {
        "project": project,
        "section": "projects",
        "tab": "judge",
        "layout": layout,
        "answer_id": uuid.uuid4(),
        "undo_id": uuid.uuid4(),
        "last": latest[0] if latest else None,
        "items": [],
        "settings": {
            "layout": layout,
            "lease": reverse(lease, args=[project.slug]),
            "judgments": reverse("api-judgments", args=[project.slug]),
            "preferences": reverse("api-preferences", args=[project.slug]),
            "worker": reverse("annotate:judge-worker", args=[project.slug]),
            "leaseSeconds": settings.JUDGING_LEASE_SECONDS,
            "person": str(person.pk),
            "answered": answered,
            "latest": [str(pk) for pk in latest],
            "names": {str(grade.value): grade.name for grade in project.scheme},
            "whose": f"{project.pk}:{person.pk}:",  # what this browser keeps, it keeps under this
        },
    }


def desk_context(project: Project, layout: str, offered: Sequence[str]) -> dict[str, Any]:
    """Return what stands around the items while there are any."""
    following = offered[(offered.index(layout) + 1) % len(offered)]
    return {
        "guidelines": markdown_html(project.guidelines) if project.guidelines else "",
        "reasons": SKIP_REASONS,
        "next_layout": (following, _LAYOUTS[following]),
    }


def result_tell(request: HttpRequest, status: Status, message: str, *, thing: str) -> None:
    """Say what became of an answer where it is not what the person expects."""
    if status is Status.LATE:
        told = message or f"Kept; but a colleague had taken this {thing} over meanwhile."
        messages.warning(request, told, extra_tags="warn")
    elif status.code >= 400:
        messages.error(request, message, extra_tags="bad")
