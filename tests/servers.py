"""A pytest plugin: the run's own PostgreSQL and Valkey, on free ports in a temporary folder.

It is loaded before Django's settings are read, starts the same embedded servers as the product
(without waiting for the disk), and stops them at the end. A developer may set TEST_DATABASE_URL
and TEST_BROKER_URL to use servers that already run.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest

from config.embedded import Valkey
from config.postgres import Postgres
from config.server import Server

S = TypeVar("S", bound=Server)

NOWHERE = "postgresql://127.0.0.1:1/none?connect_timeout=1"
NOWHERE_TO_RING = "redis://127.0.0.1:1"
_started: list[Server] = []
_home: Path | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    """A process per core: bounds of time are those of a machine that is not asked for more."""
    linux = sys.platform == "linux"
    cores = len(os.sched_getaffinity(0)) if linux else os.cpu_count() or 1
    return min(cores, 4)  # each may hold torch and a browser


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    global _home  # noqa: PLW0603 - pytest has no other place between these two hooks
    _home = Path(tempfile.mkdtemp(prefix="arbiter-test-"))
    _home.chmod(0o755)
    os.environ.update(
        ARBITER_HOME=str(_home),
        SECRET_KEY="not-secret-only-for-tests-" * 2,
        PUBLIC_URL="http://localhost",
        HF_HUB_OFFLINE="1",
        TOKENIZERS_PARALLELISM="false",
        # Threads that wait for each other cost a tiny model ten times what it computes.
        OMP_NUM_THREADS="1",
        DATABASE_URL=NOWHERE,
        CELERY_BROKER_URL=NOWHERE_TO_RING,
    )
    in_charge = early_config.known_args_namespace.numprocesses  # of processes that run the tests
    if not in_charge or "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.update(
            DATABASE_URL=os.environ.get("TEST_DATABASE_URL") or _database(_home / "postgres"),
            CELERY_BROKER_URL=os.environ.get("TEST_BROKER_URL")
            or _start(Valkey(_home / "valkey")).broker_url,
        )
    return (yield)


def pytest_unconfigure() -> None:
    for server in reversed(_started):
        server.stop()
    if _home is not None:
        shutil.rmtree(_home, ignore_errors=True)


def _database(folder: Path) -> str:
    """Start a database whose application may do a little more than in the product.

    It makes the databases of the tests, and fills tables without their triggers.
    """
    server = _start(Postgres(folder))
    with psycopg.connect(server.superuser_url) as connection:
        connection.execute("ALTER ROLE arbiter CREATEDB")
        connection.execute("GRANT SET ON PARAMETER session_replication_role TO arbiter")
    return server.url


def _start(server: S) -> S:
    server.start(durable=False)
    _started.append(server)
    return server
