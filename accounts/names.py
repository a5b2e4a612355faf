"""Names that appear in addresses: user names, project slugs (the TEAM of its models), rerankers.

They must be valid repository names for `huggingface_hub`, since `TEAM/NAME` is what a client asks
the registry for, and they must never hide one of our own routes.
"""

import re
from typing import Final

from django.core.exceptions import ValidationError
from django.db.models import Q

NAME_MAX_LENGTH: Final = 40

# First path segments that Arbiter, or a Hugging Face client, gives a meaning of their own.
RESERVED_NAMES: Final = frozenset(
    {
        "accounts", "admin", "api", "assets", "collections", "compat", "datasets", "docs",
        "favicon.ico", "health", "help", "jobs", "join", "kernels", "livez", "login", "logout",
        "main", "me", "metrics", "models", "new", "organizations", "papers", "projects", "readyz",
        "rerank", "rerankers", "resolve", "robots.txt", "search", "settings", "spaces", "static",
        "tokens", "v1", "v2", "welcome",
    }
)  # fmt: skip

# What the database knows, too: see `name_condition`.
_NAME_PATTERN: Final = r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"
_FORBIDDEN_PATTERN: Final = r"--|[.][.]|[.]git$|[.]ipynb$"


def name_condition(field: str) -> Q:
    """Return what `validate_name` asks of a column, for a check constraint."""
    pattern = f"{field}__regex"
    return Q(**{pattern: _NAME_PATTERN}) & ~Q(**{pattern: _FORBIDDEN_PATTERN})


def validate_name(value: str) -> None:
    """Raise ValidationError unless `value` can be one half of a repository id.

    The rules are those of `huggingface_hub.utils.validate_repo_id`: letters, digits, `-`, `_`
    and `.`, no `--` or `..`, no `-` or `.` at either end, and no `.git` or `.ipynb` at the end.
    """
    if len(value) > NAME_MAX_LENGTH:
        raise ValidationError(f"Use at most {NAME_MAX_LENGTH} characters.", code="name_too_long")
    if not re.fullmatch(_NAME_PATTERN, value):
        raise ValidationError(
            "Use letters, digits, '-', '_' and '.', with a letter or digit at both ends.",
            code="name_characters",
        )
    if re.search(_FORBIDDEN_PATTERN, value):
        raise ValidationError(
            "'--', '..' and the endings '.git' and '.ipynb' are not allowed in names.",
            code="name_sequence",
        )


def validate_top_name(value: str) -> None:
    """Like `validate_name`, for names that stand first in a path; reserved words are refused."""
    validate_name(value)
    if value.lower() in RESERVED_NAMES:
        raise ValidationError(f"'{value}' is reserved. Choose another name.", code="name_reserved")


def validate_model_name(value: str) -> None:
    """Raise ValidationError unless `value` names a reranker, with or without a revision.

    That is `TEAM/RERANKER`, `TEAM/RERANKER@alias`, or `…@v3`; whether it is there is not asked.
    """
    repo_id, at, revision = value.partition("@")
    team, slash, name = repo_id.partition("/")
    if not slash or (at and not re.fullmatch(r"[A-Za-z0-9._-]+", revision)):
        raise ValidationError(
            "Name it as TEAM/RERANKER, TEAM/RERANKER@alias or TEAM/RERANKER@v1.", code="model_name"
        )
    for half in (team, name):
        validate_name(half)
