"""Folders of ours that nobody else may look into. No Django in here."""

import os
import stat
from pathlib import Path

from config.processes import ProcessError


def private_folder(path: Path) -> Path:
    """Return the folder, made for our user alone (0700) where it is missing, and those above it.

    One that is there stays as it is: whoever made it may share it.
    """
    if not path.is_dir():
        private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def require_private(folder: Path) -> None:
    """Close our folder to others. Raises ProcessError where somebody else put one in its place."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise ProcessError(f"{folder} is not a folder of ours: remove it, or change its owner")
    folder.chmod(0o700)
