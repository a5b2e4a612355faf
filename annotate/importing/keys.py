"""How queries and passages are known, and where a candidate stands in the queue."""

import hashlib
import re
from typing import Final, NamedTuple

from annotate.formats.records import BadValueError
from annotate.models.texts import DIGEST_NAME, ERASED_ID, digest_name

_DIGEST_NAME: Final = re.compile(DIGEST_NAME)


class Identity(NamedTuple):
    """What a query or passage of a row is known by.

    `digest` is that of its text: the one given or, where it has no id, the one that names it.
    """

    key: bytes
    external_id: str | None
    name: str
    digest: bytes | None


def identity(field: str, external_id: str | None, digest: bytes | None) -> Identity:
    """Return what an id, a text's digest, or both mean; at least one is given.

    An id of the form `sha256:…` is our own name of a text without an id and means that text.
    Raises BadValueError at `field` where it stands beside another text.
    """
    if external_id is not None:
        if external_id.startswith(ERASED_ID):
            message = f"“{external_id}” is the name of something that was erased here"
            raise BadValueError(field, message)
        named = _digest_of(external_id)
        if named is None:
            return Identity(id_key(external_id), external_id, external_id, digest)
        if digest is not None and digest != named:
            message = (
                f"“{external_id}” names a text by its sha256, and the text of this row has another;"
                " leave the id out, or give it another form"
            )
            raise BadValueError(field, message)
        digest = named
    assert digest is not None, "the parsers give an id or a text"
    return Identity(text_key(digest), None, digest_name(digest), digest)


def _digest_of(name: str) -> bytes | None:
    if name.startswith("sha256:") and _DIGEST_NAME.fullmatch(name):
        return bytes.fromhex(name.removeprefix("sha256:"))
    return None


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
