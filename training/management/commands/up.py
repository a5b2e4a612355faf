"""`manage.py up`: everything in one foreground process; Ctrl-C stops it."""

import contextlib
import http.client
import ipaddress
import os
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand

from config.embedded import Valkey, secrets_ensure
from config.postgres import Postgres
from config.server import Server
from config.supervisor import Part, Step, Supervisor

EVERY_LINE: Final = "."
EVERY_ADDRESS: Final = (str(ipaddress.IPv4Address(0)), str(ipaddress.IPv6Address(0)))
CELERY: Final = (sys.executable, "-m", "celery", "-A", "config")
MANAGE: Final = (sys.executable, str(settings.BASE_DIR / "manage.py"))


class Command(BaseCommand):
    help = "Start every part, from PostgreSQL to the scorer, and load the sample project."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(supervisor().run())


def supervisor() -> Supervisor:
    """Return the supervisor of this installation's parts, in the order of their start."""
    home = settings.ARBITER_HOME
    servers: list[Server] = []
    if not os.environ.get("DATABASE_URL"):
        servers.append(Postgres(home / "postgres"))
    if not os.environ.get("CELERY_BROKER_URL"):
        servers.append(Valkey(home / "valkey"))
    programs: list[Part | Step] = [
        Step("migrate", [*MANAGE, "migrate", "--no-input"], env=environment),
        Step("static", [*MANAGE, "collectstatic", "--no-input"], env=environment),
        Part("web", web_argv(), env=environment, ready=web_answers),
        Part("scorer", [*MANAGE, "run_scorer"], env=environment),
        Part("worker", [*CELERY, *WORKER], env=environment, grace=10.0),
        Part("trainer", [*CELERY, *TRAINER], env=environment),
        Part("beat", [*CELERY, "beat", "--loglevel", "INFO"], env=environment),
        Step("welcome", [*MANAGE, "welcome"], env=environment, echo=EVERY_LINE),
    ]
    if settings.ARBITER_SAMPLE:
        load = [*MANAGE, "load_sample"]
        programs.append(Step("sample", load, env=environment, echo=EVERY_LINE, required=False))
    for program in programs:
        program.cwd = settings.BASE_DIR
    return Supervisor(home, *servers, *programs)


# One installation has few workers; they need not gossip about each other.
QUIET: Final = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")
WORKER: Final = (
    "worker", "--queues", "default", "--concurrency", "2", "--hostname", "worker@%h", *QUIET,
)  # fmt: skip
# Only in the solo pool does the task that supervises a job see that the trainer is to stop.
TRAINER: Final = (
    "worker", "--queues", "trainer", "--pool", "solo", "--without-heartbeat",
    "--hostname", "trainer@%h", *QUIET,
)  # fmt: skip


def environment() -> Mapping[str, str]:
    """Return where the embedded servers are; asked at each start of a part."""
    home = settings.ARBITER_HOME
    given = {"ARBITER_HOME": str(home)}
    if not os.environ.get("DATABASE_URL"):
        given["DATABASE_URL"] = Postgres(home / "postgres").url
    if not os.environ.get("CELERY_BROKER_URL"):
        given["CELERY_BROKER_URL"] = Valkey(home / "valkey").broker_url
    if not os.environ.get("SECRET_KEY"):
        given["SECRET_KEY"] = secrets_ensure(home).secret_key
    return given


def web_argv() -> list[str]:
    """Return gunicorn's command line: two processes of sixteen threads."""
    return [
        sys.executable, "-m", "gunicorn", "config.wsgi",
        "--bind", settings.ARBITER_BIND,
        "--worker-class", "gthread", "--workers", "2", "--threads", "16",
        "--timeout", "60", "--graceful-timeout", "5", "--keep-alive", "30",
        "--no-control-socket",  # it would be one for all servers of this user
    ]  # fmt: skip


def web_answers() -> bool:
    """Say whether the web part answers `/livez` now."""
    bound, _, port = settings.ARBITER_BIND.rpartition(":")
    host = "localhost" if bound.strip("[]") in EVERY_ADDRESS else bound.strip("[]")
    try:
        with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=1)) as web:
            web.request("GET", "/livez")
            return web.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
