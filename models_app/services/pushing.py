"""Commits that clients of the hub send: files first, then a version of them."""

import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.core.exceptions import ValidationError
from django.db.models.functions import Now

from accounts.blobs import blob_fetch, blob_path, blob_put, file_digest
from accounts.models import User
from models_app.gate import CARD, path_clash, path_refusal
from models_app.models import Artifact, Reranker, Upload, Version
from models_app.services.importing import Origin, version_import

# What belongs to the model that a commit replaces: our own notes on it, and its weights.
_OF_A_MODEL: Final = ("arbiter.json", "golden.json", CARD)
_WEIGHTS: Final = ".safetensors"
KEPT_FOR: Final = timedelta(days=1)  # a file that was sent ahead


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that came with the commit, or before it; `source` is where it lies, None if stored."""

    sha256: str | None
    source: Path | None

    def digest(self) -> str:
        """Return its sha256."""
        if self.source is None:
            return self.sha256 or ""
        return file_digest(self.source).sha256


@dataclass
class Tree:
    """The files of a commit by path, beginning with those of the version it builds on."""

    reranker: Reranker
    files: dict[str, Sent] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)

    @classmethod
    def on(cls, reranker: Reranker, base: Version | None) -> "Tree":
        """Begin with the files of a version, or with none.

        A card that was written here is about that version alone.
        """
        artifacts = base.artifacts.all() if base else Artifact.objects.none()
        kept = {file.path: Sent(file.sha256, None) for file in artifacts}
        if base is not None and base.facts.get("own_card") is None:
            del kept[CARD]
        return cls(reranker, kept)

    def add(self, path: str, source: Path) -> None:
        """Add a file that came with the commit. Raises ValidationError for a path that is none."""
        self._put(path, Sent(None, source))

    def add_stored(self, path: str, sha256: str, size: int | None) -> None:
        """Add a file that was sent ahead, or that a version of the reranker has.

        Raises ValidationError where it was not, or has another size.
        """
        known = stored_size(self.reranker, sha256)
        if known is None or size not in (None, known):
            was = "was not sent" if known is None else f"has {known:,} bytes, and not {size:,}"
            raise ValidationError({"files": [f"{path}: the file {sha256[:64]} {was}."]})
        self._put(path, Sent(sha256, None))

    def _put(self, path: str, sent: Sent) -> None:
        if refusal := path_refusal(path):
            raise ValidationError({"files": [f"{path[:200]}: {refusal}"]})
        self.files[path] = sent
        self.sent.add(path)

    def remove(self, path: str, *, folder: bool = False) -> None:
        """Remove a file, or all below a folder. Raises ValidationError where there is none."""
        below = [each for each in self.files if each.startswith(f"{path.rstrip('/')}/")]
        gone = below if folder else [path] * (path in self.files)
        if not gone:
            raise ValidationError({"files": [f"{path[:200]}: there is no such file to remove."]})
        for each in gone:
            del self.files[each]

    def publish(
        self, *, folder: Path, origin: Origin, created_by: User | None
    ) -> tuple[Version, bool]:
        """Lay the files out in an empty folder and publish them as the next version.

        A commit that brings weights is another model: the weights, the card and our own notes of
        the version before are no part of it unless they are sent again. One that makes the very
        files of the newest version, as a client's second try does, gives that one; the second
        value says whether the version is new. Raises what `version_import` raises.
        """
        if any(path.endswith(_WEIGHTS) for path in self.sent):
            for path in [*self.files]:
                old = path.endswith(_WEIGHTS) or path in _OF_A_MODEL
                if old and path not in self.sent:
                    del self.files[path]
        if (same := self._newest_of_these()) is not None:
            return same, False
        if clash := path_clash(self.files):
            raise ValidationError({"files": [f"{clash}: it is a file and a folder."]})
        for path, sent in self.files.items():
            _lay(folder / path, sent)
        version = version_import(
            reranker=self.reranker, folder=folder, origin=origin, created_by=created_by
        )
        return version, True

    def _newest_of_these(self) -> Version | None:
        """Return the newest version where its files are these; a card that we wrote may differ."""
        newest = self.reranker.versions.order_by("-number").first()
        if newest is None:
            return None
        held = dict(newest.artifacts.values_list("path", "sha256"))
        if CARD not in self.files:
            del held[CARD]
        if held.keys() != self.files.keys():
            return None
        same = all(sent.digest() == held[path] for path, sent in self.files.items())
        return newest if same else None


def stored_size(reranker: Reranker, sha256: str) -> int | None:
    """Return the size of a file that this reranker may use by its name; None where it has none.

    A name alone is no right to another project's file.
    """
    sent = Upload.objects.filter(reranker=reranker, sha256=sha256)
    held = Artifact.objects.filter(version__reranker=reranker, sha256=sha256)
    sizes = [*sent.values_list("size", flat=True), *held.values_list("size", flat=True)[:1]]
    return sizes[0] if sizes else None


def upload_keep(
    *, reranker: Reranker, path: Path, sha256: str, size: int, created_by: User | None
) -> None:
    """Store a file that is sent ahead of a commit, if it is what its name and size say.

    Raises ValidationError where it is not, and OSError where the storage cannot take it.
    """
    found = file_digest(path)
    if found.size != size:
        raise ValidationError({"file": f"{found.size:,} bytes came, and {size:,} were announced."})
    if found.sha256 != sha256:
        raise ValidationError({"file": f"Its bytes have the sha256 {found.sha256}."})
    # Named before it is stored, so that nobody takes it for a file that nobody needs.
    Upload.objects.get_or_create(
        reranker=reranker, sha256=sha256, defaults={"size": size, "created_by": created_by}
    )
    blob_put(path, found)


def uploads_expire() -> int:
    """Forget files that were sent ahead of a commit which never came; returns how many.

    Their bytes are then nobody's, and left to who removes leftovers.
    """
    gone, _ = Upload.objects.filter(created_at__lt=Now() - KEPT_FOR).delete()
    return gone


def _lay(target: Path, sent: Sent) -> None:
    """Put a file of a commit into its folder; what is stored here is linked, and not copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if sent.source is not None:
        sent.source.rename(target)
        return
    stored = blob_path(sent.sha256 or "")
    if stored is None:
        blob_fetch(sent.sha256 or "", target)
        return
    try:
        target.hardlink_to(stored)
    except OSError:  # another file system
        shutil.copyfile(stored, target)
