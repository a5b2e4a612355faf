"""What was erased is left out of an import: yesterday's file does not bring it back."""

from typing import Final

from django.db.backends.utils import CursorWrapper

from annotate.models import Thing
from annotate.tombstones import Remembered

_BATCH: Final = 10_000
_TABLES: Final = {Thing.QUERY: "import_query", Thing.PASSAGE: "import_passage"}


def erased_leave_out(cursor: CursorWrapper, project_id: int) -> int:
    """Take erased queries and passages out of what is staged; return how many rows had one.

    What else such a row says of the other side stays: a pair without its passage is a query alone.
    The caller holds the project's texts.
    """
    rows = 0
    for thing, table in _TABLES.items():
        remembered = Remembered(project_id, thing)
        if remembered:
            rows += _leave_out(cursor, thing, table, remembered)
    return rows


def _leave_out(cursor: CursorWrapper, thing: Thing, table: str, remembered: Remembered) -> int:
    # Only names of this module are put in.
    keys = list(_erased_keys(cursor, table, remembered))
    if not keys:
        return 0
    cursor.execute(f"DELETE FROM {table} WHERE key = ANY(%s)", [keys])  # noqa: S608
    cursor.execute(
        f"UPDATE import_row SET {thing} = NULL, grade_id = NULL, run = NULL, rank = NULL,"  # noqa: S608
        f" score = NULL WHERE {thing} = ANY(%s)",
        [keys],
    )
    return int(cursor.rowcount)


def _erased_keys(cursor: CursorWrapper, table: str, remembered: Remembered) -> set[bytes]:
    cursor.execute(f"SELECT key, external_id, digest FROM {table}")  # noqa: S608
    found: set[bytes] = set()
    while rows := cursor.fetchmany(_BATCH):
        for key, external_id, digest in rows:
            known = external_id is not None and remembered.id(external_id)
            if known or (digest is not None and remembered.text(bytes(digest))):
                found.add(bytes(key))
    return found
