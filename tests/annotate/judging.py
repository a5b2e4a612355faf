"""Small words for the tests of judging."""

import uuid
from typing import Any

from accounts.models import Project, User
from annotate.models import Candidate, Judgment
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


def counted(candidate: Candidate) -> list[tuple[str, int]]:
    """Return (who, grade) of the judgments that fill the candidate's slots."""
    rows = Judgment.objects.counted().filter(candidate=candidate).order_by("slot")
    return [(str(row.person), row.grade.value if row.grade else -1) for row in rows]
