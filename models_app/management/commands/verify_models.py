"""`manage.py verify_models`: hash every stored file of every version again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from models_app.integrity import version_check
from models_app.models import Version


class Command(BaseCommand):
    """Compare the stored bytes of all versions with what was published."""

    help = "Hash every stored file of every version again and name what differs."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per version; fail where a file is damaged or missing."""
        damaged = 0
        versions = Version.objects.select_related("reranker__project").order_by("pk")
        for version in versions.iterator(chunk_size=100):
            problems = [check for check in version_check(version) if check.problem]
            damaged += bool(problems)
            self.stdout.write(f"{version}: {'DAMAGED' if problems else 'ok'}")
            for check in problems:
                self.stdout.write(f"  {check.path}: {check.problem}")
        if damaged:
            raise CommandError(f"{damaged} version(s) are not as published; restore a backup.")
