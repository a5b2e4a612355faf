"""Leases: who works on which candidate, in which slot, until when on the database's clock.

Whoever changes a candidate's slots holds the project's overlap (shared) and then the candidate's
row lock, in this order and candidates by id, so that nobody waits in a circle. Leasing never
waits for a candidate while it holds another. Before these, a person's call holds (shared) what the
end of their membership waits for; what they hold ends with it, by a trigger (migration 0013). A
lease is one call of a database function (`annotate_tasks_lease`, migration 0005), which walks the
index `candidate_queue`.
"""

import json
import time
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models.functions import Now
from django.http import Http404

from accounts.locks import is_deadlock
from accounts.models import Project, Role, User
from annotate.models import Candidate, Lease, Passage, Query, Text
from annotate.selectors.judging import candidates_open_to
from config.database.base import lone_statement

LEASE_MAX: Final = 100  # items that one call hands out
_ROUNDS: Final = 5
# Near the start of the queue lies what many people hold, and what a person far ahead of their
# colleagues has answered. Look at this many places there, then go on where the queue was open a
# moment ago; over everything at the end, and so often that what was given back is found.
_NEAR: Final = 100
_FRONT_SECONDS: Final = 30
_CALL: Final = """
SELECT * FROM annotate_tasks_lease(
    %s, %s, %s, %s, %s, %s::bigint[], %s, %s, %s, %s::bigint[], %s)
"""


def tasks_lease(
    *,
    project: Project,
    person: User,
    count: int,
    query: int | None = None,
    besides: Sequence[int] = (),
    whole: bool = False,
    known: Collection[int] = (),
) -> list[Lease]:
    """Lease the person's next items: first what they hold already, renewed, then in queue order.

    Never hands out more slots than the overlap, nor a candidate that the person has answered, nor
    one that is assigned to others; an expired lease of somebody else is taken over. Checks and
    repeats come among them as the queue's rates say (`annotate.turns`). Returns at most `count`
    (and LEASE_MAX) leases with their texts, none in a closed project. Empty means that nothing is
    open to the person now.

    With `query` they are all of this one, without checks and repeats but those that the person
    holds already; with `besides` none is of these queries. `whole` says that queries are leased one
    by one as lists: their checks and repeats come as lists of their own, at the same rates. Those
    of `known` come without their texts. What has hardly begun is not renewed: each lease lasts
    nine tenths of its length at least.
    """
    count = min(count, LEASE_MAX)
    if project.closed or count < 1:
        return []
    front = _Front(project, person) if query is None and not whole else None
    leases: list[Lease] = []
    for attempt in range(_ROUNDS):
        patient = attempt > 0
        wish = [count, settings.JUDGING_LEASE_SECONDS, query, list(besides), patient, _NEAR]
        more = [whole, list(known), front and front.position]
        leases = _lease(project, person, [*wish, *more], front)
        # What a colleague's call had locked for a moment was passed over: look again, waiting.
        if leases or not _open(project, person, query, besides):
            break
    return leases


def leases_expire() -> int:
    """Delete leases that have expired; returns their number. Only tidies: they bind nobody.

    Checks and repeats stay, since they hold no slot: an answer after a night is still one to them.
    """
    with transaction.atomic():
        over = Lease.objects.filter(expires_at__lte=Now(), slot__isnull=False)
        expired = over.select_for_update(skip_locked=True)
        number, _ = Lease.objects.filter(pk__in=list(expired.values_list("pk", flat=True))).delete()
    return number


def judge_require(*, project: Project, person: User) -> None:
    """Raise Http404 where a person, who was let in a moment ago, judges here no longer."""
    roles = project.members.filter(user=person).exclude(role=Role.VIEWER)
    if not roles.exists():
        raise Http404("You do not judge in this project any more.")


def lease_length() -> timedelta:
    """Return how long a lease lasts from now."""
    return timedelta(seconds=settings.JUDGING_LEASE_SECONDS)


def slot_free(overlap: int, filled: Collection[int], held: Collection[int]) -> int | None:
    """Return the lowest slot that is neither filled nor held, or None where all are taken."""
    if len(filled) + len(held) >= overlap:
        return None
    taken = {*filled, *held}
    return next(slot for slot in range(1, overlap + len(taken) + 1) if slot not in taken)


def _open(project: Project, person: User, query: int | None, besides: Sequence[int]) -> bool:
    rows = candidates_open_to(project, person).exclude(query__in=besides)
    return (rows if query is None else rows.filter(query=query)).exists()


class _Front:
    """Up to which position candidates are answered or held, as this process saw it a moment ago.

    Everybody has a front of their own where a candidate wants more than one judgment. Every
    _FRONT_SECONDS one call looks at everything; the others go on from the old front meanwhile, and
    what they reach does not count.
    """

    def __init__(self, project: Project, person: User) -> None:
        whose = person.pk if project.overlap > 1 else 0
        self.key = f"annotate:front:{project.pk}:{whose}"
        self.position: int | None = None
        now = time.time()
        seen: tuple[int, float, bool] | None = cache.get(self.key)
        self.old = None if seen is None else seen[0]
        if seen is not None and now < seen[1]:
            self.position, self.until, self.counts = seen
            return
        self.until, self.counts = now + _FRONT_SECONDS, True
        if self.old is not None:
            self._keep(self.old, self.until, counts=False)

    def reach(self, position: int | None) -> None:
        """Remember how far a call got, or that it looked at nothing that is new."""
        if self.position is not None:
            if self.counts and position is not None:
                self._keep(max(self.position, position), self.until)
        elif position is not None:
            self._keep(position, self.until)
        elif self.old is not None:
            self._keep(self.old, 0.0)  # the next call looks at everything

    def _keep(self, position: int, until: float, *, counts: bool = True) -> None:
        cache.set(self.key, (position, until, counts), 2 * _FRONT_SECONDS)


def _lease(
    project: Project, person: User, wish: Sequence[Any], front: _Front | None
) -> list[Lease]:
    try:
        with lone_statement() as cursor:
            cursor.execute(_CALL, [project.pk, person.pk, *wish])
            rows = cursor.fetchall()
    except IntegrityError:
        judge_require(project=project, person=person)
        raise
    except OperationalError as error:
        if connection.in_atomic_block or not is_deadlock(error):
            raise
        return []  # as where a colleague was faster: looked for again
    if front is not None:
        front.reach(max((row[-1] for row in rows if row[-1] is not None), default=None))
    return [_loaded(row, project, person) for row in rows]


def _loaded(row: Sequence[Any], project: Project, person: User) -> Lease:
    """Build a lease with its candidate and texts; what is not needed to show them loads later."""
    (pk, candidate_id, purpose, slot, turn, expires_at, returned_at, *texts) = row
    if texts[0] is None:
        return Lease.from_db("default", ["id", "candidate_id"], [pk, candidate_id])
    (query_id, query_text, query_revision, query_metadata, *texts) = texts
    (passage_id, title, metadata, passage_revision, text_id, wording, _) = texts
    text = Text.from_db("default", ["id", "text"], [text_id, wording])
    passage = Passage.from_db(
        "default",
        ["id", "title", "metadata", "revision"],
        [passage_id, title, json.loads(metadata), passage_revision],
    )
    passage.text = text
    query = Query.from_db(
        "default",
        ["id", "text", "metadata", "revision"],
        [query_id, query_text, json.loads(query_metadata), query_revision],
    )
    candidate = Candidate.from_db(
        "default",
        ["id", "project_id", "query_id", "passage_id"],
        [candidate_id, project.pk, query_id, passage_id],
    )
    candidate.query, candidate.passage = query, passage
    lease = Lease.from_db(
        "default",
        ["id", "candidate_id", "purpose", "slot", "person_id", "turn", "expires_at", "returned_at"],
        [pk, candidate_id, purpose, slot, person.pk, turn, expires_at, returned_at],
    )
    lease.candidate, lease.person = candidate, person
    return lease
