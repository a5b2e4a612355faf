"""Reads of judging: what is open to a person, the texts of what they hold, what they have done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.cache import cache
from django.db.models import (
    Avg,
    Count,
    Exists,
    F,
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
    Passage,
    Query,
)

# Up to here `remaining_for` counts at every call; beyond it a figure may be this old.
COUNTED_EXACTLY: Final = 20_000
COUNT_SECONDS: Final = 30


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
    project: Project, person: User, overlap: int | None = None
) -> QuerySet[Candidate]:
    """Return what `person` may judge now: no answer of theirs, and a slot that nobody else holds.

    Walks the partial index `candidate_queue`, so that finished candidates cost nothing.
    """
    answered = Judgment.objects.answers().filter(candidate=OuterRef("pk"), person=person)
    held = Lease.objects.filter(expires_at__gt=Now()).exclude(person=person)
    filled = Judgment.objects.counted().filter(candidate=OuterRef("pk"))
    # Counted judgments alone never reach the overlap where `wanted` is true: counting is only
    # for what somebody holds.
    return (
        candidates_active(project)
        .filter(~Exists(answered), wanted=True)
        .alias(taken=_number(filled) + _number(held.filter(candidate=OuterRef("pk"))))
        .filter(
            ~Q(pk__in=held.filter(candidate__project=project).values("candidate"))
            | Q(taken__lt=project.overlap if overlap is None else overlap)
        )
    )


def remaining_for(project: Project, person: User) -> int:
    """Count what is open to `person`, with what they hold; 0 in a closed project.

    Exact up to COUNTED_EXACTLY; beyond it, where counting takes long, at most COUNT_SECONDS old.
    """
    if project.closed:
        return 0
    candidates = candidates_open_to(project, person)
    number = candidates[: COUNTED_EXACTLY + 1].count()
    if number <= COUNTED_EXACTLY:
        return number
    key = f"annotate:remaining:{project.pk}:{person.pk}"
    return int(cache.get_or_set(key, candidates.count, COUNT_SECONDS) or 0)


def held_by_others(project: Project, person: User) -> int:
    """Count candidates that `person` could judge if colleagues gave back what they hold."""
    held = Lease.objects.filter(candidate__project=project, expires_at__gt=Now())
    answered = Judgment.objects.answers().filter(candidate=OuterRef("pk"), person=person)
    return (
        candidates_active(project)
        .filter(
            ~Exists(answered), wanted=True, pk__in=held.exclude(person=person).values("candidate")
        )
        .exclude(leases__person=person)
        .count()
    )


def leases_of(project: Project, person: User) -> QuerySet[Lease]:
    """Return a person's leases on active candidates, undone items first, then in queue order."""
    return Lease.objects.filter(person=person, candidate__in=candidates_active(project)).order_by(
        F("returned_at").desc(nulls_last=True), "candidate__position", "candidate_id"
    )


def skips_wanted(project: Project, person: User) -> QuerySet[Judgment]:
    """Return the person's skips, oldest first, of candidates that still want a judgment."""
    wanted = candidates_active(project).filter(wanted=True)
    skips = Judgment.objects.skips().filter(project=project, person=person, candidate__in=wanted)
    return skips.order_by("created_at", "pk")


def answer_last(project: Project, person: User) -> Judgment | None:
    """Return the person's newest answer that still holds, which an undo would withdraw."""
    return (
        Judgment.objects.answers()
        .filter(project=project, person=person)
        .order_by("-created_at")
        .first()
    )


def answers_tally(project: Project, person: User) -> Tally:
    """Count a person's answers that hold, per grade."""
    rows = Judgment.objects.answers().filter(project=project, person=person)
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


def _number(rows: QuerySet[Any]) -> Coalesce:
    """Count correlated `rows` of a candidate in a subquery."""
    counted = rows.order_by().values("candidate").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
