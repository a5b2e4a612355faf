"""Helpers of the import tests: files on disk, imports of them, and what the database holds."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

from accounts.models import Project
from annotate.models import Import
from annotate.services.importing import import_file

WORKER = (
    "-m", "celery", "-A", "config.celery", "worker", "--pool", "solo", "-Q", "default",
    "--without-mingle", "--without-gossip", "--loglevel", "WARNING",
)  # fmt: skip
# What an import itself leaves behind when it was refused.
_RECORDS = {"annotate_import"}


def write(path: Path, *rows: Mapping[str, Any]) -> Path:
    """Write rows as JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def pair(query: str, passage: str, label: int | None = None, **more: Any) -> dict[str, Any]:
    return {"query": query, "passage": passage, "label": label, **more}


def take(project: Project, path: Path, **wishes: Any) -> Import:
    """Import a file in the foreground and expect it to succeed."""
    done = import_file(project=project, path=path, **wishes)
    assert done.status == "succeeded", done.errors
    return done


def refused(project: Project, path: Path, **wishes: Any) -> list[dict[str, Any]]:
    """Import a file, expect it to be refused and everything stored to stay; return the errors."""
    before = contents()
    done = import_file(project=project, path=path, **wishes)
    assert done.status == "failed"
    assert contents() == before
    errors: list[dict[str, Any]] = done.errors
    return errors


def contents() -> dict[str, str]:
    """A digest of every table's rows, but for the records of imports themselves."""
    found = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            rows = "\n".join(row[0] for row in cursor.fetchall())
            found[table] = hashlib.sha256(rows.encode()).hexdigest()
    return found


def _tables() -> Iterable[str]:
    names = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    return sorted(names - _RECORDS)


def places(errors: Iterable[Mapping[str, Any]]) -> list[tuple[int, str]]:
    return [(error["line"], error["field"]) for error in errors]
