"""Where rows wait between being read and being stored.

A small file is read and stored in one transaction, through temporary tables. A larger one is read
into unlogged tables in a schema of its import, block by block, each committed together with the
place in the file that it reaches to: whoever takes the import up after a kill goes on from there.
A crash of PostgreSQL empties unlogged tables, that of the place as well, and reading starts over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from annotate.formats import Place
from annotate.formats.records import MIB

# Below, reading takes a few seconds, and starting over is cheaper than the tables' files.
RESUMABLE_BYTES: Final = 8 * MIB
# Part of what has to be the same for rows to be of use; raise it with every change of the tables.
_LAYOUT: Final = 1
_SCHEMA: Final = "arbiter_import_"

_TABLES: Final[Mapping[str, str]] = {
    "import_query": "n bigint, key bytea, external_id text, digest bytea, text text, metadata text",
    "import_passage": (
        "n bigint, key bytea, external_id text, digest bytea, title text, text text, metadata text"
    ),
    "import_row": (
        "n bigint, line integer, member text, query bytea, passage bytea, wording bytea,"
        " grade_id bigint, run text, rank integer, score double precision, position bigint,"
        " metadata text"
    ),
    "import_said": (
        "n bigint, author text, grade_id bigint, judgment_id uuid, seconds double precision,"
        " comment text, flagged boolean, evidence text, judged_at timestamptz"
    ),
}
_REACHED_CREATE: Final = """
CREATE UNLOGGED TABLE import_reached (
    wishes text, n bigint, member text, line bigint, format text, complete boolean
)
"""
# Those of an earlier import in one transaction, as in tests, would hide lasting ones.
_STAGED_DROP: Final = """
DROP TABLE IF EXISTS pg_temp.import_query, pg_temp.import_passage, pg_temp.import_row,
    pg_temp.import_said
"""
# What statements make of the staged rows.
_DERIVED_DROP: Final = """
DROP TABLE IF EXISTS pg_temp.import_q, pg_temp.import_p, pg_temp.import_fact, pg_temp.import_c,
    pg_temp.import_label, pg_temp.import_run, pg_temp.import_proposal, pg_temp.import_made,
    pg_temp.import_ranked, pg_temp.import_changed, pg_temp.import_own, pg_temp.import_own_made
"""
_SEARCH: Final = """
SELECT set_config('search_path', %s || ', ' || current_setting('search_path'), true)
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the file was read: rows so far, and where the next one starts.

    `format` is set, and there is no next row, once all of it is read.
    """

    n: int
    next: Place | None
    format: str = ""


class Hold:
    """The staging tables of one import; lasting ones for an `import_id`, else temporary ones.

    `enter` makes the bare names of the tables mean these until the transaction ends.
    """

    def __init__(self, cursor: CursorWrapper, import_id: int | None, wishes: str) -> None:
        self._cursor = cursor
        self._import_id = import_id
        self._wishes = f"{_LAYOUT} {wishes}"

    def open(self) -> Reached | None:
        """Make the tables, or find those of an earlier attempt and return what they hold.

        Rows that were staged for other wishes (the project's grades or slug) are of no use.
        """
        self._cursor.execute(_STAGED_DROP)
        if self._import_id is None:
            self._make("TEMP", "ON COMMIT DROP")
            return None
        with transaction.atomic():
            reached = self._found()
            if reached is None:
                hold_drop(self._import_id)
                self._cursor.execute(f"CREATE SCHEMA {_SCHEMA}{self._import_id:d}")
                self.enter()
                self._make("UNLOGGED", "")
                self._cursor.execute(_REACHED_CREATE)
        return reached

    def enter(self) -> None:
        """Let the statements of this transaction find these tables."""
        if self._import_id is not None:
            self._cursor.execute(_SEARCH, [f"{_SCHEMA}{self._import_id:d}"])

    def clear(self) -> None:
        """Remove what statements made of staged rows before in this transaction, as in tests."""
        self._cursor.execute(_DERIVED_DROP)

    def keep(self, reached: Reached) -> None:
        """Note how far this transaction's rows reach. An attempt that gets on is no failed one."""
        if self._import_id is None:
            return
        # Whoever finds these rows finds the place as well; a commit that is lost loses both.
        self._cursor.execute("SET LOCAL synchronous_commit = off")
        member, line = reached.next or (None, None)
        self._cursor.execute("DELETE FROM import_reached")
        self._cursor.execute(
            "INSERT INTO import_reached VALUES (%s, %s, %s, %s, %s, %s)",
            [self._wishes, reached.n, member, line, reached.format, reached.next is None],
        )
        self._cursor.execute(
            "UPDATE annotate_import SET attempts = 1 WHERE id = %s AND attempts > 1",
            [self._import_id],
        )

    def _make(self, kind: str, end: str) -> None:
        for table, columns in _TABLES.items():
            self._cursor.execute(f"CREATE {kind} TABLE {table} ({columns}) {end}")

    def _found(self) -> Reached | None:
        self._cursor.execute(
            "SELECT to_regclass(%s)", [f"{_SCHEMA}{self._import_id:d}.import_reached"]
        )
        if self._cursor.fetchone()[0] is None:
            return None
        self.enter()
        self._cursor.execute(
            "SELECT n, member, line, format, complete FROM import_reached WHERE wishes = %s",
            [self._wishes],
        )
        row = self._cursor.fetchone()
        if row is None:
            return None
        n, member, line, found, complete = row
        return Reached(n, None if complete else Place(member, line), found)


def hold_drop(import_id: int) -> None:
    """Remove an import's lasting tables, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA}{import_id:d} CASCADE")


def holds() -> set[int]:
    """Return the ids of imports, of whatever state, that have lasting tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(nspname, %s)::bigint FROM pg_namespace WHERE nspname ~ %s",
            [len(_SCHEMA) + 1, f"^{_SCHEMA}[0-9]+$"],
        )
        return {row[0] for row in cursor.fetchall()}
