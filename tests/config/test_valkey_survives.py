"""The embedded Valkey: real servers in temporary folders, killed and started again."""

import stat
from collections.abc import Iterator
from pathlib import Path

import kombu
import psutil
import pytest
import redis

from config.embedded import Postgres, ProcessError, Valkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "a folder" / "valkey")
    server.start()
    yield server
    server.stop()


def client(server: Valkey) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(server.socket), decode_responses=True)


def test_messages_survive_a_killed_server(valkey: Valkey) -> None:
    with kombu.Connection(valkey.broker_url) as connection:
        queue = connection.SimpleQueue("doorbell")
        queue.put({"job": 7})
        queue.close()
    assert valkey.process
    valkey.process.kill()
    valkey.process.wait()
    valkey.start()
    with kombu.Connection(valkey.broker_url) as connection:
        queue = connection.SimpleQueue("doorbell")
        message = queue.get(timeout=5)
        assert message.payload == {"job": 7}
        message.ack()
        queue.close()


def test_it_writes_through_and_never_drops(valkey: Valkey) -> None:
    with client(valkey) as redis_client:
        asked = ("appendonly", "appendfsync", "maxmemory-policy", "port")
        told = {name: redis_client.config_get(name)[name] for name in asked}
    assert told == {
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "port": "0",
    }
    assert stat.S_IMODE(valkey.socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(valkey.data.stat().st_mode) == 0o700


def test_it_stops_cleanly_and_starts_again(valkey: Valkey) -> None:
    with client(valkey) as redis_client:
        redis_client.set("kept", "yes")
    process = valkey.process
    assert process
    valkey.stop()
    assert not psutil.pid_exists(process.pid)
    assert "bye bye" in valkey.log.read_text()
    valkey.start(durable=False)
    with client(valkey) as redis_client:
        assert redis_client.get("kept") == "yes"


def test_a_second_server_on_the_folder_is_refused(valkey: Valkey) -> None:
    with pytest.raises(ProcessError, match="in use already by process"):
        Valkey(valkey.folder).start()
    assert valkey.ready()


def test_a_long_path_gets_a_short_private_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / "valkey"
    server = Valkey(deep)
    server.start(durable=False)
    try:
        assert server.ready()
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        assert Valkey(deep).broker_url == server.broker_url
        assert Valkey(tmp_path / ("y" * 100)).broker_url != server.broker_url
    finally:
        server.stop()
        server.socket.parent.rmdir()


def test_a_socket_folder_of_a_stranger_is_refused(tmp_path: Path) -> None:
    server = Valkey(tmp_path / ("z" * 100) / "valkey")
    server.socket.parent.symlink_to(tmp_path)
    try:
        with pytest.raises(ProcessError, match="not a folder of ours"):
            server.start()
    finally:
        server.socket.parent.unlink()


def test_both_servers_live_side_by_side(valkey: Valkey, tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "postgres")
    postgres.start(durable=False)
    try:
        assert postgres.ready()
        assert valkey.ready()
    finally:
        postgres.stop()
    assert valkey.ready()
