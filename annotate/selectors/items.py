"""What a person sees of the candidates that they hold, as the API and the page show it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from accounts.models import Project, User
from annotate.models import Action, Judgment, Lease, Passage, Proposal, Query
from annotate.texts.code import passage_is_code
from annotate.texts.matching import Ranges, Terms, query_terms


class RunRow(TypedDict):
    """A run's rank and score for a candidate."""

    run: str
    rank: int | None
    score: float | None


class LabelRow(TypedDict):
    """Somebody else's grade, or an import source's."""

    author: str
    grade: int


class QueryRow(TypedDict):
    """The query of an item, with what came with it."""

    id: str
    text: str
    metadata: dict[str, Any]
    revision: int


class PassageRow(TypedDict):
    """The passage of an item; `code` says that its lines are best kept as they are."""

    id: str
    title: str
    text: str
    metadata: dict[str, Any]
    revision: int
    code: bool


class MatchRow(TypedDict):
    """Where the query's words stand: [start, end) in code points of the title and of the text."""

    title: Ranges
    text: Ranges


class EarlierRow(TypedDict):
    """The person's own answer that they took back: a grade, or a skip with its reason.

    `evidence` is empty where the passage has been edited since.
    """

    grade: int | None
    skip: str | None
    comment: str
    flagged: bool
    evidence: list[list[int]]


class Item(TypedDict):
    """One leased candidate.

    `previous` is there where an undo gave the candidate back; `runs` and `labels` only where
    judging is not blind.
    """

    candidate: str
    query: QueryRow
    passage: PassageRow
    matches: MatchRow
    lease_expires_at: datetime
    previous: NotRequired[EarlierRow]
    runs: NotRequired[list[RunRow]]
    labels: NotRequired[list[LabelRow]]


def items_of(leases: Sequence[Lease], project: Project, person: User) -> list[Item]:
    """Return leased candidates as they are shown; `leases` come loaded from `tasks_lease`."""
    items = [_item(lease, project.language) for lease in leases]
    _remind(items, [row.candidate_id for row in leases if row.returned_at], person)
    if not project.blind:
        _reveal(items, person)
    return items


def _item(lease: Lease, language: str) -> Item:
    query, passage = lease.candidate.query, lease.candidate.passage
    terms = query_terms(query.text, language)
    return {
        "candidate": str(lease.candidate_id),
        "query": query_row(query),
        "passage": passage_row(passage),
        "matches": matches_in(passage, terms),
        "lease_expires_at": lease.expires_at,
    }


def query_row(query: Query) -> QueryRow:
    """Return a query as it is shown."""
    return {
        "id": str(query.pk),
        "text": query.text,
        "metadata": query.metadata,
        "revision": query.revision,
    }


def matches_in(passage: Passage, terms: Terms) -> MatchRow:
    """Return where a query's words stand in a passage that is loaded with its text."""
    return {"title": terms.ranges(passage.title), "text": terms.ranges(passage.text.text)}


def passage_row(passage: Passage) -> PassageRow:
    """Return a passage, loaded with its text, as it is shown."""
    return {
        "id": str(passage.pk),
        "title": passage.title,
        "text": passage.text.text,
        "metadata": passage.metadata,
        "revision": passage.revision,
        "code": passage_is_code(passage.text.text, passage.metadata),
    }


def _remind(items: Iterable[Item], returned: Sequence[int], person: User) -> None:
    """Add to each candidate that came back what the person had answered."""
    if not returned:
        return
    undone = Judgment.objects.filter(
        candidate__in=returned, person=person, action=Action.WITHDRAW
    ).select_related("replaces__grade")
    newest = {row.candidate_id: row.replaces for row in undone.order_by("created_at")}
    for item in items:
        answer = newest.get(int(item["candidate"]))
        if answer is not None:
            same = answer.passage_revision == item["passage"]["revision"]
            item["previous"] = {
                "grade": answer.grade.value if answer.grade else None,
                "skip": answer.skip_reason if answer.action == Action.SKIP else None,
                "comment": answer.comment,
                "flagged": answer.flagged,
                "evidence": answer.evidence if same else [],
            }


def _reveal(items: Iterable[Item], person: User) -> None:
    """Add to each item which runs proposed it and how others have labelled it."""
    by_candidate = {int(item["candidate"]): item for item in items}
    for item in items:
        item["runs"], item["labels"] = [], []
    proposals = Proposal.objects.filter(candidate__in=by_candidate).select_related("run")
    for row in proposals.order_by("run__name"):
        shown: RunRow = {"run": row.run.name, "rank": row.rank, "score": row.score}
        by_candidate[row.candidate_id]["runs"].append(shown)
    labels = Judgment.objects.current_grades().filter(candidate__in=by_candidate)
    others = labels.exclude(person=person).select_related("grade", "source", "person")
    for label in others.order_by("created_at", "pk"):
        author = label.source.name if label.source else str(label.person)
        grade = label.grade.value if label.grade else 0
        by_candidate[label.candidate_id]["labels"].append({"author": author, "grade": grade})
