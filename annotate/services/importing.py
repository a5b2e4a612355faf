"""Imports: a file is kept, read by a worker, and stored whole or not at all."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from django.core.files import File
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models.functions import Now

from accounts.locks import work_held
from accounts.models import Project, User
from annotate.formats.records import FILE
from annotate.importing import ImportRefusedError, Loaded, Plan, import_load
from annotate.importing.request import import_fields
from annotate.importing.uploads import (
    UploadGoneError,
    upload_drop,
    upload_keep,
    upload_path,
    uploads_kept,
)
from annotate.models import Import, ImportStatus
from annotate.services.arranging import queue_refresh
from annotate.services.bell import IMPORT, worker_ring
from annotate.services.claiming import ATTEMPTS_MAX, GAVE_UP, attempt_begin

UNFINISHED: Final = (ImportStatus.QUEUED, ImportStatus.RUNNING)
ORPHAN_SECONDS: Final = 24 * 3600  # no request takes so long between a file and its row
_TRIES: Final = 3
_PROGRESS_SECONDS: Final = 0.5
_NO_ROOM: Final = (psycopg.errors.DiskFull, psycopg.errors.OutOfMemory)

logger = logging.getLogger(__name__)


def import_create(
    *, project: Project, name: str, upload: File[Any], created_by: User | None, **wishes: Any
) -> Import:
    """Keep an uploaded file and ask for its import; a worker reads it.

    `name` is the file's own. The wishes are `source_name` (whose labels these are; the file's name
    without suffixes unless given), `format_name`, `mapping` ({our field: their column or None}),
    `label_names` ({label: grade}) and `on_conflict`. Raises ValidationError per field, and OSError
    where the file cannot be kept.
    """
    fields = import_fields(project, name=name, **wishes)
    path = upload_keep(upload)
    try:
        with transaction.atomic():
            row = Import.objects.create(
                project=project, created_by=created_by, path=path, bytes_total=upload.size, **fields
            )
    except BaseException as error:
        # Where the connection broke, the row may have been committed, and then it needs the file.
        if not isinstance(error, OperationalError | InterfaceError):
            upload_drop(path)
        raise
    # Outside: whatever fails from here on, the row is there and beat rings for it.
    transaction.on_commit(lambda: import_enqueue(import_id=row.pk))
    return row


def import_enqueue(*, import_id: int) -> None:
    """Tell a worker that an import waits; telling it twice is harmless."""
    worker_ring(task=IMPORT, pk=import_id)


def import_file(
    *, project: Project, path: Path, created_by: User | None = None, **wishes: Any
) -> Import:
    """Import a file or BEIR folder where it lies, now; return the finished import.

    Takes the wishes of `import_create`. A refused file is no exception: the import has the status
    failed and its errors. Raises ValidationError per field.
    """
    fields = import_fields(project, name=path.name, **wishes)
    size = path.stat().st_size if path.is_file() else 0
    with ExitStack() as stack:
        with transaction.atomic():
            row = Import.objects.create(
                project=project, created_by=created_by, bytes_total=size,
                status=ImportStatus.RUNNING, started_at=Now(), **fields,
            )  # fmt: skip
            # Before anybody sees the row: a running import without its lock is one whose reader
            # died, and a worker that beat rings for it would fail it.
            stack.enter_context(work_held("import", row.pk))
        _attempt(row.pk, path)
    row.refresh_from_db()
    return row


def import_run(*, import_id: int) -> None:
    """Read a queued import; whoever comes second finds nothing to do.

    A worker that died left the import running without its lock, so that this takes it up again.
    """
    with work_held("import", import_id) as held:
        if held:
            Import.objects.filter(pk=import_id, status=ImportStatus.QUEUED).update(
                status=ImportStatus.RUNNING, started_at=Now()
            )
            _attempt(import_id, None)


def imports_requeue() -> None:
    """Publish unfinished imports again, and remove uploads that a crash left behind."""
    for pk in Import.objects.filter(status__in=UNFINISHED).values_list("pk", flat=True):
        import_enqueue(import_id=pk)
    finished = Import.objects.exclude(status__in=UNFINISHED).exclude(path="")
    for pk in finished.values_list("pk", flat=True):
        _drop_upload(pk)


def uploads_sweep() -> None:
    """Remove uploads that no import names: of deleted projects, and of requests that crashed."""
    names = set(uploads_kept(ORPHAN_SECONDS))
    named = Import.objects.filter(path__in=names).values_list("path", flat=True)
    for name in names.difference(named):
        upload_drop(name)
        logger.info("removed the upload %s, which belongs to no import", name)


def _attempt(import_id: int, path: Path | None) -> None:
    """Load and record what came of it; the caller holds the import's lock over all of it.

    A lost database is raised: the sweep tries again.
    """
    attempt = attempt_begin(model=Import, pk=import_id)
    if not attempt:
        return
    if attempt > ATTEMPTS_MAX:
        _fail_whole(import_id, GAVE_UP)
        return
    try:
        _load_with_retries(import_id, path)
    except ImportRefusedError as error:
        _fail(import_id, error.errors)
    except IntegrityError:
        logger.exception("import %s met a change of the project", import_id)
        _fail_whole(import_id, "The project was changed meanwhile. Import the file again.")
    except UploadGoneError as error:
        _fail_whole(import_id, f"The file could not be read: {error}")
    except OSError as error:
        # Its own text names the server's paths, which are for the log.
        logger.exception("import %s met an input or output error", import_id)
        name = Import.objects.values_list("name", flat=True).get(pk=import_id)
        reason = error.strerror or "input or output failed"
        _fail_whole(import_id, f"{name} could not be read or stored: {reason}.")
    except (psycopg.OperationalError, OperationalError) as error:
        if not isinstance(_cause(error), _NO_ROOM):
            raise
        logger.exception("import %s found no room in the database", import_id)
        _fail_whole(
            import_id, "The database has no room for this file: its disk or memory is full."
        )
    except Exception:  # the boundary of a worker: any bug ends this import and is logged
        logger.exception("import %s crashed", import_id)
        message = f"An internal error ended import {import_id}; the server's log has the details."
        _fail_whole(import_id, message)


def _load_with_retries(import_id: int, path: Path | None) -> None:
    """Load; a deadlock with judging, which PostgreSQL ended, is tried again."""
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic():
                _load(import_id, path)
        except (psycopg.OperationalError, OperationalError) as error:
            if attempt == _TRIES or not isinstance(_cause(error), psycopg.errors.DeadlockDetected):
                raise
        else:
            return


def _load(import_id: int, path: Path | None) -> None:
    row = (
        Import.objects.select_related("project")
        .filter(pk=import_id, status=ImportStatus.RUNNING)
        .first()
    )
    if row is None:
        return
    begun = time.monotonic()
    plan = Plan(
        path=path or upload_path(row.path),
        name=row.name,
        source_name=row.source_name,
        format=row.format,
        mapping=row.mapping,
        label_names=row.label_names,
        on_conflict=row.on_conflict,
    )
    with _progress(import_id) as progress:
        loaded = import_load(row.project, plan, progress)
    _succeed(import_id, loaded, time.monotonic() - begun)
    queue_refresh(project=row.project)


@contextmanager
def _progress(import_id: int) -> Iterator[Callable[[int], None]]:
    """Give a function that shows the rows read at once, by a connection of its own."""
    shown = time.monotonic()
    aside = connection.copy()

    def show(rows: int) -> None:
        nonlocal shown
        if time.monotonic() - shown >= _PROGRESS_SECONDS:
            shown = time.monotonic()
            with aside.cursor() as cursor:
                sql = "UPDATE annotate_import SET rows_read = %s WHERE id = %s"
                cursor.execute(sql, [rows, import_id])

    try:
        yield show
    finally:
        aside.close()


def _succeed(import_id: int, loaded: Loaded, seconds: float) -> None:
    Import.objects.filter(pk=import_id).update(
        status=ImportStatus.SUCCEEDED,
        format=loaded.format,
        source=loaded.source,
        rows_read=loaded.rows_read,
        rows_created=loaded.rows_created,
        rows_unchanged=loaded.rows_unchanged,
        rows_repeated=loaded.rows_repeated,
        created=loaded.created,
        seconds=round(seconds, 3),
        finished_at=Now(),
    )
    transaction.on_commit(lambda: _drop_upload(import_id))


def _fail(import_id: int, errors: list[dict[str, Any]]) -> None:
    Import.objects.filter(pk=import_id, status=ImportStatus.RUNNING).update(
        status=ImportStatus.FAILED, errors=errors, finished_at=Now()
    )
    _drop_upload(import_id)


def _fail_whole(import_id: int, message: str) -> None:
    _fail(import_id, [{"line": 1, "field": FILE, "message": message, "member": None}])


def _drop_upload(import_id: int) -> None:
    path = Import.objects.filter(pk=import_id).values_list("path", flat=True).first()
    if path:
        upload_drop(path)
        Import.objects.filter(pk=import_id).update(path="")


def _cause(error: BaseException) -> BaseException:
    """The driver's own error; Django wraps all but those of COPY."""
    return error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
