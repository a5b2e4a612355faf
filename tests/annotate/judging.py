"""Small words for the tests of judging."""

import uuid
from typing import Any

from accounts.models import Project, User
from annotate.models import (
    Candidate,
    Judgment,
    Passage,
    PassageRevision,
    Query,
    QueryRevision,
    Text,
)
from annotate.models.texts import text_digest
from annotate.services.adjudication import Ruling, adjudication_record
from annotate.services.answers import Answer, Recorded
from annotate.services.judging import judgments_record


def grade(candidate: Candidate | int, value: int, **fields: Any) -> Answer:
    pk = candidate if isinstance(candidate, int) else candidate.pk
    return Answer(id=fields.pop("id", uuid.uuid4()), candidate=pk, grade=value, **fields)


def skip(candidate: Candidate, reason: str = "") -> Answer:
    return Answer(id=uuid.uuid4(), candidate=candidate.pk, skip=reason)


def withdraw(earlier: uuid.UUID) -> Answer:
    return Answer(id=uuid.uuid4(), withdraw=earlier)


def record(project: Project, person: User, *answers: Answer) -> list[Recorded]:
    return judgments_record(project=project, person=person, answers=answers)


def decide(
    project: Project, person: User, item: Candidate, value: int | None = 1, **fields: Any
) -> Judgment:
    """Adjudicate, or with the value None take an adjudication back."""
    given = {"id": uuid.uuid4(), "reason": "It answers the question.", **fields}
    ruling = Ruling(candidate=item.pk, grade=value, **given)
    return adjudication_record(project=project, person=person, ruling=ruling)[0]


def reword_query(query: Query, text: str) -> None:
    """Give a query a new wording, as an import does."""
    query.refresh_from_db()
    QueryRevision.objects.create(query=query, number=query.revision, text=query.text)
    Query.objects.filter(pk=query.pk).update(
        text=text, digest=text_digest(text), revision=query.revision + 1
    )


def reword_passage(passage: Passage, text: str) -> None:
    """Give a passage a new wording, as an import does."""
    passage.refresh_from_db()
    PassageRevision.objects.create(
        passage=passage, number=passage.revision, title=passage.title, text=passage.text
    )
    stored, _ = Text.objects.get_or_create(
        project=passage.project, digest=text_digest(text), defaults={"text": text}
    )
    Passage.objects.filter(pk=passage.pk).update(text=stored, revision=passage.revision + 1)


def counted(candidate: Candidate) -> list[tuple[str, int]]:
    """Return (who, grade) of the judgments that fill the candidate's slots."""
    rows = Judgment.objects.counted().filter(candidate=candidate).order_by("slot")
    return [(str(row.person), row.grade.value if row.grade else -1) for row in rows]
