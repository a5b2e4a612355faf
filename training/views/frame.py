"""What every page of the training tab is given."""

from typing import Any
from uuid import UUID

from django.http import Http404

from accounts.access import Right, role_allows
from accounts.models import Member


def frame(member: Member) -> dict[str, Any]:
    """What every page of the training tab is given."""
    return {
        "project": member.project,
        "manages": role_allows(member.role, Right.MANAGE),
        "section": "projects",
        "tab": "jobs",
    }


def key_of(text: str) -> UUID:
    """Return a job's key from an address. Raises Http404."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404("There is no such job in this project.") from error
