"""Unix sockets: where they lie, also where the way to them is long. No Django in here."""

import hashlib
import os
import tempfile
from pathlib import Path

SOCKET_PATH_LIMIT = 103  # bytes: 107 on Linux, 103 on macOS (sun_path without its final NUL)


def socket_path(wanted: Path) -> Path:
    """Return a socket's path; in a temporary folder of ours where the one wanted is too long."""
    if len(os.fsencode(wanted)) <= SOCKET_PATH_LIMIT:
        return wanted
    digest = hashlib.sha256(os.fsencode(wanted.parent)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"arbiter-{os.geteuid()}-{digest}" / wanted.name
