"""What a person sees of the candidates that they hold, as the API and the page show it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NotRequired, TypedDict

from accounts.models import Project, User
from annotate.models import Judgment, Lease, Passage, Proposal

# Metadata that says what a passage is, and the values of it that mean source code.
_KIND_KEYS: Final = ("format", "kind", "type", "content_type", "mime", "mimetype")
_CODE_KINDS: Final = re.compile(r"\b(code|source|snippet|program|x-[a-z]+)\b", re.IGNORECASE)
_CODE_LINE: Final = re.compile(
    r"^\s*(>>> |\.\.\. |\$ |#include\b|@\w|return\b|import \w|from \S+ import\b"
    r"|(def|class|func|fn|function|public|private|static|if|elif|else|for|while|try)\b.*[:{]\s*$"
    r"|(const|let|var) \w+ =|\w[\w.\[\]\"']* (=|:=|\+=) \S)|[;{}]\s*$|^\s*[\w.]+\(.*\)\s*$"
)


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
    """The query of an item."""

    id: str
    text: str
    revision: int


class PassageRow(TypedDict):
    """The passage of an item; `code` says that its lines are best kept as they are."""

    id: str
    title: str
    text: str
    metadata: dict[str, Any]
    revision: int
    code: bool


class Item(TypedDict):
    """One leased candidate. `runs` and `labels` are there only where judging is not blind."""

    candidate: str
    query: QueryRow
    passage: PassageRow
    lease_expires_at: datetime
    runs: NotRequired[list[RunRow]]
    labels: NotRequired[list[LabelRow]]


def items_of(leases: Sequence[Lease], project: Project, person: User) -> list[Item]:
    """Return leased candidates as they are shown; `leases` come loaded from `tasks_lease`."""
    items = [_item(lease) for lease in leases]
    if not project.blind:
        _reveal(items, person)
    return items


def passage_is_code(text: str, metadata: Mapping[str, Any]) -> bool:
    """Guess whether a passage is code: its metadata says so, or many of its lines look like it."""
    if any(_CODE_KINDS.search(str(metadata.get(key, ""))) for key in _KIND_KEYS):
        return True
    lines = [line for line in text[:8000].splitlines() if line.strip()]
    like_code = sum(bool(_CODE_LINE.search(line)) for line in lines)
    return len(lines) > 1 and like_code / len(lines) > 0.4


def _item(lease: Lease) -> Item:
    query, passage = lease.candidate.query, lease.candidate.passage
    return {
        "candidate": str(lease.candidate_id),
        "query": {"id": str(query.pk), "text": query.text, "revision": query.revision},
        "passage": _passage(passage),
        "lease_expires_at": lease.expires_at,
    }


def _passage(passage: Passage) -> PassageRow:
    return {
        "id": str(passage.pk),
        "title": passage.title,
        "text": passage.text.text,
        "metadata": passage.metadata,
        "revision": passage.revision,
        "code": passage_is_code(passage.text.text, passage.metadata),
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
