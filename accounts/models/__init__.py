"""Who there is, and what belongs together. One import place for the room's models."""

from accounts.models.people import (
    LoginAttempt,
    OwnerLink,
    Scope,
    Session,
    Token,
    User,
    secret_digest,
)
from accounts.models.projects import Grade, Member, Namespace, Project, Role
from accounts.models.storage import Leftover

__all__ = [
    "Grade",
    "Leftover",
    "LoginAttempt",
    "Member",
    "Namespace",
    "OwnerLink",
    "Project",
    "Role",
    "Scope",
    "Session",
    "Token",
    "User",
    "secret_digest",
]
