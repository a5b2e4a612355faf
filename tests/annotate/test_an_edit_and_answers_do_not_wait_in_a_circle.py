"""People go on judging a query that somebody edits again and again: nobody's answer is lost."""

import random
import threading
import uuid

import pytest
from django.db import connections

from accounts.services import project_update
from annotate.models import Judgment, Query
from annotate.services.answers import Status
from annotate.services.corpus import query_edit
from tests.annotate.judging import grade, record
from tests.factory import Cast, make_queue

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 12


def test_an_edit_and_batches_of_answers(cast: Cast) -> None:
    project_update(project=cast.project, overlap=3)
    rows = make_queue(cast.project, queries=1, passages=30)
    judges = (cast.annotator, cast.reviewer, cast.owner)
    problems: list[Exception] = []
    results: list[Status] = []
    done = threading.Event()

    def edit() -> None:
        try:
            for _ in range(200):
                query = Query.objects.get()
                text = f"wording {uuid.uuid4()}"
                query_edit(query=query, by=cast.manager, revision=query.revision, text=text)
                if done.is_set():
                    break
        except Exception as error:
            problems.append(error)
        finally:
            connections.close_all()

    def judge(number: int) -> None:
        chance = random.Random(number)
        try:
            for _ in range(ROUNDS):
                batch = [grade(row, (number + row.pk) % 2) for row in chance.sample(rows, 8)]
                results.extend(each.status for each in record(cast.project, judges[number], *batch))
        except Exception as error:
            problems.append(error)
        finally:
            connections.close_all()

    editor = threading.Thread(target=edit)
    people = [threading.Thread(target=judge, args=(number,)) for number in range(3)]
    for thread in (editor, *people):
        thread.start()
    for thread in people:
        thread.join()
    done.set()
    editor.join()
    assert not problems
    assert len(results) == 3 * ROUNDS * 8 == Judgment.objects.count()
    assert set(results) <= {Status.CREATED, Status.LATE}
