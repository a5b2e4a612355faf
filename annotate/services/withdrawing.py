"""Queries, passages and candidates are withdrawn, and come back: one, or as many as are chosen.

What is withdrawn is judged, exported and frozen no longer. Nothing of it is lost: its judgments
stay, an answer that comes later is kept as a late one, and it can be restored. Many at once go in
blocks, each a transaction of its own with its entry in the log; repeating a call goes on where it
was interrupted, since what is withdrawn already is passed over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import Project, User
from annotate.models import Deed, Thing
from annotate.services.changes import change_log, reason_checked, transaction_time

BLOCK: Final = 5_000
_TABLES: Final = {
    Thing.QUERY: "annotate_query",
    Thing.PASSAGE: "annotate_passage",
    Thing.CANDIDATE: "annotate_candidate",
}
_LEASES: Final = {
    Thing.QUERY: "c.query_id = ANY(%s)",
    Thing.PASSAGE: "c.passage_id = ANY(%s)",
    Thing.CANDIDATE: "c.id = ANY(%s)",
}

Chosen = QuerySet[Any] | Iterable[int]


@dataclass(frozen=True, slots=True)
class Bulk:
    """What came of it: how many were changed, and how many were so already."""

    changed: int
    unchanged: int

    def __add__(self, other: "Bulk") -> "Bulk":
        return Bulk(self.changed + other.changed, self.unchanged + other.unchanged)


def queries_withdraw(*, project: Project, by: User | None, reason: str, queries: Chosen) -> Bulk:
    """Withdraw the project's queries of these ids, or of this queryset.

    Others' are passed over. Raises ValidationError without a reason, as the others here do.
    """
    return _withdraw(Thing.QUERY, project, by, reason, queries)


def queries_restore(*, project: Project, by: User | None, reason: str, queries: Chosen) -> Bulk:
    """Undo `queries_withdraw`; what was erased stays as it is."""
    return _restore(Thing.QUERY, project, by, reason, queries)


def passages_withdraw(*, project: Project, by: User | None, reason: str, passages: Chosen) -> Bulk:
    """Withdraw passages, and so their candidates, whatever the query."""
    return _withdraw(Thing.PASSAGE, project, by, reason, passages)


def passages_restore(*, project: Project, by: User | None, reason: str, passages: Chosen) -> Bulk:
    """Undo `passages_withdraw`."""
    return _restore(Thing.PASSAGE, project, by, reason, passages)


def candidates_withdraw(
    *, project: Project, by: User | None, reason: str, candidates: Chosen
) -> Bulk:
    """Withdraw candidates; their query and passage stay."""
    return _withdraw(Thing.CANDIDATE, project, by, reason, candidates)


def candidates_restore(
    *, project: Project, by: User | None, reason: str, candidates: Chosen
) -> Bulk:
    """Undo `candidates_withdraw`."""
    return _restore(Thing.CANDIDATE, project, by, reason, candidates)


def _withdraw(thing: Thing, project: Project, by: User | None, reason: str, chosen: Chosen) -> Bulk:
    return _in_blocks(thing, Deed.WITHDRAW, project, by, reason_checked(reason), chosen)


def _restore(thing: Thing, project: Project, by: User | None, reason: str, chosen: Chosen) -> Bulk:
    return _in_blocks(thing, Deed.RESTORE, project, by, reason.strip(), chosen)


def _in_blocks(
    thing: Thing, deed: Deed, project: Project, by: User | None, reason: str, chosen: Chosen
) -> Bulk:
    total = Bulk(0, 0)
    for keys in _blocks(chosen):
        total += _block(thing, deed, project, by, reason, keys)
    return total


def _blocks(chosen: Chosen) -> Iterator[list[int]]:
    """Yield the ids block by block; a queryset may shrink meanwhile, so that it is never offset."""
    if not isinstance(chosen, QuerySet):
        keys = sorted(set(chosen))
        yield from (keys[start : start + BLOCK] for start in range(0, len(keys), BLOCK))
        return
    rows, last = chosen.order_by("pk").values_list("pk", flat=True), 0
    while keys := list(rows.filter(pk__gt=last)[:BLOCK]):
        yield keys
        last = keys[-1]


@transaction.atomic
def _block(
    thing: Thing, deed: Deed, project: Project, by: User | None, reason: str, keys: list[int]
) -> Bulk:
    table = _TABLES[thing]
    at = transaction_time()
    erased = "" if thing is Thing.CANDIDATE else "AND erased_at IS NULL"
    there = "IS NULL" if deed is Deed.WITHDRAW else "IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute(
            # Only names of this module are put in.
            f"UPDATE {table} SET withdrawn_at = %s WHERE id = ANY(%s) AND project_id = %s"  # noqa: S608
            f" AND withdrawn_at {there} {erased} RETURNING id",
            [at if deed is Deed.WITHDRAW else None, keys, project.pk],
        )
        changed = [row[0] for row in cursor.fetchall()]
        if changed and deed is Deed.WITHDRAW:
            cursor.execute(
                "DELETE FROM annotate_lease l USING annotate_candidate c"  # noqa: S608
                f" WHERE l.candidate_id = c.id AND {_LEASES[thing]}",
                [changed],
            )
    if changed:
        change_log(
            project=project, thing=thing, deed=deed, things=changed, by=by, reason=reason, at=at
        )
    return Bulk(len(changed), len(keys) - len(changed))
