"""Typed readers of environment variables: a setting is right, or the process does not start.

An unset and an empty variable mean the same: the default, or an error where there is none.
Each read is remembered in `declared()`, so that a test can compare the settings with their
documentation. No Django in here.
"""

import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

TRUE: Final = ("1", "true", "yes", "on")
FALSE: Final = ("0", "false", "no", "off")

T = TypeVar("T")


class _Required(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Required.REQUIRED


class EnvError(ValueError):
    """A variable is missing or wrong; the message names it, its value and what is allowed."""

    def __init__(self, name: str, value: str | None, allowed: str) -> None:
        shown = "is not set" if value is None else f"is {value!r}"
        super().__init__(f"environment variable {name} {shown}; allowed: {allowed}")
        self.name = name
        self.allowed = allowed


@dataclass(frozen=True)
class Declared:
    """One variable as the code reads it: name, kind in words, default (REQUIRED: has none)."""

    name: str
    kind: str
    default: object


_declared: dict[str, Declared] = {}


def declared() -> Mapping[str, Declared]:
    """Return every variable read so far, by name."""
    return dict(_declared)


def _read(name: str, default: T | _Required, kind: str, parse: Callable[[str], T]) -> T:
    _declared[name] = Declared(name, kind, default)
    raw = os.environ.get(name, "").strip()
    if raw:
        return parse(raw)
    if isinstance(default, _Required):
        raise EnvError(name, None, kind)
    return default


def read_secret(name: str, default: str | _Required = REQUIRED, *, minimum: int = 0) -> str:
    """Return a text of at least `minimum` characters; an error never shows its value."""
    kind = f"a secret text of at least {minimum} characters" if minimum else "a secret text"

    def parse(raw: str) -> str:
        if len(raw) < minimum:
            raise EnvError(name, f"({len(raw)} characters)", kind)
        return raw

    return _read(name, default, kind, parse)


def read_bool(name: str, default: bool | _Required = REQUIRED) -> bool:
    """Return True for 1, true, yes, on and False for 0, false, no, off, in any case."""
    kind = f"{', '.join(TRUE)} or {', '.join(FALSE)}"

    def parse(raw: str) -> bool:
        word = raw.lower()
        if word not in TRUE + FALSE:
            raise EnvError(name, raw, kind)
        return word in TRUE

    return _read(name, default, kind, parse)


def _range(noun: str, minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f"{noun} from {minimum} to {maximum}"
    if minimum is not None:
        return f"{noun} of at least {minimum}"
    return noun if maximum is None else f"{noun} of at most {maximum}"


def _inside(value: float, minimum: float | None, maximum: float | None) -> bool:
    # A NaN compares false, so it is outside of any range, and of no range too.
    return (value >= minimum if minimum is not None else value == value) and (
        value <= maximum if maximum is not None else value == value
    )


def read_int(
    name: str,
    default: int | _Required = REQUIRED,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
) -> int:
    """Return a whole number within the bounds, both included."""
    kind = _range("a whole number", minimum, maximum)

    def parse(raw: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", raw) or not _inside(int(raw), minimum, maximum):
            raise EnvError(name, raw, kind)
        return int(raw)

    return _read(name, default, kind, parse)


def read_float(
    name: str,
    default: float | _Required = REQUIRED,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
) -> float:
    """Return a number within the bounds, both included; never NaN."""
    kind = _range("a number", minimum, maximum)

    def parse(raw: str) -> float:
        try:
            value = float(raw)
        except ValueError:
            raise EnvError(name, raw, kind) from None
        if not _inside(value, minimum, maximum):
            raise EnvError(name, raw, kind)
        return value

    return _read(name, default, kind, parse)


def read_list(
    name: str,
    default: tuple[str, ...] | _Required = REQUIRED,
    *,
    pattern: str = "",
    allowed: str = "texts separated by commas",
) -> tuple[str, ...]:
    """Return the comma-separated items, stripped, without empty ones; each matches `pattern`."""

    def parse(raw: str) -> tuple[str, ...]:
        items = tuple(item for part in raw.split(",") if (item := part.strip()))
        if not items or any(pattern and not re.fullmatch(pattern, item) for item in items):
            raise EnvError(name, raw, allowed)
        return items

    return _read(name, default, allowed, parse)


def read_path(name: str, default: Path | _Required = REQUIRED) -> Path:
    """Return an absolute path; `~` is expanded, a relative one starts at the current folder.

    The default is made absolute as well. Nothing is created and nothing has to exist.
    """

    def parse(raw: str) -> Path:
        try:
            return Path(raw).expanduser()
        except RuntimeError:  # ~name of nobody
            raise EnvError(name, raw, "a path") from None

    return _read(name, default, "a path", parse).expanduser().absolute()


def read_url(
    name: str, default: str | _Required = REQUIRED, *, schemes: Collection[str] = ("http", "https")
) -> str:
    """Return a URL with one of the schemes, without a trailing slash.

    It names a host or a path (a Unix socket). An error shows it without its password.
    """
    kind = "a URL that starts with " + " or ".join(f"{scheme}://" for scheme in schemes)

    def parse(raw: str) -> str:
        try:
            parts = urlsplit(raw)
            right = parts.port is None or parts.port > 0
        except ValueError:
            raise EnvError(name, _masked(raw), kind) from None
        named = bool(parts.hostname) or (_has_path(parts) and not parts.netloc)
        if parts.scheme not in schemes or not right or not named or re.search(r"\s", raw):
            raise EnvError(name, _masked(raw), kind)
        return raw.rstrip("/")

    return _read(name, default, kind, parse)


def _has_path(parts: SplitResult) -> bool:
    return len(parts.path) > 1 and parts.scheme not in ("http", "https")


def _masked(url: str) -> str:
    return re.sub(r"(:/*[^/@:]*):[^@/]*@", r"\1:***@", url)


def read_address(name: str, default: str | _Required = REQUIRED) -> tuple[str, int]:
    """Return (host, port) from `HOST:PORT` or `[IPV6]:PORT`, the port from 1 to 65535."""
    kind = "HOST:PORT, such as 127.0.0.1:8000 or [::1]:8000"

    def parse(raw: str) -> str:
        _split_address(name, raw, kind)
        return raw

    return _split_address(name, _read(name, default, kind, parse), kind)


def read_bind(name: str, default: str | _Required = REQUIRED) -> str:
    """Return `HOST:PORT` as a server binds it, an IPv6 host in brackets."""
    host, port = read_address(name, default)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_of(url: SplitResult) -> str:
    """Return a URL's host as a Host header has it, without a port: an IPv6 address in brackets."""
    host = url.hostname or "localhost"
    return f"[{host}]" if ":" in host else host


def _split_address(name: str, raw: str, kind: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})", raw)
    if match is None or not 1 <= int(match[3]) <= 65535:
        raise EnvError(name, raw, kind)
    return match[1] or match[2], int(match[3])


def arbiter_home() -> Path:
    """Return ARBITER_HOME, the folder of all data, by default `var/` beside manage.py."""
    return read_path("ARBITER_HOME", Path(__file__).resolve().parent.parent / "var")
