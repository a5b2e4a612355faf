"""A small installation under a real supervisor, for the tests; its folder is SUPERVISED_HOME.

`whole`: PostgreSQL, Valkey, a step that makes a table, a part that writes to both every 0.1 s.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from config.embedded import Postgres, Valkey
from config.supervisor import Part, Step, Supervisor

HOME = Path(os.environ.get("SUPERVISED_HOME", ""))
BROKEN = "import sys; print('reading'); sys.exit('ERROR the disk is upside down')"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"


def postgres() -> Postgres:
    """Return the installation's database."""
    return Postgres(HOME / "postgres")


def valkey() -> Valkey:
    """Return the installation's broker."""
    return Valkey(HOME / "valkey")


def migrate() -> None:
    """Make the table that the writer writes to."""
    with psycopg.connect(postgres().url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS beats (n serial, parent int)")


def write() -> None:
    """Write for ever, through lost connections; beside it runs a child in a session of its own."""
    subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
    while True:
        try:
            with redis.Redis(unix_socket_path=str(valkey().socket)) as client:
                client.incr("beats")
            with psycopg.connect(postgres().url) as connection:
                connection.execute("INSERT INTO beats (parent) VALUES (%s)", [os.getppid()])
        except (psycopg.OperationalError, redis.RedisError) as error:
            print(f"ERROR lost a connection: {type(error).__name__}", flush=True)
        time.sleep(0.1)


def own(name: str) -> list[str]:
    """Return the arguments that run a function of this file."""
    return [sys.executable, "-m", "tests.config.supervised", name]


def all_is_up() -> Step:
    """Return the last step, which says so at the terminal."""
    return Step("up", [sys.executable, "-c", "print('all is up')"], echo="all is up")


def whole() -> Supervisor:
    """Return a supervisor of everything."""
    return Supervisor(
        HOME,
        postgres(),
        valkey(),
        Step("migrate", own("migrate")),
        Part("writer", own("write"), ready=(HOME / "ready").exists),
        Part("late", ["/bin/sleep", "600"], env=lambda: {"DATABASE_URL": postgres().url}),
        all_is_up(),
    )


def main(name: str) -> None:
    """Run a part of the installation, or a supervisor by its kind."""
    if name in ("migrate", "write"):
        {"migrate": migrate, "write": write}[name]()
        return
    kinds: dict[str, Callable[[], Supervisor]] = {
        "whole": whole,
        "broken-part": lambda: Supervisor(
            HOME,
            Part("first", ["/bin/sleep", "600"]),
            Part("broken", [sys.executable, "-c", BROKEN], ready=lambda: False),
        ),
        "broken-step": lambda: Supervisor(
            HOME,
            Step("migrate", [sys.executable, "-c", BROKEN]),
            Part("web", ["/bin/sleep", "600"]),
        ),
        "stubborn": lambda: Supervisor(
            HOME,
            Part("stubborn", [sys.executable, "-c", STUBBORN], grace=1.0),
            all_is_up(),
        ),
        "plain": lambda: Supervisor(
            HOME,
            Part("web", ["/bin/sleep", "600"]),
            all_is_up(),
        ),
        "not-there": lambda: Supervisor(HOME, Part("web", ["/does/not/exist"])),
    }
    raise SystemExit(kinds[name]().run())


if __name__ == "__main__":
    main(sys.argv[1])
