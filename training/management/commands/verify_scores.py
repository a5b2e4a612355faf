"""`manage.py verify_scores [TEAM/NAME@vN ...]`: do versions still score as when they were saved?"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_app.models import Reranker, Version
from models_app.revisions import revision_find
from training.ml.errors import RecipeError
from training.ml.models.golden import LIMIT
from training.ml.serving.engine import Engine
from training.scorer.loading import version_load


class Command(BaseCommand):
    help = "Score the golden pairs of every version, or of those named; status 1 if one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("versions", nargs="*", metavar="TEAM/NAME@vN")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = False
        for version in _versions(options["versions"]):
            said, kept = _said(version)
            broken = broken or not kept
            mark = self.style.SUCCESS("ok    ") if kept else self.style.ERROR("broken")
            self.stdout.write(f"{mark}  {version}: {said}")
        if broken:
            sys.exit(1)


def _versions(named: list[str]) -> Iterator[Version]:
    if not named:
        rows = Version.objects.select_related("reranker__project").order_by("pk")
        yield from rows.defer("facts", "lineage", "metrics")
    for name in named:
        repo_id, _, revision = name.partition("@")
        team, _, short = repo_id.partition("/")
        rerankers = Reranker.objects.select_related("project")
        try:
            reranker = rerankers.get(project__slug=team, name=short)
            yield revision_find(reranker, revision or "main")
        except (Reranker.DoesNotExist, Version.DoesNotExist) as error:
            raise CommandError(f"There is no version {name}.") from error


def _said(version: Version) -> tuple[str, bool]:
    """Say how a version's golden pairs come out, and whether that is nothing to worry about."""
    try:
        loaded = version_load(version.revision)
    except RecipeError as error:
        return str(error), False
    if loaded.golden is None:
        return "it has no golden pairs", True
    engine = Engine(loaded.published)
    far = engine.golden(loaded.golden, engine.exact)
    return f"{len(loaded.golden.scores)} golden pairs, off by {far:.1e} at most", far <= LIMIT
