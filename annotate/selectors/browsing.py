"""Queries and candidates, searched and filtered, with as many queries per page as it has kinds."""

from math import inf
from typing import Any, Final
from zlib import crc32

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from accounts.access import Right, role_allows
from accounts.models import Member, Project
from annotate.models import Candidate, Judgment, Proposal, Query

CANDIDATE_FILTERS: Final = ("open", "judged")
ID_DIGITS: Final = 18  # more are no id: the column holds 63 bits
FILTERS: Final = {
    "": "All queries",
    "open": "With candidates nobody judged",
    "judged": "With judgments or labels",
    "relevant": "With a relevant passage",
    "irrelevant": "Judged, none relevant",
    "skipped": "With skipped candidates",
}


def filters_for(member: Member) -> dict[str, str]:
    """Return the filters that a member may use; all but the first tell what others have judged."""
    return FILTERS if sees_others(member) else {"": FILTERS[""]}


def queries_of(member: Member, *, search: str = "", show: str = "") -> QuerySet[Query]:
    """Return the queries of a member's project by id, those that contain `search`.

    `show` is one of FILTERS; one that the member may not use narrows nothing.
    """
    rows = member.project.queries.filter(withdrawn_at=None).order_by("pk")
    if search:
        rows = rows.filter(Q(text__icontains=search) | Q(external_id=search))
    graded = Judgment.objects.current_grades().filter(candidate__query=OuterRef("pk"))
    relevant = graded.filter(grade__relevant=True)
    skipped = Judgment.objects.skips().filter(candidate__query=OuterRef("pk"))
    unjudged = Candidate.objects.filter(query=OuterRef("pk")).exclude(
        Exists(Judgment.objects.current_grades().filter(candidate=OuterRef("pk")))
    )
    narrowed = {
        "open": lambda: rows.filter(Exists(unjudged)),
        "judged": lambda: rows.filter(Exists(graded)),
        "relevant": lambda: rows.filter(Exists(relevant)),
        "irrelevant": lambda: rows.filter(Exists(graded), ~Exists(relevant)),
        "skipped": lambda: rows.filter(Exists(skipped)),
    }
    return narrowed[show]() if show in narrowed and show in filters_for(member) else rows


def query_by(project: Project, reference: str) -> Query:
    """Return a project's query by its id. Raises Http404 with a sentence."""
    is_id = reference.isascii() and reference.isdigit() and len(reference) <= ID_DIGITS
    query = project.queries.filter(pk=int(reference)).first() if is_id else None
    if query is None:
        raise Http404(f"There is no query {reference[:40]} in this project.")
    return query


def with_counts(rows: QuerySet[Query]) -> QuerySet[Query]:
    """Add `candidate_count` and `judged_count` to the queries of one page."""
    graded = Judgment.objects.current_grades().filter(candidate=OuterRef("candidates__pk"))
    return rows.annotate(
        candidate_count=Count("candidates", distinct=True),
        judged_count=Count("candidates", filter=Exists(graded), distinct=True),
    )


def candidates_of(
    member: Member,
    *,
    query: Query | None = None,
    search: str = "",
    run: str = "",
    show: str = "",
) -> QuerySet[Candidate]:
    """Return candidates of a member's project with their texts, by id.

    `search` finds what a passage, or its title, contains, and a passage's id; `run` is the name of
    a run that proposed them, `show` one of CANDIDATE_FILTERS. These two tell of ranks and of what
    others have judged, so that they narrow nothing for those who must not see it.
    """
    rows = Candidate.objects.filter(project=member.project, withdrawn_at=None)
    if query is not None:
        rows = rows.filter(query=query)
    if search:
        words = Q(text__text__icontains=search) | Q(title__icontains=search)
        passages = member.project.passages.filter(words | Q(external_id=search))
        rows = rows.filter(passage__in=passages)
    if sees_others(member):
        if run:
            rows = rows.filter(proposals__run__name=run)
        if show:
            graded = Judgment.objects.current_grades().filter(candidate=OuterRef("pk"))
            rows = rows.filter(Exists(graded) if show == "judged" else ~Exists(graded))
    return rows.select_related("query", "passage__text").order_by("pk")


def with_evidence(rows: QuerySet[Candidate], member: Member) -> QuerySet[Candidate]:
    """Prefetch each candidate's visible judgments and, where they may be seen, its proposals.

    In a blind project an annotator sees a candidate's other judgments only once their own is in,
    and never ranks or scores.
    """
    judgments = Judgment.objects.current_grades().select_related("person", "source", "grade")
    proposals = Proposal.objects.select_related("run").order_by("run__name")
    if not sees_others(member):
        mine = Judgment.objects.counted().filter(
            candidate=OuterRef("candidate"), person=member.user
        )
        judgments = judgments.filter(Exists(mine))
        proposals = proposals.none()
    return rows.prefetch_related(
        Prefetch("judgments", judgments.order_by("created_at"), to_attr="visible_judgments"),
        Prefetch("proposals", proposals, to_attr="visible_proposals"),
    )


def best_first(rows: QuerySet[Candidate], member: Member) -> list[Candidate]:
    """Return candidates `with_evidence` and `visible_skips`, the best on top.

    By best grade, rank of the first run by name, and id; for those who judge blind, whom the order
    of an import or of the queue may tell too much, by grade and a random order. Only what the
    member may see orders them; what is not graded or not ranked comes last.
    """
    open_eyed = sees_others(member)
    skips = Judgment.objects.skips().select_related("person").order_by("created_at")
    if not open_eyed:
        skips = skips.filter(person=member.user)
    rows = rows.prefetch_related(Prefetch("judgments", skips, to_attr="visible_skips"))

    def place(row: Any) -> tuple[float, float, int]:
        grades = [judgment.grade.value for judgment in row.visible_judgments if judgment.grade]
        ranks = [each.rank for each in row.visible_proposals if each.run.name == first]
        rank = next((rank for rank in ranks if rank is not None), inf)
        last = row.pk if open_eyed else crc32(str(row.pk).encode())
        return (-max(grades, default=-1), rank, last)

    found: list[Any] = list(with_evidence(rows, member))
    runs = (each.run.name for row in found for each in row.visible_proposals)
    first = min(runs, default="")
    return sorted(found, key=place)


def sees_others(member: Member) -> bool:
    """Say whether a member sees others' judgments and ranks before their own is in."""
    return not member.project.blind or role_allows(member.role, Right.REVIEW)
