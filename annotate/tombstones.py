"""What was erased is known again by keyed hashes, so that no import brings it back.

The key is made from the installation's SECRET_KEY, which lies outside the database: whoever has a
copy of the database alone cannot try out guesses at what was erased. Under another SECRET_KEY what
was erased before is not known any more.
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

from django.utils.crypto import salted_hmac

from annotate.models import Thing, Tombstone

_SALT = "annotate.tombstones"


class Remembered:
    """The tombstones of a project's queries, or of its passages."""

    def __init__(self, project_id: int, thing: Thing) -> None:
        self._project_id, self._thing = project_id, thing

    def __bool__(self) -> bool:
        return bool(self._marks)

    def text(self, digest: bytes) -> bool:
        """Say whether the text with this sha256 was erased."""
        return bool(self._marks) and mark_of(self._project_id, digest) in self._marks

    def id(self, external_id: str) -> bool:
        """Say whether what had this id was erased."""
        return bool(self._marks) and mark_of(self._project_id, external_id) in self._marks

    @cached_property
    def _marks(self) -> set[bytes]:
        rows = Tombstone.objects.filter(project=self._project_id, thing=self._thing)
        return {bytes(mark) for mark in rows.values_list("mark", flat=True)}


def mark_of(project_id: int, known_by: bytes | str) -> bytes:
    """Return the mark (32 bytes) of a text's sha256, or of an id."""
    kind = "text" if isinstance(known_by, bytes) else "id"
    named = known_by.hex() if isinstance(known_by, bytes) else known_by
    return salted_hmac(_SALT, f"{project_id} {kind} {named}", algorithm="sha256").digest()


def marks_of(project_id: int, digests: Iterable[bytes], ids: Iterable[str]) -> Iterator[bytes]:
    """Yield the marks of what is erased, each once."""
    yield from {mark_of(project_id, each) for each in digests}
    yield from {mark_of(project_id, each) for each in ids}
