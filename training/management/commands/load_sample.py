"""`manage.py load_sample`: the sample project, from nothing to its first reranker."""

from typing import Any

from django.core.management.base import BaseCommand

from training.services.sample import sample_load


class Command(BaseCommand):
    help = "Load the sample project and train its first reranker; does only what is not done yet."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in sample_load():
            self.stdout.write(line)
