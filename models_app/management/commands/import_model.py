"""`manage.py import_model TEAM/NAME SOURCE`: a model that was made elsewhere."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Project, User
from models_app.models import Reranker, Version
from models_app.services.importing import folder_import, hub_import, zip_import
from models_app.services.rerankers import reranker_ensure


class Command(BaseCommand):
    """Publish a folder, a zip, or a model of another hub as the next version."""

    help = (
        "Publish a model that was made elsewhere as the next version of TEAM/NAME: a folder, a zip,"
        " or the id of a model on another hub (HF_ENDPOINT). No alias moves."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take where to, and from where."""
        parser.add_argument("reranker", metavar="TEAM/NAME")
        parser.add_argument("source", metavar="SOURCE", help="folder, zip, or ORGANISATION/MODEL")
        parser.add_argument("--revision", help="of a model on another hub; its main by default")
        parser.add_argument("--user", help="who publishes it; nobody by default")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the version that came of it; fail in words where it is refused."""
        try:
            version = self._import(options)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        self.stdout.write(f"{version} {version.revision}")

    def _import(self, options: dict[str, Any]) -> Version:
        reranker, by = self._reranker(options["reranker"]), self._user(options["user"])
        source = Path(options["source"])
        if source.is_dir():
            return folder_import(reranker=reranker, source=source, created_by=by)
        if source.is_file():
            return zip_import(reranker=reranker, source=source, name=source.name, created_by=by)
        return hub_import(
            reranker=reranker,
            repo_id=options["source"],
            revision=options["revision"],
            created_by=by,
        )

    def _reranker(self, repo_id: str) -> Reranker:
        team, _, name = repo_id.partition("/")
        project = Project.objects.filter(slug=team).first()
        if project is None:
            raise CommandError(f"There is no project {team!r}.")
        return reranker_ensure(project=project, name=name, created_by=None)

    def _user(self, name: str | None) -> User | None:
        if name is None:
            return None
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user {name!r}.")
        return user
