"""Reads of single passages and candidates, their wordings, and what was done to them by hand."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from accounts.models import Project
from annotate.models import Candidate, Change, Passage, Query, Thing
from annotate.selectors.browsing import ID_DIGITS, query_by
from annotate.texts.differences import Piece, difference

CHANGES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Wording:
    """A wording of a query or passage; `replaced_at` is None for the one that holds.

    `pieces` lead from the wording before, and are empty for the first.
    """

    number: int
    text: str
    title: str
    replaced_at: datetime | None
    pieces: list[Piece]
    title_pieces: list[Piece]


def passages_of(project: Project, *, search: str = "") -> QuerySet[Passage]:
    """Return the passages that are not withdrawn, by id, those that contain `search`."""
    rows = project.passages.filter(withdrawn_at=None).select_related("text").order_by("pk")
    if search:
        words = Q(text__text__icontains=search) | Q(title__icontains=search)
        rows = rows.filter(words | Q(external_id=search))
    return rows


def with_candidate_count(rows: QuerySet[Passage]) -> QuerySet[Passage]:
    """Add `candidate_count` to the passages of one page."""
    return rows.annotate(candidate_count=Count("candidates"))


def passage_by(project: Project, reference: str) -> Passage:
    """Return a project's passage by its id. Raises Http404 with a sentence."""
    rows = project.passages.select_related("text")
    passage = rows.filter(pk=int(reference)).first() if _is_id(reference) else None
    if passage is None:
        raise Http404(f"There is no passage {reference[:40]} in this project.")
    return passage


def passage_by_name(project: Project, name: str) -> Passage | None:
    """Return the passage under an external id, or under its number where nothing has that id."""
    rows = project.passages.filter(erased_at=None)
    found = rows.filter(external_id=name).first()
    return found or (rows.filter(pk=int(name)).first() if _is_id(name) else None)


def candidate_by(project: Project, reference: str) -> Candidate:
    """Return a project's candidate by its id. Raises Http404 with a sentence."""
    rows = Candidate.objects.filter(project=project).select_related("query", "passage__text")
    candidate = rows.filter(pk=int(reference)).first() if _is_id(reference) else None
    if candidate is None:
        raise Http404(f"There is no candidate {reference[:40]} in this project.")
    return candidate


def withdrawn_of(query: Query) -> list[Candidate]:
    """Return a query's withdrawn candidates, those last withdrawn first, CHANGES_SHOWN at most."""
    rows = query.candidates.filter(withdrawn_at__isnull=False).select_related("passage__text")
    return list(rows.order_by("-withdrawn_at", "pk")[:CHANGES_SHOWN])


def subject_by(project: Project, thing: Thing, reference: str) -> Query | Passage:
    """Return a query or a passage by its id. Raises Http404 with a sentence."""
    if thing is Thing.QUERY:
        return query_by(project, reference)
    return passage_by(project, reference)


def changes_of(project: Project, thing: Thing, pk: int) -> list[Change]:
    """Return what was done by hand to one thing, newest first, CHANGES_SHOWN at most."""
    rows = Change.objects.filter(project=project, thing=thing, things__contains=[pk])
    return list(rows.defer("things").select_related("by")[:CHANGES_SHOWN])


def wordings_of(subject: Query | Passage) -> list[Wording]:
    """Return all wordings that are kept, newest first, each with what it changed."""
    if isinstance(subject, Query):
        said = [(row.number, row.text, "", row.replaced_at) for row in subject.revisions.all()]
        now = (subject.revision, subject.text, "", None)
    else:
        kept = subject.revisions.select_related("text")
        said = [(row.number, row.text.text, row.title, row.replaced_at) for row in kept]
        now = (subject.revision, subject.text.text, subject.title, None)
    found: list[Wording] = []
    before: Wording | None = None
    for number, text, title, replaced_at in [*sorted(said), now]:
        pieces = difference(before.text, text) if before else []
        title_pieces = difference(before.title, title) if before else []
        before = Wording(number, text, title, replaced_at, pieces, title_pieces)
        found.insert(0, before)
    return found


def _is_id(reference: str) -> bool:
    return reference.isascii() and reference.isdigit() and len(reference) <= ID_DIGITS
