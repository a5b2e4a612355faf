"""Loads one file into a project: rows, staging tables, a handful of set-based statements.

Every row is streamed by COPY into temporary tables first, so memory does not grow with the file.
Identities, conflicts and counts are then found by joins, and all that is new is inserted, in the
caller's transaction. docs/formats.md says what is the same and what is a conflict.
"""

from annotate.importing.errors import ImportRefusedError
from annotate.importing.load import Loaded, Plan, import_load
from annotate.importing.locking import texts_lock

__all__ = ["ImportRefusedError", "Loaded", "Plan", "import_load", "texts_lock"]
