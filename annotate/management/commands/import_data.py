"""`manage.py import_data PROJECT FILE --format F`."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Project
from annotate.models import Import, ImportStatus, OnConflict
from annotate.selectors.imports import created_counts
from annotate.services.importing import import_file


def field_and_column(text: str) -> tuple[str, str | None]:
    """Read FIELD=COLUMN; an empty column leaves the field out."""
    field, equals, column = text.partition("=")
    if not field or not equals:
        raise ArgumentTypeError(f"{text!r} is not FIELD=COLUMN")
    return field, column or None


def label_and_grade(text: str) -> tuple[str, int]:
    """Read LABEL=GRADE."""
    label, _, grade = text.rpartition("=")
    try:
        value = int(grade)
    except ValueError as error:  # which thousands of digits are, too
        raise ArgumentTypeError(f"{text[:80]!r} is not LABEL=GRADE") from error
    if not label:
        raise ArgumentTypeError(f"{text[:80]!r} is not LABEL=GRADE")
    return label, value


class Command(BaseCommand):
    help = (
        "Import a file (or a BEIR folder) into a project, whole or not at all. Exits with 1 and"
        " the errors on standard error where the file is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", help="the project's slug")
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", default="auto", help="see docs/formats.md; default: auto")
        parser.add_argument("--source", default="", help="whose labels these are")
        parser.add_argument(
            "--map", type=field_and_column, action="append", default=[], metavar="FIELD=COLUMN"
        )
        parser.add_argument(
            "--label", type=label_and_grade, action="append", default=[], metavar="LABEL=GRADE"
        )
        parser.add_argument("--on-conflict", choices=OnConflict.values, default=OnConflict.REFUSE)

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}.")
        if not options["file"].exists():
            raise CommandError(f"There is no file {options['file']}.")
        try:
            done = import_file(
                project=project,
                path=options["file"],
                source_name=options["source"],
                format_name=options["format"],
                mapping=dict(options["map"]),
                label_names=dict(options["label"]),
                on_conflict=options["on_conflict"],
            )
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self._report(done)

    def _report(self, done: Import) -> None:
        if done.status != ImportStatus.SUCCEEDED:
            for error in done.errors:
                member = f"{error['member']}, " if error["member"] else ""
                self.stderr.write(
                    f"{member}line {error['line']}, {error['field']}: {error['message']}"
                )
            raise CommandError(f"{done.name} was refused; nothing of it was stored.")
        self.stdout.write(
            f"{done.name} ({done.format}): {done.rows_read} rows read, {done.rows_created} new,"
            f" {done.rows_unchanged} unchanged, {done.rows_repeated} exact repeats merged,"
            f" in {done.seconds:.1f} s"
        )
        for kind, count in created_counts(done):
            self.stdout.write(f"  {kind}: {count}")
