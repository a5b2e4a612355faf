"""How clients of a model hub know a file's content: as a git blob, or by a pointer of Git LFS.

Weights and everything large are LFS files, whose bytes are named by their sha256 and whose git blob
is a small pointer; all other files are git blobs themselves. Sources: git's object format (`git
hash-object`), and the pointer of the Git LFS specification v1.
"""

import hashlib
from pathlib import Path
from typing import Final

LFS_FROM: Final = 10 * 1024 * 1024  # bytes, as on the Hugging Face Hub
_LFS_SUFFIXES: Final = (".safetensors", ".model")


def lfs_kept(path: str, size: int) -> bool:
    """Say whether a file of this path and size in bytes is an LFS file."""
    return size >= LFS_FROM or path.lower().endswith(_LFS_SUFFIXES)


def pointer_of(sha256: str, size: int) -> bytes:
    """Return the pointer that git has in an LFS file's place."""
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    ).encode()


def blob_oid(content: bytes) -> str:
    """Return the id of a git blob: 40 lower-case hexadecimal digits."""
    head = f"blob {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()


def file_oid(path: str, source: Path, *, sha256: str, size: int) -> str:
    """Return the id of the git blob of a model's file, which for an LFS file is its pointer's."""
    content = pointer_of(sha256, size) if lfs_kept(path, size) else source.read_bytes()
    return blob_oid(content)
