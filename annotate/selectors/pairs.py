"""Reads of pairs: what is open to a person, what they see of it, what they and all have done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict
from uuid import UUID

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

from accounts.models import Project, User
from annotate.models import (
    Candidate,
    Pair,
    PairLease,
    PairQueue,
    Preference,
    PreferenceAction,
    Queue,
)
from annotate.selectors.items import (
    MatchRow,
    PassageRow,
    QueryRow,
    matches_in,
    passage_row,
    query_row,
)
from annotate.selectors.judging import COUNT_SECONDS, COUNTED_EXACTLY, LATEST, lanes_of
from annotate.sides import first_is_left
from annotate.texts.matching import query_terms


class SideRow(TypedDict):
    """One of the two candidates of an item."""

    candidate: str
    passage: PassageRow
    matches: MatchRow


class PreferredRow(TypedDict):
    """The person's own answer that they took back: a candidate, a tie, or a skip's reason."""

    prefer: str | None
    tie: bool
    skip: str | None
    comment: str
    flagged: bool


class PairItem(TypedDict):
    """One leased pair; `candidates` as they are shown, the left one first."""

    pair: str
    query: QueryRow
    candidates: list[SideRow]
    lease_expires_at: datetime
    previous: NotRequired[PreferredRow]


@dataclass(frozen=True, slots=True)
class PairTally:
    """What a person has done with a project's pairs; `seconds` is active time."""

    answered: int
    preferred: int
    ties: int
    skipped: int
    flagged: int
    mean_seconds: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class PairProgress:
    """How far the pairs of a project are, without what was withdrawn.

    `wanted` is pairs times the overlap, `left` of how many `preferred` the left one was better.
    """

    pairs: int
    judged: int
    preferences: int
    wanted: int
    preferred: int
    left: int
    ties: int

    @property
    def left_percent(self) -> float | None:
        return 100 * self.left / self.preferred if self.preferred else None


_THERE: Final = Q(
    query__withdrawn_at=None,
    first__withdrawn_at=None,
    first__passage__withdrawn_at=None,
    second__withdrawn_at=None,
    second__passage__withdrawn_at=None,
)


def pairs_on(project: Project) -> bool:
    """Say whether a project has pairs compared."""
    return _on(project).exists()


def pairs_open_to(project: Project, person: User) -> QuerySet[Pair]:
    """Return what `person` may compare now: not answered by them, a slot that nobody else holds,
    and assigned to them or to nobody."""
    held = PairLease.objects.filter(expires_at__gt=Now()).exclude(person=person)
    of_this = {"pair": OuterRef("pk")}
    taken = _number(held.filter(**of_this)) + _number(
        Preference.objects.counted().filter(**of_this)
    )
    return (
        _wanted_of(project, person)
        .alias(taken=taken)
        .filter(~Exists(held.filter(**of_this)) | Q(taken__lt=project.overlap))
    )


def pairs_remaining(project: Project, person: User) -> int:
    """Count the pairs that are open to a person, with what they hold; 0 in a closed project.

    Exact up to COUNTED_EXACTLY; beyond it, where counting takes long, at most
    COUNT_SECONDS old, and with what colleagues hold and what was withdrawn.
    """
    if project.closed:
        return 0
    key = f"annotate:pairs:{project.pk}:{person.pk}"
    known = cache.get(key)
    if known is not None:
        return int(known)
    number = pairs_open_to(project, person)[: COUNTED_EXACTLY + 1].count()
    if number > COUNTED_EXACTLY:
        lanes = lanes_of(project, person)
        rows = Pair.objects.filter(project=project, lane__in=lanes, wanted=True, offered=True)
        own = Preference.objects.answers().filter(project=project, person=person)
        number = rows.count() - own.filter(pair__wanted=True, pair__offered=True).count()
        cache.set(key, number, COUNT_SECONDS)
    return number


def pairs_held_by_others(project: Project, person: User) -> int:
    """Count the pairs that `person` could compare if colleagues gave back what they hold."""
    held = PairLease.objects.filter(pair=OuterRef("pk"), expires_at__gt=Now())
    rows = _wanted_of(project, person).filter(Exists(held.exclude(person=person)))
    return rows.exclude(leases__person=person).count()


def pair_skips_wanted(project: Project, person: User) -> QuerySet[Preference]:
    """Return the person's skips, oldest first, of pairs that still want a preference."""
    wanted = Pair.objects.filter(_THERE, project=project, wanted=True, offered=True)
    skips = Preference.objects.skips().filter(project=project, person=person, pair__in=wanted)
    return skips.order_by("created_at", "pk")


def preferences_latest(project: Project, person: User) -> list[UUID]:
    """Return the ids of the person's newest answers that still hold, the newest first."""
    rows = Preference.objects.answers().filter(project=project, person=person)
    return list(rows.order_by("-created_at").values_list("pk", flat=True)[:LATEST])


def preferences_tally(project: Project, person: User) -> PairTally:
    """Count a person's answers that hold."""
    rows = Preference.objects.answers().filter(project=project, person=person)
    actions = {
        "preferred": PreferenceAction.PREFER,
        "ties": PreferenceAction.TIE,
        "skipped": PreferenceAction.SKIP,
    }
    counts = {name: Count("pk", filter=Q(action=action)) for name, action in actions.items()}
    return PairTally(
        **rows.aggregate(
            answered=Count("pk"),
            flagged=Count("pk", filter=Q(flagged=True)),
            mean_seconds=Avg("seconds"),
            seconds=Coalesce(Sum("seconds"), 0.0),
            **counts,
        )
    )


def pairs_progress(project: Project) -> PairProgress | None:
    """Count a project's pairs; None where it wants none and nobody has compared any."""
    there = Pair.objects.filter(_THERE, project=project)
    counted = Preference.objects.counted().filter(project=project, pair__in=there)
    if not pairs_on(project) and not counted.exists():
        return None
    asked = there.filter(Q(offered=True) | Exists(counted.filter(pair=OuterRef("pk"))))
    prefer = Q(action=PreferenceAction.PREFER)
    said = counted.aggregate(
        judged=Count("pair", distinct=True),
        preferences=Count("pk"),
        chosen=Count("pk", filter=prefer),
        on_left=Count("pk", filter=prefer & Q(preferred=F("left"))),
    )
    pairs = asked.count()
    return PairProgress(
        pairs=pairs,
        judged=said["judged"],
        preferences=said["preferences"],
        wanted=pairs * project.overlap,
        preferred=said["chosen"],
        left=said["on_left"],
        ties=said["preferences"] - said["chosen"],
    )


def pair_items_of(leases: Sequence[PairLease], project: Project, person: User) -> list[PairItem]:
    """Return leased pairs as they are shown; `leases` come loaded from `pairs_lease`.

    Neither runs nor what others said is in them: pairs are compared blind in every project.
    """
    seed = Queue.objects.filter(project=project).values_list("seed", flat=True).first() or 0
    items = [_item(lease, project, person, seed) for lease in leases]
    _remind(items, [row.pair_id for row in leases if row.returned_at], person)
    return items


def _item(lease: PairLease, project: Project, person: User, seed: int) -> PairItem:
    pair = lease.pair
    shown = [pair.first, pair.second]
    if not first_is_left(project.pk, seed, person.pk, pair.pk):
        shown.reverse()
    query = pair.query
    return {
        "pair": str(pair.pk),
        "query": query_row(query),
        "candidates": [_side(candidate, query.text, project.language) for candidate in shown],
        "lease_expires_at": lease.expires_at,
    }


def _side(candidate: Candidate, query: str, language: str) -> SideRow:
    passage = candidate.passage
    return {
        "candidate": str(candidate.pk),
        "passage": passage_row(passage),
        "matches": matches_in(passage, query_terms(query, language)),
    }


def _remind(items: Sequence[PairItem], returned: Sequence[int], person: User) -> None:
    """Add to each pair that came back what the person had answered."""
    if not returned:
        return
    undone = Preference.objects.filter(
        pair__in=returned, person=person, action=PreferenceAction.WITHDRAW
    ).select_related("replaces")
    newest = {row.pair_id: row.replaces for row in undone.order_by("created_at")}
    for item in items:
        answer = newest.get(int(item["pair"]))
        if answer is not None:
            item["previous"] = {
                "prefer": str(answer.preferred_id) if answer.preferred_id else None,
                "tie": answer.action == PreferenceAction.TIE,
                "skip": answer.skip_reason if answer.action == PreferenceAction.SKIP else None,
                "comment": answer.comment,
                "flagged": answer.flagged,
            }


def _wanted_of(project: Project, person: User) -> QuerySet[Pair]:
    """Return the pairs that still want a preference of `person`, whoever holds them."""
    answered = Preference.objects.answers().filter(pair=OuterRef("pk"), person=person)
    return Pair.objects.filter(
        _THERE,
        ~Exists(answered),
        Exists(_on(project)),
        project=project,
        wanted=True,
        offered=True,
        lane__in=lanes_of(project, person),
    )


def _on(project: Project) -> QuerySet[PairQueue]:
    return PairQueue.objects.filter(project=project, on=True)


def _number(rows: QuerySet[Any]) -> Coalesce:
    """Count correlated `rows` of a pair in a subquery."""
    counted = rows.order_by().values("pair").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
