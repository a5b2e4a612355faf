"""`manage.py choose_backend REVISION`: find what computes a version's scores fastest here."""

import json
import os
import sys
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from models_app.models import Version
from training.ml.errors import RecipeError
from training.scorer.loading import backend_now, version_load

# Below what people do at this machine, and below requests that are served meanwhile.
NICE: Final = 10


class Command(BaseCommand):
    help = (
        "Try every backend that is installed with a version, and keep the fastest faithful one for"
        " this machine. Standard input: a JSON list of [query, passage], used where no judgment is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("revision", help="the version's commit")

    def handle(self, *args: Any, **options: Any) -> None:
        os.nice(NICE)
        try:
            loaded = version_load(options["revision"])
        except Version.DoesNotExist as error:
            raise CommandError("There is no version of this commit.") from error
        except RecipeError as error:
            raise CommandError(str(error)) from error
        said = "" if sys.stdin.isatty() else sys.stdin.read()
        texts = [(query, passage) for query, passage in json.loads(said or "[]")]
        self.stdout.write(backend_now(loaded, texts).line())
