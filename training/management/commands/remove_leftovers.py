"""`manage.py remove_leftovers`: stored files that nothing names any more."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat

from training.services.leftovers import AFTER, Left, leftovers_find, leftovers_remove


class Command(BaseCommand):
    """Say what would be removed; remove it when asked to."""

    help = (
        "Name the stored files that no version, snapshot or push names; with --yes remove those "
        "that have been nobody's for a day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whether to remove, and after how long."""
        parser.add_argument("--yes", action="store_true", help="remove what is due")
        hours = int(AFTER.total_seconds()) // 3600
        parser.add_argument(
            "--hours", type=int, default=hours, help=f"how long it was nobody's; default {hours}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per file, and what they are together."""
        after = timedelta(hours=max(1, options["hours"]))
        if options["yes"]:
            removed = leftovers_remove(after=after)
            self._tell("removed", removed)
            return
        found = leftovers_find(after=after)
        due = [left for left in found if left.due]
        self._tell("would be removed with --yes", due)
        self._tell("not yet", [left for left in found if not left.due])

    def _tell(self, what: str, files: list[Left]) -> None:
        for left in files:
            since = f"{left.since:%Y-%m-%d %H:%M}"
            size = filesizeformat(left.size)
            self.stdout.write(f"{left.sha256}  {size}  nobody's since {since} UTC")
        together = filesizeformat(sum(left.size for left in files))
        self.stdout.write(f"{len(files)} files, {together}: {what}")
