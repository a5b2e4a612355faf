"""Stored files that nothing names any more: found, told, and removed a while after.

Versions, files sent ahead of a push, and snapshots name stored files. What none of them names may
still be on its way: bytes are stored before the row that names them, a download may be under way,
and a transaction may bring back what it took. So a file is first written down as a leftover, and
removed by a later look only, if nobody has stored or named it since.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models.functions import Now

from accounts.blobs import blob_drop, blob_size, blobs_stored
from accounts.models import Leftover
from annotate.selectors import snapshots
from models_app import selectors
from models_app.services.pushing import uploads_expire

AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Left:
    """A leftover: `due` says whether it has been one for long enough to be removed."""

    sha256: str
    size: int
    since: datetime
    due: bool


def leftovers_find(*, after: timedelta = AFTER) -> list[Left]:
    """Write down which stored files nothing names, and return them, the oldest first.

    What was one and is named again, or gone, is forgotten.
    """
    uploads_expire()
    stored = set(blobs_stored())
    # Named after they were listed: what is stored in between is in neither.
    unnamed = stored - selectors.blobs_named() - snapshots.blobs_named()
    Leftover.objects.exclude(sha256__in=unnamed).delete()
    known = set(Leftover.objects.values_list("sha256", flat=True))
    fresh = [Leftover(sha256=each, size=size) for each, size in _sizes(unnamed - known)]
    Leftover.objects.bulk_create(fresh, ignore_conflicts=True)
    due = set(Leftover.objects.filter(since__lte=Now() - after).values_list("sha256", flat=True))
    return [
        Left(row.sha256, row.size, row.since, row.sha256 in due)
        for row in Leftover.objects.order_by("since", "sha256")
    ]


def leftovers_remove(*, after: timedelta = AFTER) -> list[Left]:
    """Remove the stored files that nothing has named for `after`, and return them."""
    return [left for left in leftovers_find(after=after) if left.due and _remove(left.sha256)]


def _remove(sha256: str) -> bool:
    """Remove a leftover, unless somebody has stored it again; nobody names what they do not."""
    with transaction.atomic():
        # Who stores it again waits here, and then stores it anew.
        row = Leftover.objects.select_for_update().filter(sha256=sha256).first()
        if row is None:
            return False
        blob_drop(sha256)
        row.delete()
    return True


def _sizes(digests: set[str]) -> Iterator[tuple[str, int]]:
    for sha256 in sorted(digests):
        try:
            yield sha256, blob_size(sha256)
        except FileNotFoundError:  # an erasure took it
            continue
