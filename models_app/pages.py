"""What the registry's larger pages show, gathered for their templates."""

from typing import Any

from django.conf import settings

from accounts.access import Right
from models_app import selectors
from models_app.access import Access
from models_app.archive import archive_size
from models_app.breakdown import calibration_of, slices_of
from models_app.cards.evidence import weaknesses
from models_app.evidence import card_of, first_stage_of, headline_of, log_of
from models_app.figures import binary_tables, ranking_tables
from models_app.lineage import lineage_shown
from models_app.models import Version
from models_app.readme import archive_path
from models_app.uses import uses_of
from models_app.verdict import verdict_of


def page_context(access: Access) -> dict[str, Any]:
    """Return what every page of a reranker needs. Outsiders see no project around it."""
    return {
        "reranker": access.reranker,
        "project": access.reranker.project if access.member else None,
        "section": "rerankers",
        "tab": "rerankers",
        "member": access.member,
        "may_manage": access.may(Right.MANAGE),
        "may_review": access.may(Right.REVIEW),
        "public_url": str(settings.PUBLIC_URL).rstrip("/"),
    }


def reranker_context(access: Access) -> dict[str, Any]:
    """Return what a reranker's page shows to this caller, the versions left out."""
    reranker = access.reranker
    champion = selectors.champion_of(reranker)
    shown = champion or selectors.newest_of(reranker)
    points = headline_of(champion) if champion else []
    return {
        **page_context(access),
        "champion": champion,
        "shown": shown,
        "archive": archive_path(reranker, shown.number),
        "archive_size": archive_size(shown),
        "points": points,
        "first_stage": first_stage_of(champion) if champion else "",
        "verdict": verdict_of(champion.facts) if champion else None,
        "aliases": selectors.aliases_of(reranker),
        "moves": selectors.alias_history(reranker)[:20] if access.member else [],
    }


def version_context(access: Access, version: Version) -> dict[str, Any]:
    """Return what a version's page shows to this caller."""
    points = headline_of(version)
    member, verdict = access.member, verdict_of(version.facts)
    warned = verdict.warnings if verdict else ()
    return page_context(access) | {
        "version": version,
        "points": points,
        "first_stage": first_stage_of(version),
        "verdict": verdict,
        "weaknesses": [said for said in weaknesses(version.facts) if said not in warned],
        "ranking": ranking_tables(version.metrics),
        "binary": binary_tables(version.metrics),
        "slices": slices_of(version.facts, member=member),
        "calibration": calibration_of(version.facts),
        "log": log_of(version.facts),
        "lineage": lineage_shown(version.lineage, member=member),
        "files": version.artifacts.all(),
        "card": card_of(version),
        "archive": archive_path(version.reranker, version.number),
        "archive_size": archive_size(version),
        "aliases": selectors.aliases_of(access.reranker),
        "moves": selectors.moves_of(version) if member else [],
        "reviews": selectors.reviews_of(version) if member else [],
        "newest": selectors.newest_of(access.reranker),
        "uses": uses_of(version) if member else [],
    }
