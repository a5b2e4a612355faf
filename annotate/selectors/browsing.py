"""Queries and candidates, searched, filtered and ordered; as many database queries per page as it
has kinds, and none that reads a million rows where an index knows the few that are wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final
from zlib import crc32

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Value
from django.http import Http404

from accounts.access import Right, role_allows
from accounts.models import Member, Project
from annotate.models import (
    Action,
    Candidate,
    Judgment,
    Passage,
    PassageWords,
    Proposal,
    Query,
    ranked,
)
from annotate.models.judgments import ANSWER_KINDS, CHECK_KINDS, GIVEN_KINDS
from annotate.selectors.checks import sees_counts
from annotate.selectors.narrowing import (
    OWN_FILTERS,
    QUERIES_SHOWN,
    QUERY_FILTERS,
    about,
    answered_so,
    judged_so,
)

ID_DIGITS: Final = 18  # more are no id: the column holds 63 bits
ME: Final = "me"  # as the judge: whoever asks
QUERY_ORDERS: Final = {"created_at": "created_at", "text": "text"}
CANDIDATE_ORDERS: Final = {"created_at": "pk"}
# Of the run that is wished for.
RANKED: Final = {"rank": "run_rank"}


@dataclass(frozen=True, slots=True)
class QueryWish:
    """Which queries: those that contain `search`, or have it as their id; one of QUERY_FILTERS."""

    search: str = ""
    show: str = ""


@dataclass(frozen=True, slots=True)
class CandidateWish:
    """Which candidates.

    `search` gives words of a passage or its title, or a passage's id; `run` names a run that
    proposed them, `show` is of CANDIDATE_FILTERS, `grade` a grade that somebody gave, and `judge`
    the user name of who judged them; ME is whoever asks, and then `show` (of OWN_FILTERS) and
    `grade` are about their answers, checks and skips with them.
    """

    query: Query | None = None
    search: str = ""
    run: str = ""
    show: str = ""
    grade: int | None = None
    judge: str = ""

    def unnarrowed(self) -> "CandidateWish":
        """Return the wish for all that the run has proposed, or for all."""
        return CandidateWish(run=self.run)


def query_wish(parameters: Mapping[str, str]) -> QueryWish:
    """Return what the address of a list of queries asks for."""
    return QueryWish(search=parameters.get("q", "").strip(), show=parameters.get("show", ""))


def candidate_wish(project: Project, parameters: Mapping[str, str]) -> CandidateWish:
    """Return what the address of a list of candidates asks for; a grade that is none is left out.

    Raises Http404 where it is about a query that there is not.
    """
    reference, grade = parameters.get("query", ""), parameters.get("grade", "")
    return CandidateWish(
        query=query_by(project, reference) if reference else None,
        search=parameters.get("q", "").strip(),
        run=parameters.get("run", ""),
        show=parameters.get("show", ""),
        grade=int(grade) if grade.isascii() and grade.isdigit() and len(grade) < 5 else None,
        judge=parameters.get("judge", ""),
    )


def sees_others(member: Member) -> bool:
    """Say whether a member sees others' judgments and ranks before their own is in."""
    return not member.project.blind or role_allows(member.role, Right.REVIEW)


def sees_labels(member: Member) -> bool:
    """Say whether a member sees which candidates have judgments that count.

    Not those who must not see others' judgments, nor annotators and viewers where checks are among
    the items, whom it would tell what was one.
    """
    return sees_others(member) and sees_counts(member)


def query_filters_for(member: Member) -> Mapping[str, str]:
    """Return the filters that a member may use; all but the first tell what others have judged."""
    return QUERY_FILTERS if sees_labels(member) else {"": QUERY_FILTERS[""]}


def queries_of(member: Member, wish: QueryWish) -> QuerySet[Query]:
    """Return queries of a project. Raises PermissionDenied for a filter that tells too much."""
    rows = queries_all(member.project)
    if wish.search:
        rows = rows.filter(Q(text__icontains=wish.search) | Q(external_id=wish.search))
    narrow = QUERIES_SHOWN.get(wish.show)
    if narrow is None:
        return rows
    if not sees_labels(member):
        raise PermissionDenied(_refusal(member, ["show"]))
    return narrow(rows)


def queries_all(project: Project) -> QuerySet[Query]:
    """Return all queries of a project that are not withdrawn."""
    return project.queries.filter(withdrawn_at=None)


def candidates_all(project: Project) -> QuerySet[Candidate]:
    """Return all candidates of a project that are not withdrawn."""
    return Candidate.objects.filter(project=project, withdrawn_at=None)


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


def candidates_of(member: Member, wish: CandidateWish) -> QuerySet[Candidate]:
    """Return candidates of a member's project with their texts.

    Each has its `run_rank`, 0 where no run is wished for. Raises PermissionDenied for a filter that
    tells of ranks, or of what others have judged, where the member must not know.
    """
    wish = _permitted(member, wish)
    rows = candidates_all(member.project)
    if wish.query is not None:
        rows = rows.filter(query=wish.query)
    if wish.search:
        rows = rows.filter(about(member.project, wish.search))
    if wish.judge == ME:
        rows = answered_so(rows, member, show=wish.show, grade=wish.grade)
    else:
        rows = judged_so(rows, member.project, show=wish.show, grade=wish.grade, judge=wish.judge)
    if wish.run:
        run = member.project.runs.filter(name=wish.run).values("pk")[:1]
        rows = rows.filter(proposals__run=run).annotate(run_rank=ranked("proposals__rank"))
    else:
        rows = rows.annotate(run_rank=Value(0))
    return rows.select_related("query", "passage__text")


def _permitted(member: Member, wish: CandidateWish) -> CandidateWish:
    """Return a wish that a member may have. Raises PermissionDenied."""
    asked: dict[str, Any] = {"run": wish.run, "show": wish.show, "judge": wish.judge}
    asked["grade"] = wish.grade is not None
    if not any(asked.values()) or sees_labels(member):
        return wish
    if wish.judge in (ME, member.user.username) and wish.show in OWN_FILTERS:
        wish = replace(wish, judge=ME)
        asked = {"run": asked["run"]}
    if sees_others(member):
        asked.pop("run")
    if refused := [name for name, given in asked.items() if given]:
        raise PermissionDenied(_refusal(member, refused))
    return wish


def _refusal(member: Member, names: Sequence[str]) -> str:
    why = "Checks are among the items here" if sees_others(member) else "You judge blind here"
    return (
        f"{why}: {' and '.join(names)} would tell too much. Ask for your own answers with judge=me;"
        " grade, and show=judged, flagged or skipped, narrow these."
    )


def passages_unread(project: Project) -> bool:
    """Say whether the search may not know the project's newest passages yet."""
    newest = Passage.objects.filter(project=project).order_by("-pk").values("pk")[:1]
    return PassageWords.objects.filter(passage__in=newest, words=None).exists()


def candidates_of_passage(member: Member, passage: Passage) -> QuerySet[Candidate]:
    """Return where a passage is a candidate, by id, withdrawn ones included."""
    rows = Candidate.objects.filter(project=member.project, passage=passage)
    return rows.select_related("query", "passage").order_by("pk")


def with_evidence(rows: QuerySet[Candidate], member: Member) -> QuerySet[Candidate]:
    """Prefetch each candidate's visible judgments and, where they may be seen, its proposals.

    Everybody sees the newest answer of their own, to a check as to anything else. In a blind
    project an annotator sees a candidate's other judgments only once their own is in, not at all
    where checks are among the items, and never ranks or scores.
    """
    judgments = Judgment.objects.filter(current=True, action=Action.GRADE)
    proposals = Proposal.objects.select_related("run").order_by("run__name")
    others = ~Q(person=member.user, kind__in=GIVEN_KINDS) & ~Q(kind__in=CHECK_KINDS)
    if not sees_others(member):
        proposals = proposals.none()
        mine = _own(member).filter(candidate=OuterRef("candidate"), action=Action.GRADE)
        others &= Q(Exists(mine)) if sees_counts(member) else Q(pk=None)
    judgments = judgments.filter(others | _newest(member)).select_related(
        "person", "source", "grade"
    )
    return rows.prefetch_related(
        Prefetch("judgments", judgments.order_by("created_at"), to_attr="visible_judgments"),
        Prefetch("proposals", proposals, to_attr="visible_proposals"),
    )


def with_skips(rows: QuerySet[Candidate], member: Member) -> QuerySet[Candidate]:
    """Prefetch each candidate's skips that the member may see."""
    skips = Judgment.objects.filter(current=True, action=Action.SKIP)
    others = ~Q(person=member.user) & Q(kind__in=ANSWER_KINDS)
    seen = others | _newest(member) if sees_others(member) else _newest(member)
    skips = skips.filter(seen).select_related("person").order_by("created_at")
    return rows.prefetch_related(Prefetch("judgments", skips, to_attr="visible_skips"))


def _own(member: Member) -> QuerySet[Judgment]:
    return Judgment.objects.given().filter(person=member.user)


def _newest(member: Member) -> Q:
    """Return what the newest answers fulfil that a member holds on candidates.

    An earlier one beside an answer to a check or a repeat would tell that it was one.
    """
    later = _own(member).filter(
        candidate=OuterRef("candidate"), created_at__gt=OuterRef("created_at")
    )
    return Q(person=member.user, kind__in=GIVEN_KINDS) & ~Q(Exists(later))


def best_first(rows: QuerySet[Candidate], member: Member) -> list[Candidate]:
    """Return candidates `with_evidence` and `with_skips`, the best on top.

    By best grade, rank of the first run by name, and id; for those who judge blind, whom the order
    of an import or of the queue may tell too much, by grade and a random order. Only what the
    member may see orders them; what is not graded or not ranked comes last.
    """
    open_eyed = sees_others(member)

    def place(row: Any) -> tuple[float, float, int]:
        grades = [judgment.grade.value for judgment in row.visible_judgments if judgment.grade]
        ranks = [each.rank for each in row.visible_proposals if each.run.name == first]
        rank = next((rank for rank in ranks if rank is not None), inf)
        last = row.pk if open_eyed else crc32(str(row.pk).encode())
        return (-max(grades, default=-1), rank, last)

    found: list[Any] = list(with_evidence(with_skips(rows, member), member))
    runs = (each.run.name for row in found for each in row.visible_proposals)
    first = min(runs, default="")
    return sorted(found, key=place)
