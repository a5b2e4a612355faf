"""What is kept for a model's weights on one host: converted graphs, and which backend it chose.

`root/WEIGHTS/HOST/` holds a folder for each conversion and a JSON file for each decision. HOST
stands for the processor, its threads, and the versions of every library that computes: where one
changes, nothing kept is used any more. Each appears whole or not at all, whoever is killed. There
is no pickle in it and no text, and nothing of it enters the registry.
"""

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

MANIFEST: Final = "files.json"
DAYS: Final = 30
"""How long what nobody used is kept."""
_MAKING: Final = ".making-"
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR


class Kept:
    """What is kept below `root` for weights (their sha256) on this host (`host_facts`)."""

    def __init__(self, root: Path, *, weights: str, host: Mapping[str, Any]) -> None:
        written = json.dumps(host, sort_keys=True).encode()
        self._folder = root / weights / hashlib.sha256(written).hexdigest()[:16]

    def conversion(self, name: str, make: Callable[[Path], None]) -> Path:
        """Return the folder of a conversion; `make` fills an empty one where there is none.

        One whose files are not as they were made is made anew.
        """
        folder = self._folder / name
        if _whole(folder):
            os.utime(self._folder)  # in use: see `kept_clear`
            return folder
        made = self._made(make)
        # A whole one that somebody else has made meanwhile is as good as ours.
        if folder.exists() and not _whole(folder):
            shutil.rmtree(folder)
        try:
            made.rename(folder)
        except OSError:
            shutil.rmtree(made)
            if not _whole(folder):
                raise
        return folder

    def decision(self, name: str) -> dict[str, Any] | None:
        """Return a decision that `decide` has kept; None where there is none to be read."""
        try:
            found: Any = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def decide(self, name: str, decision: Mapping[str, Any]) -> None:
        """Keep a decision under a name, in the place of an older one."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f"{_MAKING}{secrets.token_hex(6)}"
        draft.write_text(json.dumps(decision, indent=2) + "\n", encoding="utf-8")
        draft.replace(self._folder / f"{name}.json")

    def decisions(self) -> list[dict[str, Any]]:
        """Return all decisions that are kept."""
        names = [path.stem for path in self._folder.glob("*.json")]
        return [found for name in names if (found := self.decision(name)) is not None]

    def only(self, names: set[str]) -> None:
        """Remove the conversions of other names: they were tried, and nothing uses them."""
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.name not in names and not _begun(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _made(self, make: Callable[[Path], None]) -> Path:
        draft = self._folder / f"{_MAKING}{secrets.token_hex(6)}"
        draft.mkdir(parents=True, mode=0o700)
        try:
            make(draft)
            files = {path.name: _digest(path) for path in sorted(draft.iterdir())}
            (draft / MANIFEST).write_text(json.dumps(files), encoding="utf-8")
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        return draft


def kept_clear(root: Path, *, published: Callable[[str], bool], days: float = DAYS) -> None:
    """Remove what is kept for weights that are not `published` any more, and what nobody uses.

    Also what was not used for `days`, and what was begun and not finished within one.
    """
    if not root.is_dir():
        return
    for weights in sorted(root.iterdir()):
        if _older(weights, _HOUR / _DAY) and not published(weights.name):
            shutil.rmtree(weights, ignore_errors=True)
            continue
        for host in weights.iterdir():
            if _older(host, days):
                shutil.rmtree(host, ignore_errors=True)
                continue
            for draft in host.glob(f"{_MAKING}*"):
                if _older(draft, 1):
                    shutil.rmtree(draft) if draft.is_dir() else draft.unlink()


def _begun(path: Path) -> bool:
    return path.name.startswith(_MAKING)


def _whole(folder: Path) -> bool:
    try:
        files: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return isinstance(files, dict) and all(
            _digest(folder / name) == digest for name, digest in files.items()
        )
    except (OSError, ValueError):
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _older(path: Path, days: float) -> bool:
    return path.stat().st_mtime < time.time() - days * _DAY
