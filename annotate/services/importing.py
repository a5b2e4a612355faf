"""Imports: a file is kept, read by a worker, and stored whole or not at all."""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now

from accounts.locks import work_held
from accounts.models import Project, User
from accounts.problems import ConflictError
from annotate.importing import holds
from annotate.importing.request import import_fields
from annotate.importing.uploads import upload_drop, upload_keep, uploads_kept
from annotate.models import Import, ImportStatus
from annotate.services.bell import IMPORT, worker_ring
from annotate.services.import_attempts import import_attempt, import_clear

UNFINISHED: Final = (ImportStatus.QUEUED, ImportStatus.RUNNING)
ORPHAN_SECONDS: Final = 24 * 3600  # no request takes so long between a file and its row

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
        import_attempt(row.pk, path)
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
            import_attempt(import_id, None)


def import_cancel(*, row: Import) -> None:
    """End an import that is not finished; nothing of it is stored from here on.

    A worker that is at it finds out within the statement it is at. Raises ConflictError where it
    is finished.
    """
    left = Import.objects.filter(pk=row.pk, status__in=UNFINISHED)
    if not left.update(status=ImportStatus.CANCELLED, finished_at=Now()):
        row.refresh_from_db()
        raise ConflictError(f"This import is finished already: it has {row.status}.")
    transaction.on_commit(lambda: _clear_unless_held(row.pk))


def imports_requeue() -> None:
    """Publish unfinished imports again, and remove what finished or vanished ones left behind."""
    unfinished = set(Import.objects.filter(status__in=UNFINISHED).values_list("pk", flat=True))
    for pk in sorted(unfinished):
        import_enqueue(import_id=pk)
    left = Import.objects.exclude(status__in=UNFINISHED).exclude(path="")
    for pk in {*left.values_list("pk", flat=True), *(holds() - unfinished)}:
        _clear_unless_held(pk)


def _clear_unless_held(import_id: int) -> None:
    """Clear a finished import; a worker that is still at it does so itself."""
    with work_held("import", import_id) as held:
        if held:
            import_clear(import_id)


def uploads_sweep() -> None:
    """Remove uploads that no import names: of deleted projects, and of requests that crashed."""
    names = set(uploads_kept(ORPHAN_SECONDS))
    named = Import.objects.filter(path__in=names).values_list("path", flat=True)
    for name in names.difference(named):
        upload_drop(name)
        logger.info("removed the upload %s, which belongs to no import", name)
