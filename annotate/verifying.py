"""Is a snapshot what its digest says, and what is taken out of it?"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

from accounts.blobs import blob_open
from annotate.frozen.sealing import Root, canonical_json
from annotate.frozen.splitting import SPLITS
from annotate.models import Snapshot

MANIFEST: Final = "manifest.json"


@dataclass(slots=True)
class Verified:
    """What was found: `redacted` of `records` are taken out, and `problems`, if any."""

    records: int = 0
    redacted: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Return whole, redacted or broken."""
        if self.problems:
            return "broken"
        return "redacted" if self.redacted else "whole"

    @property
    def sentence(self) -> str:
        """Say it."""
        if self.problems:
            return f"Broken: {'; '.join(self.problems)}."
        if self.redacted:
            return f"Verified, {self.redacted:,} of {self.records:,} records redacted."
        return f"Verified, all {self.records:,} records are there."


def snapshot_verify(snapshot: Snapshot) -> Verified:
    """Read every byte of a ready snapshot and compute its digest anew."""
    found = Verified()
    manifest = _manifest(snapshot, found)
    listed = (f"{name}.jsonl" for name in SPLITS)
    # Whatever else the manifest seals, a snapshot of our own has: preferences, where there are any.
    for file in dict.fromkeys([*listed, *manifest.get("files", {})]):
        sealed = manifest.get("files", {}).get(file, {})
        root = _read(snapshot, file, found)
        if root is None:
            continue
        found.records += root.records
        found.redacted += root.taken
        if (root.hexdigest(), root.records) != (sealed.get("root"), sealed.get("records")):
            found.problems.append(f"{file} is not what the manifest says")
    _read(snapshot, "judgments.jsonl", found)
    if not found.problems and found.redacted != snapshot.redacted:
        found.problems.append(
            f"{found.redacted} records are taken out, and erasures took {snapshot.redacted}"
        )
    return found


def _manifest(snapshot: Snapshot, found: Verified) -> dict[str, Any]:
    try:
        with blob_open(snapshot.files[MANIFEST]["sha256"]) as source:
            manifest: dict[str, Any] = json.load(source)
    except FileNotFoundError:
        found.problems.append(f"{MANIFEST} is missing from the storage")
        return {}
    except ValueError:
        found.problems.append(f"{MANIFEST} cannot be read")
        return {}
    digested = {name: value for name, value in manifest.items() if name != "digest"}
    if hashlib.sha256(canonical_json(digested).encode()).hexdigest() != snapshot.digest:
        found.problems.append(f"{MANIFEST} gives another digest")
    return manifest


def _read(snapshot: Snapshot, file: str, found: Verified) -> Root | None:
    """Return the root of a file; None, and a problem, where its bytes are not those stored."""
    root, whole = Root(), hashlib.sha256()
    try:
        with blob_open(snapshot.files[file]["sha256"]) as lines:
            for line in lines:
                whole.update(line)
                root.add(line.rstrip(b"\n"))
    except (FileNotFoundError, KeyError):
        found.problems.append(f"{file} is missing from the storage")
        return None
    if whole.hexdigest() != snapshot.files[file]["sha256"]:
        found.problems.append(f"{file} is damaged")
    return root
