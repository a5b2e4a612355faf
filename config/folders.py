"""Folders of ours that nobody else may look into. No Django in here."""

from pathlib import Path


def private_folder(path: Path) -> Path:
    """Return the folder, made for our user alone (0700) where it is missing, and those above it.

    One that is there stays as it is: whoever made it may share it.
    """
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path
