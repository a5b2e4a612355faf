"""Reads of a person's own answers: all that they hold in a project, newest first."""

from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from accounts.models import Member
from annotate.models import Action, Candidate, Judgment
from annotate.selectors.narrowing import about


@dataclass(frozen=True, slots=True)
class OwnWish:
    """Which of their answers a person wants to see; empty fields narrow nothing.

    `show` is "skipped" or "flagged"; `search` are words of the query or of the passage.
    """

    show: str = ""
    grade: int | None = None
    search: str = ""


EVERYTHING: Final = OwnWish()


def own_answers(member: Member, wish: OwnWish = EVERYTHING) -> QuerySet[Judgment]:
    """Return a member's answers that hold, with candidates and texts, without an order.

    One per candidate, the newest, which is the one that another answer replaces; an answer to a
    check looks like any other. Walks the index `judgment_of_person`.
    """
    given = Judgment.objects.given().filter(project=member.project, person=member.user)
    newer = given.filter(candidate=OuterRef("candidate"), created_at__gt=OuterRef("created_at"))
    rows = given.filter(~Exists(newer))
    if wish.show == "skipped":
        rows = rows.filter(action=Action.SKIP)
    if wish.show == "flagged":
        rows = rows.filter(flagged=True)
    if wish.grade is not None:
        rows = rows.filter(grade__value=wish.grade)
    if wish.search:
        named = Candidate.objects.filter(project=member.project).filter(
            Q(query__text__icontains=wish.search) | about(member.project, wish.search)
        )
        rows = rows.filter(Exists(named.filter(pk=OuterRef("candidate"))))
    return rows.select_related("grade", "candidate__query", "candidate__passage__text")


def own_answer(member: Member, candidate: int) -> Judgment:
    """Return the member's answer on a candidate that they may still judge. Raises Http404."""
    row = own_answers(member).filter(candidate=candidate).first()
    if row is None:
        raise Http404("You hold no answer on this candidate.")
    return row


def answer_changeable(row: Judgment) -> bool:
    """Say whether what an answer is about still stands to be judged."""
    candidate = row.candidate
    parts = (candidate, candidate.query, candidate.passage)
    return all(part.withdrawn_at is None for part in parts)
