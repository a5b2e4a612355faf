"""Small words for the tests of checks and repeats."""

import uuid
from typing import Any

from accounts.models import Project, User
from annotate.models import Candidate, Lease, Queue
from annotate.services.arranging import queue_update
from annotate.services.golding import GoldWish, golds_set
from annotate.services.leasing import tasks_lease
from tests.annotate.judging import grade, record


def set_queue(project: Project, **fields: Any) -> Queue:
    return queue_update(project=project, **fields)


def make_gold(by: User, *rows: Candidate, grade: int = 1) -> None:
    wishes = [GoldWish(row.pk, grade, "known") for row in rows]
    golds_set(project=rows[0].project, wishes=wishes, by=by)


def work(project: Project, person: User, number: int, value: int = 1) -> list[Lease]:
    """Judge so many items, one lease after the other; return the leases."""
    served = []
    for _ in range(number):
        leases = tasks_lease(project=project, person=person, count=1)
        if not leases:
            break
        [result] = record(project, person, grade(leases[0].candidate_id, value, id=uuid.uuid4()))
        assert result.status.value == "created", result
        served += leases
    return served
