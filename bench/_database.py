"""A database for one measurement: the embedded PostgreSQL of the product, in a folder that goes."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psycopg
from django.core.management import call_command

from config.postgres import ROLE, Postgres


@contextmanager
def own_database() -> Iterator[Path]:
    """Set Django up on a database of our own, migrated, and yield an empty folder.

    It waits for the disk, as the product's does. Nothing of the user's is read or written.
    """
    with tempfile.TemporaryDirectory(prefix="arbiter-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else where we are root
        server = Postgres(folder / "postgres")
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            ARBITER_HOME=name,
            SECRET_KEY="not-secret-only-for-benches-" * 2,
        )
        try:
            server.start()
            with psycopg.connect(server.superuser_url, autocommit=True) as launcher:
                launcher.execute(f"GRANT pg_checkpoint TO {ROLE}")
            os.environ["DATABASE_URL"] = server.url
            django.setup()
            call_command("migrate", verbosity=0)
            files = folder / "files"
            files.mkdir()
            yield files
        finally:
            server.stop()
