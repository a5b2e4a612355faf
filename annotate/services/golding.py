"""Gold candidates: whose grade is known, so that judges can be checked against it.

A gold candidate stays in the queue like any other, and its gold grade is no label: a snapshot knows
what people, adjudication and imports say of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models import Action, Candidate, Gold, Judgment, Kind

GOLDS_MAX: Final = 500  # that one call sets
EXPLANATION_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class GoldWish:
    """A candidate's id, the value of its known grade, and why that is right."""

    candidate: int
    grade: int
    explanation: str = ""


@transaction.atomic
def golds_set(*, project: Project, wishes: Sequence[GoldWish], by: User) -> int:
    """Make candidates gold; another grade or explanation replaces the earlier one, which is kept.

    Returns how many were set, those that said the same already left out. Raises ValidationError
    with a sentence per wish that cannot be, and then sets none.
    """
    wanted = {wish.candidate: wish for wish in wishes}
    locked = Candidate.objects.select_for_update(no_key=True).order_by("pk")
    found = set(locked.filter(project=project, pk__in=wanted).values_list("pk", flat=True))
    grades = {grade.value: grade for grade in project.scheme}
    faults = [fault for wish in wishes if (fault := _fault(wish, found, set(grades)))]
    if faults:
        raise ValidationError({"golds": faults})
    held = Gold.objects.filter(candidate__in=wanted, removed_at=None).select_related("grade")
    same = {row.candidate_id for row in held if _says(row, wanted[row.candidate_id])}
    stale = [row.pk for row in held if row.candidate_id not in same]
    Gold.objects.filter(pk__in=stale).update(removed_at=Now(), removed_by=by)
    made = [wish for key, wish in wanted.items() if key not in same]
    Gold.objects.bulk_create(
        Gold(
            project=project,
            candidate_id=wish.candidate,
            grade=grades[wish.grade],
            explanation=wish.explanation,
            set_by=by,
        )
        for wish in made
    )
    return len(made)


def gold_remove(*, project: Project, candidate: int, by: User) -> bool:
    """End a candidate's being gold; what people answered to it is kept. False if it is not gold."""
    rows = Gold.objects.filter(project=project, candidate=candidate, removed_at=None)
    return bool(rows.update(removed_at=Now(), removed_by=by))


def golds_from_adjudicated(
    *, project: Project, by: User, candidates: Collection[int] | None = None
) -> int:
    """Make adjudicated candidates gold that are not, with the grade and reason given there.

    All of them, or those among `candidates`; whoever nobody decided is passed over.
    """
    gold = Gold.objects.filter(candidate=OuterRef("candidate"), removed_at=None)
    rows = Judgment.objects.filter(
        ~Exists(gold),
        project=project,
        current=True,
        kind=Kind.ADJUDICATION,
        action=Action.GRADE,
        candidate__withdrawn_at=None,
    ).select_related("grade")
    if candidates is not None:
        rows = rows.filter(candidate__in=candidates)
    wishes = [
        GoldWish(row.candidate_id, row.grade.value, row.comment[:EXPLANATION_MAX])
        for row in rows.order_by("created_at")
        if row.grade is not None
    ]
    return golds_set(project=project, wishes=wishes, by=by) if wishes else 0


def _fault(wish: GoldWish, found: set[int], grades: set[int]) -> str:
    if wish.candidate not in found:
        return f"There is no candidate {wish.candidate} in this project."
    if wish.grade not in grades:
        known = ", ".join(map(str, sorted(grades)))
        return f"There is no grade {wish.grade} in this project; it has {known}."
    if len(wish.explanation) > EXPLANATION_MAX:
        return f"An explanation has at most {EXPLANATION_MAX} characters."
    return ""


def _says(row: Gold, wish: GoldWish) -> bool:
    return row.grade.value == wish.grade and row.explanation == wish.explanation
