"""What was erased is left out of an import: yesterday's file does not bring it back."""

from typing import Final

from django.db.backends.utils import CursorWrapper

from annotate.models import Thing
from annotate.tombstones import Remembered

_BATCH: Final = 50  # texts, each of which may have a megabyte
_TABLES: Final = {Thing.QUERY: "import_query", Thing.PASSAGE: "import_passage"}
_LOOK: Final = {
    Thing.QUERY: "SELECT key, external_id, digest, text, '' FROM import_query",
    Thing.PASSAGE: "SELECT key, external_id, digest, text, title FROM import_passage",
}
# What the project holds under this very wording was not erased: it only reads like it.
_STANDS: Final = {
    Thing.QUERY: """
SELECT s.key FROM import_query s WHERE s.key = ANY(%(keys)s) AND s.digest IN (
    SELECT digest FROM annotate_query WHERE project_id = %(project)s AND erased_at IS NULL)
""",
    Thing.PASSAGE: """
SELECT s.key FROM import_passage s JOIN annotate_text x
  ON x.project_id = %(project)s AND x.digest = s.digest
JOIN annotate_passage p ON p.text_id = x.id AND p.erased_at IS NULL AND s.title IN ('', p.title)
WHERE s.key = ANY(%(keys)s)
""",
}


def erased_leave_out(cursor: CursorWrapper, project_id: int) -> int:
    """Take erased queries and passages out of what is staged; return how many rows had one.

    What else such a row says of the other side stays: a pair without its passage is a query alone.
    The caller holds the project's texts.
    """
    rows = 0
    for thing, table in _TABLES.items():
        remembered = Remembered(project_id, thing)
        if remembered:
            rows += _leave_out(cursor, table, _erased_keys(cursor, project_id, thing, remembered))
    return rows


def _leave_out(cursor: CursorWrapper, table: str, keys: list[bytes]) -> int:
    # Only names of this module are put in.
    if not keys:
        return 0
    thing = table.removeprefix("import_")
    cursor.execute(f"DELETE FROM {table} WHERE key = ANY(%s)", [keys])  # noqa: S608
    cursor.execute(
        f"UPDATE import_row SET {thing} = NULL, grade_id = NULL, run = NULL, rank = NULL,"  # noqa: S608
        f" score = NULL WHERE {thing} = ANY(%s)",
        [keys],
    )
    return int(cursor.rowcount)


def _erased_keys(
    cursor: CursorWrapper, project_id: int, thing: Thing, remembered: Remembered
) -> list[bytes]:
    """Return the keys of what was erased, reading the staged texts a few at a time."""
    known: set[bytes] = set()
    alike: set[bytes] = set()
    cursor.execute(f"DECLARE staged_text NO SCROLL CURSOR FOR {_LOOK[thing]}")
    while True:
        cursor.execute(f"FETCH {_BATCH} FROM staged_text")
        rows = cursor.fetchall()
        if not rows:
            break
        for key, external_id, digest, text, title in rows:
            if (external_id is not None and remembered.id(external_id)) or (
                digest is not None and remembered.digest(bytes(digest))
            ):
                known.add(bytes(key))
            elif (text and remembered.text(text)) or remembered.title(title):
                alike.add(bytes(key))
    cursor.execute("CLOSE staged_text")
    if alike:
        cursor.execute(_STANDS[thing], {"keys": list(alike), "project": project_id})
        alike -= {bytes(key) for (key,) in cursor.fetchall()}
    return list(known | alike)
