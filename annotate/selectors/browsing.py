"""Queries and candidates, searched, filtered and ordered; as many database queries per page as it
has kinds, and none that reads a million rows where an index knows the few that are wanted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final
from zlib import crc32

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import Count, Exists, F, Func, OuterRef, Prefetch, Q, QuerySet, Value
from django.http import Http404

from accounts.access import Right, role_allows
from accounts.models import Member, Project, User
from annotate.models import Candidate, Judgment, Passage, PassageWords, Proposal, Query, ranked
from annotate.words import words_sought

ID_DIGITS: Final = 18  # more are no id: the column holds 63 bits
# Of passages whose words are not read yet, the newest so many are searched all the same.
FRESH: Final = 2_000
# So many keys are looked up before a list is read; a plan of PostgreSQL's own may begin with all.
FEW: Final = 5_000
QUERY_FILTERS: Final = {
    "": "All queries",
    "open": "With candidates nobody judged",
    "judged": "With judgments or labels",
    "relevant": "With a relevant passage",
    "irrelevant": "Judged, none relevant",
    "skipped": "With skipped candidates",
    "flagged": "With flagged judgments",
    "empty": "Without candidates",
}
CANDIDATE_FILTERS: Final = {
    "": "All candidates",
    "wanted": "Wanting more judgments",
    "open": "Without any judgment or label",
    "judged": "With judgments or labels",
    "flagged": "Flagged",
    "skipped": "Skipped",
}
QUERY_ORDERS: Final = {"created_at": "created_at", "text": "text"}
# Candidates have their ids in the order of creation.
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
    the user name of who judged them.
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


def query_filters_for(member: Member) -> Mapping[str, str]:
    """Return the filters that a member may use; all but the first tell what others have judged."""
    return QUERY_FILTERS if sees_others(member) else {"": QUERY_FILTERS[""]}


def queries_of(member: Member, wish: QueryWish) -> QuerySet[Query]:
    """Return queries of a project; a filter that the member may not use narrows nothing."""
    rows = queries_all(member.project)
    if wish.search:
        rows = rows.filter(Q(text__icontains=wish.search) | Q(external_id=wish.search))
    narrow = _QUERIES_SHOWN.get(wish.show)
    return narrow(rows) if narrow and wish.show in query_filters_for(member) else rows


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

    What tells of ranks and of what others have judged narrows nothing for those who must not see
    it. Each has its `run_rank`, 0 where no run is wished for.
    """
    rows = candidates_all(member.project)
    if wish.query is not None:
        rows = rows.filter(query=wish.query)
    if wish.search:
        rows = rows.filter(_about(member.project, wish.search))
    if sees_others(member):
        rows = _judged_so(rows, member.project, wish)
    if wish.run and sees_others(member):
        run = member.project.runs.filter(name=wish.run).values("pk")[:1]
        rows = rows.filter(proposals__run=run).annotate(run_rank=ranked("proposals__rank"))
    else:
        rows = rows.annotate(run_rank=Value(0))
    return rows.select_related("query", "passage__text")


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


def with_skips(rows: QuerySet[Candidate], member: Member) -> QuerySet[Candidate]:
    """Prefetch each candidate's skips that the member may see."""
    skips = Judgment.objects.skips().select_related("person").order_by("created_at")
    if not sees_others(member):
        skips = skips.filter(person=member.user)
    return rows.prefetch_related(Prefetch("judgments", skips, to_attr="visible_skips"))


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


def _graded(outer: str) -> QuerySet[Judgment]:
    return Judgment.objects.current_grades().filter(candidate__query=OuterRef(outer))


def _marked(rows: QuerySet[Judgment]) -> QuerySet[Judgment]:
    return rows.filter(candidate__query=OuterRef("pk"))


def _unjudged() -> QuerySet[Candidate]:
    graded = Judgment.objects.current_grades().filter(candidate=OuterRef("pk"))
    return Candidate.objects.filter(query=OuterRef("pk"), withdrawn_at=None).exclude(Exists(graded))


_QUERIES_SHOWN: Final[dict[str, Callable[[QuerySet[Query]], QuerySet[Query]]]] = {
    "open": lambda rows: rows.filter(Exists(_unjudged())),
    "judged": lambda rows: rows.filter(Exists(_graded("pk"))),
    "relevant": lambda rows: rows.filter(Exists(_graded("pk").filter(grade__relevant=True))),
    "irrelevant": lambda rows: rows.filter(
        Exists(_graded("pk")), ~Exists(_graded("pk").filter(grade__relevant=True))
    ),
    "skipped": lambda rows: rows.filter(Exists(_marked(Judgment.objects.skips()))),
    "flagged": lambda rows: rows.filter(
        Exists(_marked(Judgment.objects.filter(current=True, flagged=True)))
    ),
    "empty": lambda rows: rows.filter(~Exists(Candidate.objects.filter(query=OuterRef("pk")))),
}


def _judged_so(
    rows: QuerySet[Candidate], project: Project, wish: CandidateWish
) -> QuerySet[Candidate]:
    """Narrow candidates by how they were judged."""
    here = Judgment.objects.filter(project=project)
    grades = here.current_grades()
    if wish.show == "wanted":
        rows = rows.filter(wanted=True)
    elif wish.show == "open":
        rows = rows.exclude(Exists(grades.filter(candidate=OuterRef("pk"))))
    elif wish.show == "judged":
        rows = rows.filter(Exists(grades.filter(candidate=OuterRef("pk"))))
    elif wish.show == "flagged":
        rows = rows.filter(_among(here.filter(current=True, flagged=True)))
    elif wish.show == "skipped":
        rows = rows.filter(_among(here.skips()))
    given: dict[str, int | None] = {}
    # Looked up here, so that the plan knows how many judgments they have.
    if wish.grade is not None:
        given["grade"] = (
            project.grades.filter(value=wish.grade).values_list("pk", flat=True).first()
        )
    if wish.judge:
        judges = User.objects.filter(username=wish.judge).values_list("pk", flat=True)
        given["person"] = judges.first()
    if None in given.values():
        return rows.none()
    return rows.filter(_among(grades.filter(**given))) if given else rows


def _among(judgments: QuerySet[Judgment]) -> Q:
    """Return what candidates of these judgments fulfil: few are named, so that the plan is sure."""
    keys = judgments.order_by().values_list("candidate", flat=True)
    found = {*keys[: FEW + 1]}
    return Q(pk__in=found if len(found) <= FEW else keys)


def _about(project: Project, search: str) -> Q:
    """Return what candidates fulfil whose passage has the words of `search`, or it as its id.

    Few passages are named by their keys, so that an index leads to their candidates; many are met
    soon on the way through the list.
    """
    named = [*project.passages.filter(external_id=search).values_list("pk", flat=True)]
    sought = words_sought(search)
    if not sought:
        return Q(passage__in=named)
    question = SearchQuery(sought, search_type="raw", config="simple")
    named += _fresh_with(project, question)
    read = PassageWords.objects.filter(words=question, passage__project=project)
    found = [*read.order_by().values_list("passage", flat=True)[: FEW + 1]]
    if len(found) <= FEW:
        return Q(passage__in=[*named, *found])
    many = Q(passage__searchable__words=question)
    return many | Q(passage__in=named) if named else many


def _fresh_with(project: Project, question: SearchQuery) -> QuerySet[Passage, int]:
    """Return the newest passages whose words nobody has read yet, and that answer the question."""
    unread = PassageWords.objects.filter(words=None, passage__project=project)
    newest = Passage.objects.filter(pk__in=unread.order_by("-passage").values("passage")[:FRESH])
    words = Func(
        F("title"),
        F("text__text"),
        function="annotate_words",
        output_field=SearchVectorField(),
    )
    return newest.alias(words=words).filter(words=question).values_list("pk", flat=True)
