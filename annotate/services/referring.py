"""Labels that somebody doubts are put before the reviewers, each of them once."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Project, User
from accounts.problems import ConflictError
from annotate.models import Candidate, Judgment, Referral


@dataclass(frozen=True, slots=True)
class Referred:
    """What came of it, in ids: `sent` anew, `before` by somebody else, `decided` by a reviewer
    already, and `gone`: withdrawn, or of another project."""

    sent: list[int]
    before: list[int]
    decided: list[int]
    gone: list[int]


@transaction.atomic
def candidates_refer(*, project: Project, by: User | None, candidates: Collection[int]) -> Referred:
    """Have a reviewer decide candidates whose label a model doubts; a repeat changes nothing.

    What is decided already stays decided: a model's doubt is no reason to ask a second time. A
    candidate with an imported label alone is decided in the same way. Raises ConflictError in a
    closed project.
    """
    if Project.objects.filter(pk=project.pk, closed_at__isnull=False).exists():
        raise ConflictError("This project is closed.")
    locked = Candidate.objects.select_for_update(no_key=True).order_by("pk")
    held = set(locked.filter(project=project, pk__in=candidates).values_list("pk", flat=True))
    there = Candidate.objects.filter(
        pk__in=held,
        withdrawn_at=None,
        query__withdrawn_at=None,
        passage__withdrawn_at=None,
    )
    alive = set(there.values_list("pk", flat=True))
    rulings = Judgment.objects.adjudications().filter(candidate__in=alive)
    decided = set(rulings.values_list("candidate", flat=True))
    asked = Referral.objects.filter(candidate__in=alive - decided)
    before = set(asked.values_list("candidate", flat=True))
    sent = sorted(alive - decided - before)
    Referral.objects.bulk_create(Referral(candidate_id=pk, project=project, by=by) for pk in sent)
    return Referred(sent, sorted(before), sorted(decided), sorted(set(candidates) - alive))
