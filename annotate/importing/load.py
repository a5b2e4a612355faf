"""From a file to stored rows: read into staging tables, compared, stored in one transaction."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.locks import is_deadlock
from accounts.models import Project
from annotate.importing import resolving, storing
from annotate.importing.checking import conflicts, unknown_references
from annotate.importing.erased import erased_leave_out
from annotate.importing.errors import ImportRefusedError
from annotate.importing.holding import Hold, Reached, hold_drop
from annotate.importing.locking import texts_lock
from annotate.importing.own_labels import (
    own_labels_conflicts,
    own_labels_further,
    own_labels_resolve,
    own_labels_store,
    own_labels_take,
)
from annotate.importing.progress import Progress
from annotate.importing.reading import Plan, file_stage
from annotate.models import OnConflict, Source
from annotate.models.imports import Phase

_TRIES: Final = 3
_SETTINGS: Final = """
SET LOCAL jit = off; SET LOCAL default_statistics_target = 10; SET LOCAL work_mem = '64MB';
"""


@dataclass(slots=True)
class Loaded:
    """What came of it: rows by fate, and how many of each kind are new or changed."""

    format: str
    rows_read: int
    rows_created: int = 0
    rows_unchanged: int = 0
    rows_repeated: int = 0
    source: Source | None = None
    created: dict[str, int] = field(default_factory=dict)


def import_load(
    project: Project,
    plan: Plan,
    progress: Progress,
    *,
    import_id: int | None,
    stored: Callable[[Loaded], None],
) -> None:
    """Store all rows of a file, or none; `stored` is told within the transaction that does it.

    With an `import_id` its rows are staged in lasting tables, so that whoever takes that import up
    after a kill goes on with them; they go as the rows are stored. Without, all is one transaction.
    Raises ImportRefusedError, ImportCancelledError, and OSError where the file cannot be read.
    """
    with connection.cursor() as cursor:
        if import_id is None:
            _whole(cursor, project, plan, progress, stored)
            return
        progress.phase(Phase.READING)
        hold, reached = file_stage(cursor, project, plan, import_id, progress)

        def store() -> None:
            stored(_keep(cursor, hold, reached, project, plan, progress))
            hold_drop(import_id)

        _retried(store)


def _whole(
    cursor: CursorWrapper,
    project: Project,
    plan: Plan,
    progress: Progress,
    stored: Callable[[Loaded], None],
) -> None:
    def load() -> None:
        progress.phase(Phase.READING)
        hold, reached = file_stage(cursor, project, plan, None, progress)
        stored(_keep(cursor, hold, reached, project, plan, progress))

    _retried(load)


def _retried(work: Callable[[], None]) -> None:
    """Do it in a transaction; a deadlock with judging, which PostgreSQL ended, is tried again."""
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                work()
        except (psycopg.OperationalError, OperationalError) as error:
            if attempt == _TRIES or not is_deadlock(error):
                raise
        else:
            return


def _keep(
    cursor: CursorWrapper,
    hold: Hold,
    reached: Reached,
    project: Project,
    plan: Plan,
    progress: Progress,
) -> Loaded:
    """Store what is staged, in the transaction that is open."""
    progress.phase(Phase.COMPARING)
    cursor.execute(_SETTINGS)
    hold.clear()
    hold.enter()
    texts_lock(project.pk)
    loaded = Loaded(format=reached.format, rows_read=reached.n)
    if erased := erased_leave_out(cursor, project.pk):
        loaded.created["erased_earlier"] = erased
    now = f"{time.time_ns() // 1_000_000:012x}"
    values = {
        "project": project.pk,
        "last": plan.on_conflict == OnConflict.LAST,
        "source": None,
        "stamp": f"{now[:8]}-{now[8:]}-7",
    }
    existing = Source.objects.filter(project=project, name=plan.source_name).first()
    values["source"] = existing.pk if existing else None
    _resolve(cursor, plan, values, loaded, progress)
    progress.phase(Phase.STORING)
    loaded.source = _source(cursor, project, plan, existing)
    values["source"] = loaded.source.pk if loaded.source else None
    _store(cursor, loaded, values, progress)
    return loaded


def _resolve(
    cursor: CursorWrapper,
    plan: Plan,
    values: Mapping[str, Any],
    loaded: Loaded,
    progress: Progress,
) -> None:
    for statement, table in resolving.STEPS:
        progress.wanted()
        cursor.execute(statement, values)
        cursor.execute(f"ANALYZE {table}")
        if table == "import_p":
            errors, count = unknown_references(cursor)
            if errors:
                raise ImportRefusedError(errors, count)
            if plan.on_conflict != OnConflict.REFUSE:
                _count(cursor, loaded, resolving.DISCARDS, values, progress)
            own_labels_take(cursor)
    own_labels_resolve(cursor, values)
    # Statistics of before there were labels promise one row, and all of them for each of the file.
    cursor.execute("SELECT annotate_plan_for((SELECT count(*) FROM import_label))")
    if plan.on_conflict == OnConflict.REFUSE:
        errors, count = conflicts(cursor, values["source"])
        own = list(own_labels_conflicts(cursor))
        if errors or own:
            raise ImportRefusedError([*errors, *own], count + len(own))
    else:
        cursor.execute(resolving.ONE_LABEL, values)
        cursor.execute(resolving.ONE_PROPOSAL, values)


def _source(
    cursor: CursorWrapper, project: Project, plan: Plan, existing: Source | None
) -> Source | None:
    """The source whose labels these are; made only for a file that has labels."""
    cursor.execute("SELECT EXISTS (SELECT 1 FROM import_label)")
    if not cursor.fetchone()[0]:
        return None
    return existing or Source.objects.create(project=project, name=plan.source_name)


def _store(
    cursor: CursorWrapper, loaded: Loaded, values: Mapping[str, Any], progress: Progress
) -> None:
    # Foreign keys are checked after each statement rather than kept in memory until the commit.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    # A label ends before the one that replaces it can be stored.
    cursor.execute("SET CONSTRAINTS judgment_ends_for_a_reason DEFERRED")
    cursor.execute(storing.CHANGED, values)
    if values["last"]:
        _count(cursor, loaded, storing.CHANGES, values, progress)
    cursor.execute(storing.MADE, values)
    cursor.execute("ANALYZE import_made")
    cursor.execute("SELECT annotate_plan_for(0)")
    cursor.execute(storing.RANKED)
    if values["last"]:
        _count(cursor, loaded, storing.REPLACEMENTS, values, progress)
    _count(cursor, loaded, storing.INSERTS, values, progress)
    own_labels_store(cursor, values, loaded.created)
    cursor.execute(storing.CREATED_ROWS)
    loaded.rows_created = cursor.fetchone()[0]
    cursor.execute(storing.DISTINCT_ROWS)
    distinct = cursor.fetchone()[0] + own_labels_further(cursor)
    loaded.rows_repeated = loaded.rows_read - distinct
    rest = loaded.rows_read - loaded.rows_created - loaded.rows_repeated
    loaded.rows_unchanged = max(0, rest)


def _count(
    cursor: CursorWrapper,
    loaded: Loaded,
    statements: tuple[tuple[str, str], ...],
    values: Mapping[str, Any],
    progress: Progress,
) -> None:
    for kind, statement in statements:
        progress.wanted()
        cursor.execute(statement, values)
        if kind and cursor.rowcount:
            loaded.created[kind] = loaded.created.get(kind, 0) + cursor.rowcount
