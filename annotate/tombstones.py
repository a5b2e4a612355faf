"""What was erased is known again by keyed hashes, so that no import brings it back.

The key is made from the installation's SECRET_KEY, which lies outside the database: whoever has a
copy of the database alone cannot try out guesses at what was erased. Under another SECRET_KEY what
was erased before is not known any more.

A text is known whatever its case and its space (`annotate.quoting.folded`), among queries and among
passages, whichever it was erased as; an id as it is, of a query or of a passage.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property

from django.utils.crypto import salted_hmac

from annotate.models import Thing, Tombstone
from annotate.models.texts import text_digest
from annotate.quoting import folded

_SALT = "annotate.tombstones"


class Remembered:
    """The tombstones of a project's queries, or of its passages."""

    def __init__(self, project_id: int, thing: Thing) -> None:
        self._project_id, self._thing = project_id, thing

    def __bool__(self) -> bool:
        return bool(self._marks)

    def text(self, text: str) -> bool:
        """Say whether a text was erased, in this or another case and space."""
        return self._known("text", _fold(text))

    def title(self, title: str) -> bool:
        """Say whether a title is a text that was erased; one word is nobody's."""
        return " " in title.strip() and self.text(title)

    def digest(self, digest: bytes) -> bool:
        """Say whether the very text with this sha256 was erased, where nothing else is known."""
        return self._known("digest", digest.hex())

    def id(self, external_id: str) -> bool:
        """Say whether what had this id was erased."""
        return self._known("id", external_id)

    def _known(self, kind: str, named: str) -> bool:
        return bool(self._marks) and _mark(self._project_id, kind, named) in self._marks

    @cached_property
    def _marks(self) -> set[bytes]:
        rows = Tombstone.objects.filter(project=self._project_id, thing=self._thing)
        return {bytes(mark) for mark in rows.values_list("mark", flat=True)}


def marks_of(project_id: int, texts: Iterable[str], ids: Iterable[str]) -> Iterator[bytes]:
    """Yield the marks (32 bytes) of what is erased, each once."""
    names = {("id", each) for each in ids}
    for text in texts:
        names |= {("text", _fold(text)), ("digest", text_digest(text).hex())}
    for kind, named in sorted(names):
        yield _mark(project_id, kind, named)


def _fold(text: str) -> str:
    return hashlib.sha256(folded(text)).hexdigest()


def _mark(project_id: int, kind: str, named: str) -> bytes:
    return salted_hmac(_SALT, f"{project_id} {kind} {named}", algorithm="sha256").digest()
