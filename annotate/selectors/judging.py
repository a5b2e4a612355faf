"""Reads of judging: what is open to a person, the texts of what they hold, what they have done."""

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import (
    Avg,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, Now

from accounts.models import Grade, Project, User
from annotate.models import (
    Action,
    Candidate,
    Judgment,
    Lease,
    PairLease,
    Passage,
    Query,
)
from annotate.models.judgments import CHECK_KINDS
from annotate.selectors.checks import hour_begun

# Up to here `remaining_for` counts at every call; beyond it a figure is kept for some seconds, and
# longer from LARGE on, where counting takes long and a quick team needs more than minutes.
COUNTED_EXACTLY: Final = 1_000
LARGE: Final = 50_000
SHORT_SECONDS: Final = 5
COUNT_SECONDS: Final = 30
LATEST: Final = 50  # answers: as many as the judging page sends at once
_counting: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a person has done in a project; `grades` pairs each grade with its number."""

    answered: int
    skipped: int
    flagged: int
    mean_seconds: float | None
    seconds: float  # active time in all
    grades: Sequence[tuple[Grade, int]]


def candidates_active(project: Project) -> QuerySet[Candidate]:
    """Return the candidates that are not withdrawn, and neither is their query or passage."""
    gone = {"project": project, "withdrawn_at__isnull": False}
    return (
        Candidate.objects.filter(project=project, withdrawn_at__isnull=True)
        .exclude(query__in=Query.objects.filter(**gone).values("pk"))
        .exclude(passage__in=Passage.objects.filter(**gone).values("pk"))
    )


def candidates_open_to(
    project: Project, person: User, overlap: int | None = None, lanes: Sequence[int] | None = None
) -> QuerySet[Candidate]:
    """Return what `person` may judge now: no answer of theirs, a slot that nobody else holds, and
    assigned to them or to nobody.

    Walks the partial index `candidate_queue`, so that finished candidates cost nothing.
    """
    answered = Judgment.objects.answers().filter(candidate=OuterRef("pk"), person=person)
    held = Lease.objects.filter(expires_at__gt=Now(), slot__isnull=False).exclude(person=person)
    filled = Judgment.objects.counted().filter(candidate=OuterRef("pk"))
    lanes = lanes_of(project, person) if lanes is None else lanes
    rows = candidates_active(project).filter(~Exists(answered), wanted=True, lane__in=lanes)
    # Counted judgments alone never reach the overlap where `wanted` is true: counting is only
    # for what somebody holds.
    unheld = ~Q(pk__in=held.filter(candidate__project=project).values("candidate"))
    overlap = overlap or project.overlap
    if overlap == 1:
        return rows.filter(unheld)
    taken = _number(filled) + _number(held.filter(candidate=OuterRef("pk")))
    return rows.alias(taken=taken).filter(unheld | Q(taken__lt=overlap))


def lanes_of(project: Project, person: User) -> list[int]:
    """Return the lanes whose queries a person may judge: their own and, unless the queue keeps
    people to what is assigned to them, everybody's."""
    sql = """
        SELECT CASE WHEN coalesce((SELECT assigned_only FROM annotate_queue WHERE project_id = %s),
                                  false)
               THEN own ELSE own || free END FROM annotate_lanes_of(%s, %s)
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [project.pk, project.pk, person.pk])
        return list(cursor.fetchone()[0])


def remaining_for(project: Project, person: User, *, idle: bool = False) -> int:
    """Count the candidates that a person may still judge, with those they hold; 0 once closed.

    Exact where no more than COUNTED_EXACTLY want a judgment. Beyond it, where counting takes long,
    at most twice COUNT_SECONDS old, and with what colleagues hold. It falls by one with each
    answer, to a check as to what counts: what checks took off is given back at the full hour, for
    which progress stands still, too (`annotate.selectors.checks`). For the `idle`, who were given
    nothing, what is open is looked at, up to the bound.
    """
    if project.closed:
        return 0
    if idle:
        return candidates_open_to(project, person)[: COUNTED_EXACTLY + 1].count()
    key = f"annotate:remaining:{project.pk}:{person.pk}"
    known = cache.get(key)
    if known is not None:
        return int(known)
    lanes = lanes_of(project, person)
    number = _wanted(project, lanes)
    if number > COUNTED_EXACTLY:
        done = Judgment.objects.answers().filter(project=project, person=person)
        number -= done.filter(candidate__wanted=True, candidate__lane__in=lanes).count()
    many = number > COUNTED_EXACTLY
    if not many:
        number = candidates_open_to(project, person, lanes=lanes).count()
    number = max(min(number, 1), number - _checks_lately(project, person))
    if many:
        cache.set(key, number, _seconds(number))
    return number


def _seconds(number: int) -> int:
    return SHORT_SECONDS if number < LARGE else COUNT_SECONDS


def _wanted(project: Project, lanes: Sequence[int]) -> int:
    """Count these lanes' candidates that want judgments, beyond COUNTED_EXACTLY for everybody.

    One counts at a time, and whoever comes meanwhile takes what was.
    """
    key = f"annotate:wanted:{project.pk}:{','.join(map(str, sorted(lanes)))}"
    number, until = cache.get(key) or (0, 0.0)
    counting = _counting[key]
    if time.time() < until or not counting.acquire(blocking=until == 0):
        return int(number)
    try:
        number, until = cache.get(key) or (0, 0.0)
        if time.time() < until:
            return int(number)
        rows = Candidate.objects.filter(project=project, withdrawn_at=None, wanted=True)
        number = rows.filter(lane__in=lanes).count()
        if number > COUNTED_EXACTLY:
            cache.set(key, (number, time.time() + _seconds(number)), 2 * COUNT_SECONDS)
        else:
            cache.delete(key)
    finally:
        counting.release()
    return int(number)


def _checks_lately(project: Project, person: User) -> int:
    rows = Judgment.objects.given().filter(project=project, person=person, kind__in=CHECK_KINDS)
    return rows.filter(created_at__gte=hour_begun()).count()


def judges_now(project: Project) -> int:
    """Count the people who hold something to judge at this moment: who shares what is left."""
    held = Lease.objects.filter(candidate__project=project, expires_at__gt=Now())
    return held.values("person").distinct().count()


def pair_judges_now(project: Project) -> int:
    """Count the people who hold a pair to compare at this moment."""
    held = PairLease.objects.filter(pair__project=project, expires_at__gt=Now())
    return held.values("person").distinct().count()


def held_by_others(project: Project, person: User) -> int:
    """Count candidates that `person` could judge if colleagues gave back what they hold."""
    held = Lease.objects.filter(
        candidate__project=project, expires_at__gt=Now(), slot__isnull=False
    )
    answered = Judgment.objects.answers().filter(candidate=OuterRef("pk"), person=person)
    return (
        candidates_active(project)
        .filter(
            ~Exists(answered),
            wanted=True,
            lane__in=lanes_of(project, person),
            pk__in=held.exclude(person=person).values("candidate"),
        )
        .exclude(leases__person=person)
        .count()
    )


def skips_wanted(project: Project, person: User) -> QuerySet[Judgment]:
    """Return the person's skips, oldest first, of candidates that still want a judgment."""
    wanted = candidates_active(project).filter(wanted=True)
    skips = Judgment.objects.skips().filter(project=project, person=person, candidate__in=wanted)
    return skips.order_by("created_at", "pk")


def answers_latest(project: Project, person: User) -> list[UUID]:
    """Return the ids of the person's newest answers that still hold, the newest first.

    An undo would withdraw the first; the page knows by them which of its own have arrived.
    """
    rows = Judgment.objects.given().filter(project=project, person=person)
    return list(rows.order_by("-created_at").values_list("pk", flat=True)[:LATEST])


def answers_tally(project: Project, person: User) -> Tally:
    """Count a person's answers that hold, per grade; to checks as to others."""
    rows = Judgment.objects.given().filter(project=project, person=person)
    whole = rows.aggregate(
        answered=Count("pk"),
        skipped=Count("pk", filter=Q(action=Action.SKIP)),
        flagged=Count("pk", filter=Q(flagged=True)),
        mean_seconds=Avg("seconds"),
        seconds=Coalesce(Sum("seconds"), 0.0),
    )
    per_grade = dict(
        rows.filter(action=Action.GRADE).values_list("grade").annotate(n=Count("pk")).order_by()
    )
    grades = [(grade, per_grade.get(grade.pk, 0)) for grade in project.scheme]
    return Tally(grades=grades, **whole)


def answers_number(project: Project, person: User) -> int:
    """Count a person's answers that hold, to checks as to others."""
    return Judgment.objects.given().filter(project=project, person=person).count()


def _number(rows: QuerySet[Any]) -> Coalesce:
    """Count correlated `rows` of a candidate in a subquery."""
    counted = rows.order_by().values("candidate").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
