"""How far an import is, shown while its transaction is still open."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

from annotate.models.imports import ImportStatus, Phase

_EVERY_SECONDS: Final = 0.5
_READ: Final = """
UPDATE annotate_import SET rows_read = %s, read_share = %s, read_seconds = read_seconds + %s
WHERE id = %s AND status = %s
"""
_PHASE: Final = """
UPDATE annotate_import SET phase = %s, phase_at = clock_timestamp() WHERE id = %s AND status = %s
"""
_RESUMED: Final = "UPDATE annotate_import SET resumed = resumed + 1 WHERE id = %s AND status = %s"
_WANTED: Final = "SELECT FROM annotate_import WHERE id = %s AND status = %s"


class ImportCancelledError(Exception):
    """Somebody cancelled the import: nothing of it is to be stored."""


class Progress:
    """Shows at once, by a connection of its own, what the import's transactions would show late.

    Each showing asks as well whether the import is still wanted, and raises ImportCancelledError.
    """

    def __init__(self, import_id: int, aside: Any) -> None:
        self._import_id = import_id
        self._aside = aside
        self._shown = time.monotonic()

    def read(self, rows: int, share: float) -> None:
        """Show rows read so far, and the share of the file that they are; called often."""
        if time.monotonic() - self._shown >= _EVERY_SECONDS:
            self._read(rows, share)

    def read_whole(self, rows: int) -> None:
        """Show that the whole file is read."""
        self._read(rows, 1.0)

    def phase(self, phase: Phase) -> None:
        """Show what is being done now."""
        self._show(_PHASE, [phase])

    def resumed(self) -> None:
        """Count that rows of an earlier attempt are of use."""
        self._show(_RESUMED, [])

    def wanted(self) -> None:
        """Raise ImportCancelledError where the import was cancelled."""
        self._show(_WANTED, [])

    def _read(self, rows: int, share: float) -> None:
        now = time.monotonic()
        passed, self._shown = now - self._shown, now
        self._show(_READ, [rows, share, passed])

    def _show(self, statement: str, values: list[Any]) -> None:
        with self._aside.cursor() as cursor:
            cursor.execute(statement, [*values, self._import_id, ImportStatus.RUNNING])
            if cursor.rowcount:
                return
            # A caller's open transaction hides the row itself; that is no cancellation.
            cursor.execute("SELECT FROM annotate_import WHERE id = %s", [self._import_id])
            if cursor.fetchone() is not None:
                raise ImportCancelledError


@contextmanager
def progress_shown(import_id: int) -> Iterator[Progress]:
    """Give the progress of an import, and close its connection in the end."""
    aside = connection.copy()
    try:
        yield Progress(import_id, aside)
    finally:
        aside.close()
