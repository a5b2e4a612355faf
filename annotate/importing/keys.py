"""How queries and passages are known, and where a candidate stands in the queue."""

import hashlib
import re
from typing import Final

# Text that a spreadsheet would run as a formula, or that we neutralised by a leading apostrophe.
_NEUTRALISED: Final = re.compile(r"'+[=+\-@\t\r]")


def id_key(external_id: str) -> bytes:
    """The staging key (16 bytes) of what is known by an external id."""
    return hashlib.blake2b(external_id.encode(), digest_size=16).digest()


def text_key(digest: bytes) -> bytes:
    """The staging key (16 bytes) of what is known by its text, from the text's sha256.

    Another hash than that of ids, so that no text can pose as an id.
    """
    return digest[:16]


def candidate_position(slug: str, query_key: str, passage_key: str) -> int:
    """Return a candidate's place in the queue: random, yet the same whatever was imported first.

    It is the first eight bytes of the sha256 of the three lines, as a signed number. The keys are
    those of snapshots: the external id, or `sha256:` and the hexadecimal digest of the text.
    """
    seed = f"{slug}\n{query_key}\n{passage_key}".encode()
    return int.from_bytes(hashlib.sha256(seed).digest()[:8], "big", signed=True)


def neutralised(text: str) -> str:
    """Return a text as a CSV cell that no spreadsheet runs as a formula (OWASP, CSV injection)."""
    risky = text[:1] in ("=", "+", "-", "@", "\t", "\r") or _NEUTRALISED.match(text)
    return f"'{text}" if risky else text


def restored(text: str) -> str:
    """Undo `neutralised`."""
    return text[1:] if _NEUTRALISED.match(text) else text
