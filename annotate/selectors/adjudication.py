"""Reads for reviewers: what people disagree on, the most important first, and one such case."""

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Left
from django.http import Http404

from accounts.models import Project
from annotate.models import (
    Action,
    Candidate,
    Dispute,
    Judgment,
    Kind,
    Passage,
    Proposal,
    Query,
)
from annotate.models.judgments import ANSWER_KINDS

SHOWS: Final = {
    "differ": "Grades differ",
    "crossing": "Relevant to some, not to others",
    "flagged": "Flagged",
    "skipped": "Skipped by all, with a reason",
    "referred": "Doubted by a model",
    "all": "All of these",
}
STATES: Final = {"open": "Open", "done": "Adjudicated"}
# What is counted exactly; beyond it a list says "more than".
COUNTED: Final = 1_000
BEGINNING: Final = 120  # characters of a passage that a list shows


@dataclass(frozen=True, slots=True)
class Wish:
    """Which disputes: words of the query, who judged (a user name), a key of SHOWS and of STATES.

    Without `show`: those whose grades differ, and of the adjudicated ones all.
    """

    search: str = ""
    judge: str = ""
    show: str = ""
    state: str = "open"

    @property
    def shown(self) -> str:
        return self.show or ("all" if self.state == "done" else "differ")


def disputes_of(project: Project, wish: Wish) -> QuerySet[Dispute]:
    """Return a project's disputes, by importance; without what is withdrawn."""
    gone = {"project": project, "withdrawn_at__isnull": False}
    rows = (
        Dispute.objects.filter(project=project, settled=wish.state == "done")
        .filter(candidate__withdrawn_at__isnull=True)
        .exclude(query__in=Query.objects.filter(**gone).values("pk"))
        .exclude(candidate__passage__in=Passage.objects.filter(**gone).values("pk"))
    )
    narrowed = {
        "differ": Q(differs=True),
        "crossing": Q(crosses=True),
        "flagged": Q(flagged=True),
        "skipped": Q(skipped=True),
        "referred": Q(referred=True),
        "all": Q(),
    }
    rows = rows.filter(narrowed[wish.shown])
    if wish.search:
        words = Q(text__icontains=wish.search) | Q(external_id=wish.search)
        rows = rows.filter(query__in=Query.objects.filter(words, project=project).values("pk"))
    if wish.judge:
        theirs = Judgment.objects.answers().filter(
            candidate=OuterRef("pk"), person__username=wish.judge
        )
        rows = rows.filter(Exists(theirs))
    return rows.order_by("-importance", "-pk")


def disputes_count(rows: QuerySet[Dispute]) -> int:
    """Count disputes, COUNTED + 1 at most: more than that is no figure that anybody needs."""
    return rows.order_by()[: COUNTED + 1].count()


def with_opinions(rows: QuerySet[Dispute]) -> QuerySet[Dispute]:
    """Add texts, the passage's `beginning`, and each candidate's `opinions`, its current judgments,
    oldest first."""
    held = Judgment.objects.filter(current=True, kind__in=(*ANSWER_KINDS, Kind.ADJUDICATION))
    said = held.select_related("person", "grade").order_by("created_at", "pk")
    loaded = rows.select_related("query", "candidate__passage").prefetch_related(
        Prefetch("candidate__judgments", said, to_attr="opinions")
    )
    return loaded.annotate(beginning=Left("candidate__passage__text__text", BEGINNING))


def dispute_after(project: Project, wish: Wish, candidate: int) -> int | None:
    """Return the candidate that comes after this one in the list; at its end the first of it."""
    rows = disputes_of(project, wish).exclude(pk=candidate)
    here = Dispute.objects.filter(project=project, pk=candidate).first()
    later = rows.none()
    if here is not None:
        behind = Q(importance__lt=here.importance) | Q(pk__lt=here.pk)
        later = rows.filter(behind, importance__lte=here.importance)
    return later.values_list("pk", flat=True).first() or rows.values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class Case:
    """A candidate before a reviewer.

    `history` is every judgment on it, oldest first; the others are what holds of it: `opinions` of
    people, `labels` of import sources, and the `decision`.
    """

    candidate: Candidate
    dispute: Dispute | None
    history: list[Judgment]
    opinions: list[Judgment]
    labels: list[Judgment]
    decision: Judgment | None
    proposals: list[Proposal]


def case_of(project: Project, pk: int) -> Case:
    """Return a candidate with all that was said of it. Raises Http404."""
    loaded = Candidate.objects.select_related("query", "passage__text", "dispute")
    candidate = loaded.filter(project=project, pk=pk).first()
    if candidate is None:
        raise Http404("There is no such candidate in this project.")
    rows = Judgment.objects.filter(candidate=candidate).select_related(
        "person", "source", "grade", "replaces"
    )
    history = list(rows.order_by("created_at", "pk"))
    proposals = Proposal.objects.filter(candidate=candidate).select_related("run")
    held = [row for row in history if row.current]
    return Case(
        candidate=candidate,
        dispute=getattr(candidate, "dispute", None),
        history=history,
        opinions=[row for row in held if row.kind in ANSWER_KINDS],
        labels=[row for row in held if row.kind == Kind.IMPORTED],
        decision=next((row for row in held if row.kind == Kind.ADJUDICATION), None),
        proposals=list(proposals.order_by("run__name")),
    )


def judges_of(project: Project) -> QuerySet[Any]:
    """Return the user names and names of the members who have judged, for a filter."""
    judged = Judgment.objects.filter(person=OuterRef("user"), project=project, action=Action.GRADE)
    return project.members.filter(Exists(judged)).select_related("user").order_by("user__username")
