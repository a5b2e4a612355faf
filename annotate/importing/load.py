"""From a file to stored rows, within the caller's transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from accounts.blobs import scratch_root
from accounts.models import Project
from annotate.formats import FormatError, RowError, RowStream, open_rows
from annotate.formats.exported import is_export
from annotate.formats.records import BadValueError, Limits
from annotate.importing import resolving, storing
from annotate.importing.checking import conflicts, unknown_references
from annotate.importing.erased import erased_leave_out
from annotate.importing.errors import MOST, ImportRefusedError, of_file
from annotate.importing.locking import texts_lock
from annotate.importing.staging import Staging
from annotate.models import OnConflict, Source


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read and how; the fields are those of an Import."""

    path: Path
    name: str
    source_name: str
    format: str = "auto"
    mapping: Mapping[str, str | None] = field(default_factory=dict)
    label_names: Mapping[str, int] = field(default_factory=dict)
    on_conflict: str = OnConflict.REFUSE


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


def import_load(project: Project, plan: Plan, progress: Callable[[int], None]) -> Loaded:
    """Store all rows of a file, or none: the caller's transaction has to end with the exception.

    `progress` is told the rows read so far. Raises ImportRefusedError, and OSError where the file
    cannot be read.
    """
    with connection.cursor() as cursor:
        loaded = _stage(cursor, project, plan, progress)
        texts_lock(project.pk)
        if erased := erased_leave_out(cursor, project.pk):
            loaded.created["erased_earlier"] = erased
        values = {
            "project": project.pk,
            "last": plan.on_conflict == OnConflict.LAST,
            "source": None,
        }
        existing = Source.objects.filter(project=project, name=plan.source_name).first()
        values["source"] = existing.pk if existing else None
        _resolve(cursor, plan, values, loaded)
        loaded.source = _source(cursor, project, plan, existing)
        values["source"] = loaded.source.pk if loaded.source else None
        _store(cursor, loaded, values)
    return loaded


def _stage(
    cursor: CursorWrapper, project: Project, plan: Plan, progress: Callable[[int], None]
) -> Loaded:
    grade_ids: dict[float, int] = {grade.value: grade.pk for grade in project.grades.all()}
    errors: list[RowError] = []
    try:
        with open_rows(
            plan.path,
            name=plan.name,
            format_name=plan.format,
            mapping=plan.mapping,
            grades=list(grade_ids),
            label_names=plan.label_names,
            limits=Limits(total_bytes=settings.IMPORT_MAX_BYTES, scratch=scratch_root()),
        ) as rows:
            staging = Staging(
                cursor,
                slug=project.slug,
                grade_ids=grade_ids,
                default_run=plan.source_name,
                restore=rows.format == "csv" and is_export(rows.columns),
            )
            _read(rows, staging, errors, progress)
    except FormatError as error:
        raise ImportRefusedError([*errors, of_file(error)]) from error
    if errors:
        raise ImportRefusedError(errors)
    staging.finish()
    progress(staging.n)
    return Loaded(format=rows.format, rows_read=staging.n)


def _read(
    rows: RowStream, staging: Staging, errors: list[RowError], progress: Callable[[int], None]
) -> None:
    """Stage rows until the first error; from there on only look for more errors."""
    for item in rows:
        if isinstance(item, RowError):
            errors.append(item)
        elif not errors:
            try:
                written = staging.add(item)
            except BadValueError as error:
                errors.append(RowError(item.line, error.field, error.message, item.member))
            else:
                if written:
                    progress(staging.n)


def _resolve(cursor: CursorWrapper, plan: Plan, values: Mapping[str, Any], loaded: Loaded) -> None:
    for statement, table in resolving.STEPS:
        cursor.execute(statement, values)
        cursor.execute(f"ANALYZE {table}")
        if table == "import_p":
            errors = list(unknown_references(cursor))
            if errors:
                raise ImportRefusedError(errors[:MOST])
            if plan.on_conflict != OnConflict.REFUSE:
                _count(cursor, loaded, resolving.DISCARDS, values)
    if plan.on_conflict == OnConflict.REFUSE:
        errors = list(conflicts(cursor, values["source"]))
        if errors:
            raise ImportRefusedError(errors[:MOST])
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


def _store(cursor: CursorWrapper, loaded: Loaded, values: Mapping[str, Any]) -> None:
    # Foreign keys are checked after each statement rather than kept in memory until the commit.
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    # A label ends before the one that replaces it can be stored.
    cursor.execute("SET CONSTRAINTS judgment_ends_for_a_reason DEFERRED")
    cursor.execute(storing.MADE_TABLE)
    if values["last"]:
        cursor.execute(storing.CHANGED_ROWS)
        _count(cursor, loaded, storing.CHANGES, values)
    cursor.execute(storing.MADE, values)
    cursor.execute("ANALYZE import_made")
    if values["last"]:
        _count(cursor, loaded, storing.REPLACEMENTS, values)
    _count(cursor, loaded, storing.INSERTS, values)
    cursor.execute(storing.CREATED_ROWS)
    loaded.rows_created = cursor.fetchone()[0]
    cursor.execute(storing.DISTINCT_ROWS)
    loaded.rows_repeated = loaded.rows_read - cursor.fetchone()[0]
    rest = loaded.rows_read - loaded.rows_created - loaded.rows_repeated
    loaded.rows_unchanged = max(0, rest)


def _count(
    cursor: CursorWrapper,
    loaded: Loaded,
    statements: tuple[tuple[str, str], ...],
    values: Mapping[str, Any],
) -> None:
    for kind, statement in statements:
        cursor.execute(statement, values)
        if kind and cursor.rowcount:
            loaded.created[kind] = loaded.created.get(kind, 0) + cursor.rowcount
