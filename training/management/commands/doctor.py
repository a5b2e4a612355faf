"""`manage.py doctor`: what is missing on this machine, and how to mend it."""

import importlib.metadata
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.health import broker_problem, database_problem, storage_problem

FREE_BYTES: Final = 5 << 30
PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s#]+)", re.MULTILINE)
OPTIONAL: Final = ("requirements-fast.txt", "requirements-onnx.txt")
RUN: Final = "Start everything with `make run`"


class Command(BaseCommand):
    help = "Say what is missing and how to mend it; exit status 1 if anything is."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        failed = False
        for name, check in CHECKS.items():
            problems = list(check())
            failed = failed or bool(problems)
            mark = self.style.ERROR("missing") if problems else self.style.SUCCESS("ok     ")
            self.stdout.write(f"{mark}  {name}")
            for problem in problems:
                self.stdout.write(f"         {problem}")
        for line in optional():
            self.stdout.write(f"{self.style.NOTICE('may be')}   {line}")
        if failed:
            sys.exit(1)


def packages() -> Iterator[str]:
    wanted = (settings.BASE_DIR / "requirements.txt").read_text("utf-8")
    for name, version in PIN.findall(wanted):
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield f"{name} is not installed: pip install -r requirements.txt"
            continue
        if found.split("+")[0] != version:
            yield f"{name} is {found}, wanted {version}: pip install -r requirements.txt"


def optional() -> Iterator[str]:
    """Say which of the packages are there that only make scoring faster: none is a problem."""
    for name in OPTIONAL:
        wanted = dict(PIN.findall((settings.BASE_DIR / name).read_text("utf-8")))
        found = {each: _version(each) for each in wanted}
        there = [f"{each} {version}" for each, version in found.items() if version]
        yield f"{name}: {', '.join(there) or 'not installed; scoring goes through torch'}"
        for each, version in found.items():
            if version and version.split("+")[0] != wanted[each]:
                yield f"{each} {wanted[each]} was tested: pip install -r {name}"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def home() -> Iterator[str]:
    folder = Path(settings.ARBITER_HOME)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_bytes(b"ok")
        probe.unlink()
    except OSError as error:
        yield f"ARBITER_HOME={folder} cannot be written: {error}. Choose another folder."
        return
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        yield f"{free >> 20} MiB are free in {folder}; training wants {FREE_BYTES >> 30} GiB."


def database() -> Iterator[str]:
    problem = database_problem()
    if problem:
        yield f"{problem.strip()}. {RUN}, or set DATABASE_URL."
        return
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield str(error)
        return
    if plan:
        yield f"{len(plan)} migrations are pending: python manage.py migrate"


def broker() -> Iterator[str]:
    problem = broker_problem()
    if problem:
        yield f"{problem}. {RUN}, or set CELERY_BROKER_URL."


def storage() -> Iterator[str]:
    problem = storage_problem()
    if problem:
        yield f"{problem}. Check STORAGE_URL and its credentials."


CHECKS: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "Packages": packages,
    "Data folder": home,
    "Database": database,
    "Broker": broker,
    "File storage": storage,
}
