"""What the filters of lists let through, in conditions that an index can begin with."""

from collections.abc import Callable
from typing import Final

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet

from accounts.models import Member, Project, User
from annotate.models import Action, Candidate, Judgment, Passage, PassageWords, Query
from annotate.texts.words import words_sought

QUERY_FILTERS: Final = {
    "": "All queries",
    "open": "With candidates nobody judged",
    "judged": "With judgments or labels",
    "people": "With judgments of people",
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
    "people": "Judged by people",
    "nobody": "Judged by nobody yet",
    "flagged": "Flagged",
    "skipped": "Skipped",
}
# Of one's own answers.
OWN_FILTERS: Final = {
    "": "All candidates",
    "judged": "Graded by me",
    "skipped": "Skipped by me",
    "flagged": "Flagged by me",
}
# Of passages whose words are not read yet, the newest so many are searched all the same.
FRESH: Final = 2_000
# So many keys are looked up before a list is read; a plan of PostgreSQL's own may begin with all.
FEW: Final = 5_000


def _graded(outer: str) -> QuerySet[Judgment]:
    return Judgment.objects.current_grades().filter(candidate__query=OuterRef(outer))


def _marked(rows: QuerySet[Judgment]) -> QuerySet[Judgment]:
    return rows.filter(candidate__query=OuterRef("pk"))


def _unjudged() -> QuerySet[Candidate]:
    graded = Judgment.objects.current_grades().filter(candidate=OuterRef("pk"))
    return Candidate.objects.filter(query=OuterRef("pk"), withdrawn_at=None).exclude(Exists(graded))


QUERIES_SHOWN: Final[dict[str, Callable[[QuerySet[Query]], QuerySet[Query]]]] = {
    "open": lambda rows: rows.filter(Exists(_unjudged())),
    "judged": lambda rows: rows.filter(Exists(_graded("pk"))),
    "people": lambda rows: rows.filter(Exists(_graded("pk").exclude(person=None))),
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


def judged_so(
    rows: QuerySet[Candidate], project: Project, *, show: str, grade: int | None, judge: str
) -> QuerySet[Candidate]:
    """Narrow candidates by how they were judged."""
    rows = _shown_so(rows, project, show)
    grades = Judgment.objects.filter(project=project).current_grades()
    given: dict[str, int | None] = {}
    # Looked up here, so that the plan knows how many judgments they have.
    if grade is not None:
        given["grade"] = project.grades.filter(value=grade).values_list("pk", flat=True).first()
    if judge:
        judges = User.objects.filter(username=judge).values_list("pk", flat=True)
        given["person"] = judges.first()
    if None in given.values():
        return rows.none()
    return rows.filter(_among(grades.filter(**given))) if given else rows


def _shown_so(rows: QuerySet[Candidate], project: Project, show: str) -> QuerySet[Candidate]:
    """Narrow candidates as one of CANDIDATE_FILTERS says."""
    here = Judgment.objects.filter(project=project)
    of_it = here.current_grades().filter(candidate=OuterRef("pk"))
    people = here.current_grades().exclude(person=None)
    conditions: dict[str, Callable[[], Q]] = {
        "wanted": lambda: Q(wanted=True),
        "open": lambda: ~Q(Exists(of_it)),
        "judged": lambda: Q(Exists(of_it)),
        "people": lambda: _among(people),
        "nobody": lambda: ~Q(Exists(of_it.exclude(person=None))),
        "flagged": lambda: _among(here.filter(current=True, flagged=True)),
        "skipped": lambda: _among(here.skips()),
    }
    condition = conditions.get(show)
    return rows if condition is None else rows.filter(condition())


def answered_so(
    rows: QuerySet[Candidate], member: Member, *, show: str, grade: int | None
) -> QuerySet[Candidate]:
    """Narrow candidates to those that a member has answered, by the newest answer to each.

    An answer to a check is one like any other.
    """
    given = Judgment.objects.given().filter(project=member.project, person=member.user)
    newer = given.filter(candidate=OuterRef("candidate"), created_at__gt=OuterRef("created_at"))
    rows_given = given.filter(~Exists(newer))
    if grade is not None or show == "judged":
        rows_given = rows_given.filter(action=Action.GRADE)
    if grade is not None:
        rows_given = rows_given.filter(grade__value=grade)
    if show == "skipped":
        rows_given = rows_given.filter(action=Action.SKIP)
    if show == "flagged":
        rows_given = rows_given.filter(flagged=True)
    return rows.filter(_among(rows_given))


def _among(judgments: QuerySet[Judgment]) -> Q:
    """Return what candidates of these judgments fulfil: few are named, so that the plan is sure."""
    keys = judgments.order_by().values_list("candidate", flat=True)
    found = {*keys[: FEW + 1]}
    return Q(pk__in=found if len(found) <= FEW else keys)


def about(project: Project, search: str) -> Q:
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
