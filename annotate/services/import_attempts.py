"""One attempt at an import: load its file, and record what came of it."""

import logging
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
from django.db import IntegrityError, OperationalError, transaction
from django.db.models.functions import Now

from annotate.formats.records import FILE
from annotate.importing import (
    RESUMABLE_BYTES,
    ImportCancelledError,
    ImportRefusedError,
    Loaded,
    Plan,
    hold_drop,
    import_load,
    progress_shown,
)
from annotate.importing.uploads import UploadGoneError, upload_drop, upload_path
from annotate.models import Import, ImportStatus
from annotate.services.arranging import queue_refresh
from annotate.services.bell import WORDS, worker_ring
from annotate.services.claiming import ATTEMPTS_MAX, GAVE_UP, attempt_begin
from annotate.services.pairing import pairs_refresh

_NO_ROOM: Final = (psycopg.errors.DiskFull, psycopg.errors.OutOfMemory)

logger = logging.getLogger(__name__)


def import_attempt(import_id: int, path: Path | None) -> None:
    """Load and record what came of it; the caller holds the import's lock over all of it.

    A lost database is raised: the sweep tries again.
    """
    attempt = attempt_begin(model=Import, pk=import_id)
    if attempt > ATTEMPTS_MAX:
        _fail_whole(import_id, GAVE_UP)
    elif attempt:
        _attempt(import_id, path)


def _attempt(import_id: int, path: Path | None) -> None:
    try:
        _load(import_id, path)
    except ImportCancelledError:
        import_clear(import_id)
        logger.info("import %s was cancelled", import_id)
    except ImportRefusedError as error:
        _fail(import_id, error.errors, error.count)
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


def _load(import_id: int, path: Path | None) -> None:
    row = (
        Import.objects.select_related("project")
        .filter(pk=import_id, status=ImportStatus.RUNNING)
        .first()
    )
    if row is None:
        return
    plan = Plan(
        path=path or upload_path(row.path),
        name=row.name,
        source_name=row.source_name,
        format=row.format,
        mapping=row.mapping,
        label_names=row.label_names,
        on_conflict=row.on_conflict,
    )
    # What a command reads where it lies is not taken up again: see `upload_path`.
    lasting = path is None and row.bytes_total >= RESUMABLE_BYTES
    with progress_shown(import_id) as progress:
        import_load(
            row.project, plan, progress,
            import_id=import_id if lasting else None,
            stored=partial(_succeed, import_id, time.monotonic()),
        )  # fmt: skip
    queue_refresh(project=row.project)
    pairs_refresh(project=row.project)


def _succeed(import_id: int, begun: float, loaded: Loaded) -> None:
    """Record it, in the transaction that stores the rows. Raises ImportCancelledError."""
    seconds = time.monotonic() - begun
    done = Import.objects.filter(pk=import_id, status=ImportStatus.RUNNING).update(
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
    if not done:
        raise ImportCancelledError
    transaction.on_commit(lambda: import_clear(import_id))
    if {"passages", "passages_changed"} & loaded.created.keys():
        transaction.on_commit(lambda: worker_ring(task=WORDS))


def _fail(import_id: int, errors: list[dict[str, Any]], count: int) -> None:
    Import.objects.filter(pk=import_id, status=ImportStatus.RUNNING).update(
        status=ImportStatus.FAILED, errors=errors, error_count=count, finished_at=Now()
    )
    import_clear(import_id)


def _fail_whole(import_id: int, message: str) -> None:
    _fail(import_id, [{"line": 1, "field": FILE, "message": message, "member": None}], 1)


def import_clear(import_id: int) -> None:
    """Remove what a finished import still keeps: its upload, and the rows it had staged."""
    hold_drop(import_id)
    path = Import.objects.filter(pk=import_id).values_list("path", flat=True).first()
    if path:
        upload_drop(path)
        Import.objects.filter(pk=import_id).update(path="")


def _cause(error: BaseException) -> BaseException:
    """The driver's own error; Django wraps all but those of COPY."""
    return error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
