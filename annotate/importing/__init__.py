"""Loads one file into a project: rows, staging tables, a handful of set-based statements.

Every row is streamed by COPY into staging tables first, so memory does not grow with the file.
Identities, conflicts and counts are then found by joins, and all that is new is inserted, in one
transaction. docs/formats.md says what is the same and what is a conflict.
"""

from annotate.importing.errors import ImportRefusedError
from annotate.importing.holding import RESUMABLE_BYTES, hold_drop, holds
from annotate.importing.load import Loaded, import_load
from annotate.importing.locking import texts_lock
from annotate.importing.progress import ImportCancelledError, progress_shown
from annotate.importing.reading import Plan

__all__ = [
    "RESUMABLE_BYTES",
    "ImportCancelledError",
    "ImportRefusedError",
    "Loaded",
    "Plan",
    "hold_drop",
    "holds",
    "import_load",
    "progress_shown",
    "texts_lock",
]
