"""Deeds on many rows of a list: asked for on a page or over the API, done by a worker.

Each block is a transaction of its own, and what is done already is passed over, so that a worker
that dies leaves the rest to the next one.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts.access import Right, role_allows
from accounts.locks import work_held
from accounts.models import Member, User
from annotate.models import Bulk, BulkDeed, BulkStatus, Candidate, Listed, Query
from annotate.models.bulk import BULK_UNFINISHED
from annotate.selectors.browsing import candidate_wish, candidates_of, queries_of, query_wish
from annotate.selectors.naming import named
from annotate.selectors.narrowing import CANDIDATE_FILTERS, QUERY_FILTERS
from annotate.services.assigning import queries_assign
from annotate.services.bell import BULK, worker_ring
from annotate.services.changes import reason_checked
from annotate.services.claiming import ATTEMPTS_MAX, GAVE_UP, attempt_begin
from annotate.services.golding import GoldWish, golds_from_adjudicated, golds_set
from annotate.services.withdrawing import candidates_withdraw, queries_withdraw

_BLOCK: Final = 1_000
KEYS_MAX: Final = 1_000  # a page's choice, or a script's

logger = logging.getLogger(__name__)


def bulk_create(
    *,
    member: Member,
    listed: Listed,
    deed: BulkDeed,
    keys: Sequence[int] | None,
    parameters: Mapping[str, str],
    reason: str = "",
    grade: int | None = None,
    people: Sequence[str] = (),
    everybody: bool = False,
    decided: bool = False,
) -> Bulk:
    """Ask for a deed on the rows of these ids, or on all that `parameters` let through.

    Queries are assigned to `people`, or given back to everybody. Candidates are made gold with this
    grade, or with the one that a reviewer has decided. Raises ValidationError per field.
    """
    errors = _parameters_wrong(listed, parameters)
    if keys is not None and not 0 < len(keys) <= KEYS_MAX:
        errors["keys"] = f"Choose from 1 to {KEYS_MAX:,} rows, or all that match."
    if deed == BulkDeed.GOLD and listed != Listed.CANDIDATES:
        errors["deed"] = "Candidates are made gold, not queries."
    if deed == BulkDeed.ASSIGN and listed != Listed.QUERIES:
        errors["deed"] = "Queries are assigned, not candidates."
    grades = {None} if decided else {row.value for row in member.project.scheme}
    if deed == BulkDeed.GOLD and grade not in grades:
        errors["grade"] = "Choose a grade of the label scheme, or the one that was decided."
    known = set(member.project.members.values_list("user__username", flat=True))
    if deed == BulkDeed.ASSIGN and set(people) - known:
        errors["people"] = f"No members: {', '.join(sorted(set(people) - known))}."
    elif deed == BulkDeed.ASSIGN and bool(people) == everybody:
        errors["people"] = "Choose whom to assign them to, or everybody."
    if errors:
        raise ValidationError(errors)
    if keys is not None:
        table: type[Query] | type[Candidate] = Query if listed == Listed.QUERIES else Candidate
        named(table.objects.filter(project=member.project), keys, "keys")
    bulk = Bulk.objects.create(
        project=member.project,
        listed=listed,
        deed=deed,
        keys=None if keys is None else sorted(set(keys)),
        parameters=dict(parameters),
        reason=reason_checked(reason) if deed == BulkDeed.WITHDRAW else reason.strip(),
        grade=grade if deed == BulkDeed.GOLD else None,
        people=list(people) if deed == BulkDeed.ASSIGN else [],
        by=member.user,
    )
    transaction.on_commit(lambda: worker_ring(task=BULK, pk=bulk.pk))
    return bulk


def _parameters_wrong(listed: Listed, parameters: Mapping[str, str]) -> dict[str, str]:
    """A filter that there is not would let all rows through."""
    filters = QUERY_FILTERS if listed == Listed.QUERIES else CANDIDATE_FILTERS
    grade = parameters.get("grade", "")
    if parameters.get("show", "") not in filters or not (grade == "" or grade.isdecimal()):
        return {"parameters": "There is no such filter of this list."}
    return {}


def bulk_run(*, bulk_id: int) -> None:
    """Do what was asked for; whoever comes second finds nothing to do."""
    with work_held("bulk", bulk_id) as held:
        if not held:
            return
        Bulk.objects.filter(pk=bulk_id, status=BulkStatus.QUEUED).update(status=BulkStatus.RUNNING)
        attempt = attempt_begin(model=Bulk, pk=bulk_id)
        if attempt > ATTEMPTS_MAX:
            _end(bulk_id, BulkStatus.FAILED, error=GAVE_UP)
        elif attempt:
            _attempt(Bulk.objects.select_related("project", "by").get(pk=bulk_id))


def bulks_requeue() -> None:
    """Ring again for what is not done yet."""
    for pk in Bulk.objects.filter(status__in=BULK_UNFINISHED).values_list("pk", flat=True):
        worker_ring(task=BULK, pk=pk)


def _attempt(bulk: Bulk) -> None:
    member = bulk.project.members.select_related("project", "user").filter(user=bulk.by).first()
    if member is None or not role_allows(member.role, Right.MANAGE):
        error = "Whoever asked for it manages this project no longer."
        _end(bulk.pk, BulkStatus.FAILED, error=error)
        return
    try:
        _do(bulk, member)
    except ValidationError as error:
        _end(bulk.pk, BulkStatus.FAILED, error=" ".join(error.messages))
    else:
        _end(bulk.pk, BulkStatus.SUCCEEDED)


def _do(bulk: Bulk, member: Member) -> None:
    rows = _chosen(bulk, member)
    if bulk.deed == BulkDeed.ASSIGN:
        people = list(User.objects.filter(username__in=bulk.people))
        queries: QuerySet[Query] = rows
        number = queries_assign(
            project=bulk.project, queries=queries, people=people, by=member.user
        )
        _count(bulk.pk, number)
        return
    # Ids first: what a filter lets through changes with what is done.
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _BLOCK):
        _count(bulk.pk, _block(bulk, member.user, keys[start : start + _BLOCK]))


def _block(bulk: Bulk, by: User, keys: list[int]) -> int:
    if bulk.deed == BulkDeed.GOLD and bulk.grade is None:
        return golds_from_adjudicated(project=bulk.project, by=by, candidates=keys)
    if bulk.deed == BulkDeed.GOLD and bulk.grade is not None:
        wishes = [GoldWish(pk, bulk.grade, bulk.reason) for pk in keys]
        return golds_set(project=bulk.project, wishes=wishes, by=by)
    how: dict[str, Any] = {"project": bulk.project, "by": by, "reason": bulk.reason}
    if bulk.listed == Listed.QUERIES:
        return queries_withdraw(queries=keys, **how).changed
    return candidates_withdraw(candidates=keys, **how).changed


def _chosen(bulk: Bulk, member: Member) -> QuerySet[Any]:
    rows: QuerySet[Any]
    if bulk.listed == Listed.QUERIES:
        rows = queries_of(member, query_wish(bulk.parameters))
    else:
        rows = candidates_of(member, candidate_wish(bulk.project, bulk.parameters))
    return rows if bulk.keys is None else rows.filter(pk__in=bulk.keys)


def _count(pk: int, changed: int) -> None:
    Bulk.objects.filter(pk=pk).update(changed=F("changed") + changed)


def _end(pk: int, status: BulkStatus, *, error: str = "") -> None:
    rows = Bulk.objects.filter(pk=pk, status__in=BULK_UNFINISHED)
    rows.update(status=status, error=error, finished_at=Now())
