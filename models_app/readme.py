"""The border to the cards: the facts that only the registry knows, and the call that renders."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.utils.text import get_text_list

from models_app.cards import card_render
from models_app.models import Reranker

_NAMED_SOURCES: Final = 3


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
    taken where the caller names none, and a dataset without a name, as snapshots are, is called
    after the sources of its labels. `commit` is that of the code that trained the model. The card
    cannot name its own commit, of which it is a part.
    """
    project = reranker.project
    given = facts.get("lineage") or {}
    named = {"name": _dataset_name(facts, reranker)}
    return {
        **facts,
        "dataset": facts.get("dataset") and {**facts["dataset"], **named},
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


def _dataset_name(facts: Mapping[str, Any], reranker: Reranker) -> str | None:
    """Return the dataset's own name, else its largest label sources, which the card lists too."""
    if name := (facts.get("dataset") or {}).get("name"):
        return str(name)
    sources = list((facts.get("labels") or {}).get("sources") or [])
    sources.sort(key=lambda source: -source["judgments"])
    here = f"judgments of {reranker.project.slug}"
    names = [here if source["kind"] == "person" else str(source["name"]) for source in sources]
    if len(names) > _NAMED_SOURCES:
        names[_NAMED_SOURCES:] = [f"{len(names) - _NAMED_SOURCES} more"]
    return get_text_list(names, "and") or None


def readme_render(facts: Mapping[str, Any]) -> str:
    """Render complete facts as the version's README.md."""
    return card_render(facts)


def archive_path(reranker: Reranker, number: int) -> str:
    """Return the path of a version's zip, which stands in cards for good (design, section 5)."""
    return f"/api/v1/rerankers/{reranker.repo_id}/versions/{number}/archive/"
