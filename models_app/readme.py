"""The border to the cards: the facts that only the registry knows, and the call that renders."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from models_app.cards import card_render
from models_app.models import Reranker


def facts_complete(
    facts: Mapping[str, Any],
    *,
    reranker: Reranker,
    number: int,
    job: UUID | None,
    created_at: datetime,
    commit: str | None = None,
) -> dict[str, Any]:
    """Return the facts with `registry`, `lineage` and what the project decides filled in.

    Whether a card may quote texts is the project's decision alone; its language and licence are
    taken where the caller names none. `commit` is that of the code that trained the model. The
    card cannot name its own commit, of which it is a part.
    """
    project = reranker.project
    given = facts.get("lineage") or {}
    return {
        **facts,
        "language": facts.get("language") or ([project.language] if project.language else None),
        "license": facts.get("license") or project.license or None,
        "samples_allowed": project.sample_texts,
        "registry": {
            "url": str(settings.PUBLIC_URL).rstrip("/"),
            "repo_id": reranker.repo_id,
            "version": number,
            "archive": archive_path(reranker, number),
        },
        "lineage": {
            "job": str(job) if job else "none",
            "git_commit": commit or given.get("git_commit") or "unknown",
            "created_at": created_at.astimezone(UTC).isoformat(timespec="seconds"),
        },
    }


def readme_render(facts: Mapping[str, Any]) -> str:
    """Render complete facts as the version's README.md."""
    return card_render(facts)


def archive_path(reranker: Reranker, number: int) -> str:
    """Return the path of a version's zip, which stands in cards for good (design, section 5)."""
    return f"/api/v1/rerankers/{reranker.repo_id}/versions/{number}/archive/"
