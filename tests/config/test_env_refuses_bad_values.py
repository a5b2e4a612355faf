"""Environment variables are read typed, or refused with name, value and what is allowed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config import env
from config.env import EnvError

NAME = "ARBITER_TEST_VALUE"


@pytest.mark.parametrize(
    ("raw", "read", "expected"),
    [
        ("", lambda: env.read_secret(NAME, "default"), "default"),
        ("  ", lambda: env.read_int(NAME, 3), 3),
        ("-5", lambda: env.read_int(NAME), -5),
        ("10", lambda: env.read_int(NAME, minimum=10, maximum=10), 10),
        ("1e-3", lambda: env.read_float(NAME, minimum=0), 0.001),
        ("Yes", lambda: env.read_bool(NAME), True),
        ("off", lambda: env.read_bool(NAME, True), False),
        ("a, b ,,c", lambda: env.read_list(NAME), ("a", "b", "c")),
        ("", lambda: env.read_list(NAME, ()), ()),
        ("x/y", lambda: env.read_path(NAME), Path.cwd() / "x/y"),
        ("~/x", lambda: env.read_path(NAME), Path.home() / "x"),
        ("https://a.example/", lambda: env.read_url(NAME), "https://a.example"),
        (
            "redis+socket:///a/b?virtual_host=0",
            lambda: env.read_url(NAME, schemes=["redis+socket"]),
            "redis+socket:///a/b?virtual_host=0",
        ),
        ("0.0.0.0:80", lambda: env.read_address(NAME), ("0.0.0.0", 80)),
        ("[::1]:8000", lambda: env.read_address(NAME), ("::1", 8000)),
        ("", lambda: env.read_address(NAME, "localhost:8000"), ("localhost", 8000)),
        ("long enough", lambda: env.read_secret(NAME, minimum=8), "long enough"),
    ],
)
def test_good_values(
    monkeypatch: pytest.MonkeyPatch, raw: str, read: Callable[[], object], expected: object
) -> None:
    monkeypatch.setenv(NAME, raw)
    assert read() == expected


@pytest.mark.parametrize(
    ("raw", "read", "allowed"),
    [
        ("", lambda: env.read_int(NAME), "a whole number"),
        ("3.5", lambda: env.read_int(NAME), "a whole number"),
        ("٣", lambda: env.read_int(NAME), "a whole number"),
        ("11", lambda: env.read_int(NAME, minimum=1, maximum=10), "from 1 to 10"),
        ("nan", lambda: env.read_float(NAME), "a number"),
        ("x", lambda: env.read_float(NAME, minimum=0), "a number of at least 0"),
        ("maybe", lambda: env.read_bool(NAME), "1, true, yes, on or 0, false, no, off"),
        ("a, b!", lambda: env.read_list(NAME, pattern="[a-z]+"), "commas"),
        (",", lambda: env.read_list(NAME), "commas"),
        ("~nobody-of-this-name/x", lambda: env.read_path(NAME), "a path"),
        ("ftp://a.example", lambda: env.read_url(NAME), "http:// or https://"),
        ("https://", lambda: env.read_url(NAME), "https://"),
        ("https:///path", lambda: env.read_url(NAME), "https://"),
        ("https://a.example:99999", lambda: env.read_url(NAME), "https://"),
        ("8000", lambda: env.read_address(NAME), "HOST:PORT"),
        ("a:0", lambda: env.read_address(NAME), "HOST:PORT"),
        ("::1:8000", lambda: env.read_address(NAME), "HOST:PORT"),
    ],
)
def test_bad_values_name_the_variable_the_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, raw: str, read: Callable[[], object], allowed: str
) -> None:
    monkeypatch.setenv(NAME, raw)
    with pytest.raises(EnvError) as caught:
        read()
    message = str(caught.value)
    assert NAME in message
    assert (repr(raw) if raw else "is not set") in message
    assert allowed in message


def test_errors_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "hunter2")
    with pytest.raises(EnvError) as caught:
        env.read_secret(NAME, minimum=32)
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv(NAME, "mysql://user:hunter2@host/db")
    with pytest.raises(EnvError) as caught:
        env.read_url(NAME, schemes=["postgresql"])
    assert "hunter2" not in str(caught.value)
    assert "mysql://user:***@host/db" in str(caught.value)


def test_what_was_read_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    env.read_int(NAME, 5, minimum=1)
    declared = env.declared()[NAME]
    assert (declared.kind, declared.default) == ("a whole number of at least 1", 5)
