"""What answers nearly always are, stored by one call of the database: first grades of what is held.

`annotate_first_grades` (migration 0005) takes the locks that `annotate_desks` takes and stores what
`annotate.services.judging` would make of such answers. Anything else is left to that.
"""

import json
import math
from collections.abc import Sequence
from typing import Any, Final

from accounts.models import Grade, Project, User
from annotate.models import Judgment
from annotate.services.answers import COMMENT_MAX, SECONDS_MAX, Answer, Recorded, Status
from config.database.base import lone_statement

_CALL: Final = "SELECT annotate_first_grades(%s, %s, %s::bigint[], %s::text::jsonb)::text"
_BEYOND: Final = 1 << 31  # no grade and no revision is so large
_SAID: Final = {"grade", "revision"}  # by the answer, under other names than in its row


def first_grades_record(
    *, project: Project, person: User, answers: Sequence[Answer]
) -> list[Recorded] | None:
    """Store a person's answers if all are first grades of what they hold; else None, and nothing.

    Returns one result per answer, in order. Raises IntegrityError where another connection has just
    stored one of their ids.
    """
    about = [answer.candidate for answer in answers]
    if not answers or len(set(about)) < len(about) or not all(map(_plain, answers)):
        return None
    given = json.dumps([_given(answer) for answer in answers])
    with lone_statement() as cursor:
        cursor.execute(_CALL, [project.pk, person.pk, about, given])
        stored = cursor.fetchone()[0]
    if stored is None:
        return None
    return [
        Recorded(answer.id, Status.CREATED, _row(made, answer, person))
        for answer, made in zip(answers, json.loads(stored), strict=True)
    ]


def _plain(answer: Answer) -> bool:
    """Say whether an answer is a grade without evidence that is right as far as it goes."""
    seconds = answer.seconds or 0.0
    revisions = (answer.revision or 1, answer.query_revision or 1)
    return (
        answer.candidate is not None
        and 0 < answer.candidate < 1 << 63
        and answer.grade is not None
        and abs(answer.grade) < _BEYOND
        and answer.skip is None
        and answer.withdraw is None
        and not answer.evidence
        and math.isfinite(seconds)
        and 0 <= seconds <= SECONDS_MAX
        and len(answer.comment) <= COMMENT_MAX
        and all(0 < revision < _BEYOND for revision in revisions)
    )


def _given(answer: Answer) -> dict[str, Any]:
    return {
        "id": str(answer.id),
        "grade": answer.grade,
        "seconds": answer.seconds,
        "comment": answer.comment,
        "flagged": answer.flagged,
        "revision": answer.revision,
        "query_revision": answer.query_revision,
    }


def _row(made: dict[str, Any], answer: Answer, person: User) -> Judgment:
    row = Judgment(**{name: value for name, value in made.items() if name not in _SAID})
    row.pk, row.person = answer.id, person
    row.grade = Grade(pk=made["grade_id"], value=made["grade"])
    return row
