"""`manage.py export_data PROJECT FILE --format F`."""

import os
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Project
from annotate.exporting import FORMATS, WHATS, export_blocks


class Command(BaseCommand):
    help = (
        "Write a project's judgments, qrels or preferences to a file, or to standard output"
        " where it is -."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("file")
        parser.add_argument("--format", choices=list(FORMATS), default="jsonl")
        parser.add_argument(
            "--what",
            choices=WHATS,
            help="default: judgments for jsonl, csv and parquet, qrels for the others",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        try:
            blocks = export_blocks(project, format_name=options["format"], what=options["what"])
            if options["file"] == "-":
                self._print(blocks)
                return
            target = Path(options["file"])
            _write(blocks, target)
        except (OSError, ValidationError) as error:
            messages = error.messages if isinstance(error, ValidationError) else [str(error)]
            raise CommandError("; ".join(messages)) from error
        self.stdout.write(f"Wrote {target} ({target.stat().st_size} bytes).")

    def _print(self, blocks: Iterator[bytes]) -> None:
        binary = getattr(self.stdout, "buffer", None)
        for block in blocks:
            if binary is None:  # a stream of text, in place of the process's own output
                self.stdout.write(block.decode(), ending="")
            else:
                binary.write(block)


def _write(blocks: Iterator[bytes], target: Path) -> None:
    """Write a file whole or not at all: a reader never sees half an export under its name."""
    handle, staged = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.writelines(blocks)
        Path(staged).chmod(0o644)
        Path(staged).replace(target)
    finally:
        Path(staged).unlink(missing_ok=True)
