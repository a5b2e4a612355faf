"""Reviewers who decide the same candidate at once: one wins, the others learn who and what."""

import threading
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.http import Http404

from accounts.problems import ConflictError
from accounts.services import project_update
from annotate.models import Action, Candidate, Judgment, Kind
from annotate.services.adjudication import DecidedError
from tests.annotate.judging import decide, reword_passage
from tests.factory import Cast, make_judgment, make_queue


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_wins_and_the_others_learn_who(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    people = [cast.owner, cast.manager, cast.reviewer, cast.owner] * 2
    outcome: list[Any] = [None] * len(people)
    start = threading.Barrier(len(people))

    def run(place: int) -> None:
        start.wait()
        try:
            outcome[place] = decide(cast.project, people[place], item, place % 2)
        except DecidedError as error:
            outcome[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [winner] = [found for found in outcome if isinstance(found, Judgment)]
    refused = [found for found in outcome if isinstance(found, DecidedError)]
    assert len(refused) == len(people) - 1
    assert {found.decided for found in refused} == {winner}
    assert winner.person is not None
    assert winner.person.display_name in str(refused[0].detail)
    assert list(Judgment.objects.adjudications()) == [winner]


@pytest.mark.django_db
def test_a_repeat_is_answered_with_the_first_result(cast: Cast) -> None:
    [item, other, *_] = make_queue(cast.project)
    key = uuid.uuid4()
    first = decide(cast.project, cast.reviewer, item, id=key)
    assert decide(cast.project, cast.reviewer, item, id=key) == first
    for person, about, fields in (
        (cast.reviewer, item, {"value": 0}),
        (cast.reviewer, item, {"reason": "Another."}),
        (cast.reviewer, other, {}),
        (cast.manager, item, {}),
    ):
        with pytest.raises(ConflictError, match="id has been used"):
            decide(cast.project, person, about, id=key, **fields)
    assert Judgment.objects.count() == 1


@pytest.mark.django_db
def test_a_revision_names_what_it_replaces_and_history_keeps_it(cast: Cast) -> None:
    [item, *_] = make_queue(cast.project)
    first = decide(cast.project, cast.reviewer, item, 1)
    with pytest.raises(DecidedError):
        decide(cast.project, cast.manager, item, 0)
    second = decide(cast.project, cast.manager, item, 0, replaces=first.pk)
    with pytest.raises(DecidedError) as caught:
        decide(cast.project, cast.reviewer, item, 1, replaces=first.pk)
    assert caught.value.decided == second
    taken = decide(
        cast.project, cast.reviewer, item, None, replaces=second.pk, reason="Both are wrong."
    )
    assert (taken.action, taken.current) == (Action.WITHDRAW, False)
    with pytest.raises(DecidedError, match="no longer holds"):
        decide(cast.project, cast.reviewer, item, 1, replaces=second.pk)
    decide(cast.project, cast.reviewer, item, 1)
    rows = Judgment.objects.filter(candidate=item).order_by("created_at")
    assert [row.replaces_id for row in rows] == [None, first.pk, second.pk, None]


@pytest.mark.django_db
def test_a_reason_a_grade_and_the_text_that_holds_are_asked_for(cast: Cast) -> None:
    [item, other, *_] = make_queue(cast.project)
    for wrong in ({"reason": " \n"}, {"value": 7}, {"value": None}, {"seconds": float("nan")}):
        with pytest.raises(ValidationError):
            decide(cast.project, cast.reviewer, item, **wrong)
    with pytest.raises(Http404):
        decide(cast.project, cast.reviewer, Candidate(pk=item.pk + 10_000))
    reword_passage(item.passage, "Said otherwise.")
    with pytest.raises(ConflictError, match="passage was edited"):
        decide(cast.project, cast.reviewer, item, revision=1)
    decide(cast.project, cast.reviewer, item, revision=2)
    project_update(project=cast.project, closed=True)
    with pytest.raises(ConflictError, match="closed"):
        decide(cast.project, cast.reviewer, other)


@pytest.mark.django_db
def test_the_database_keeps_role_reason_wording_and_chain(cast: Cast) -> None:
    [item, other, *_] = make_queue(cast.project)
    reword_passage(other.passage, "Said otherwise.")
    judged = make_judgment(item, cast.annotator, 1)
    good = {
        "project": cast.project,
        "candidate": item,
        "person": cast.reviewer,
        "kind": Kind.ADJUDICATION,
        "grade": cast.project.scheme[0],
        "comment": "Because.",
    }
    for message, fields in (
        ("does not review", {"person": cast.annotator}),
        ("does not review", {"person": cast.outsider}),
        ("has_a_reason", {"comment": " "}),
        ("has_a_reason", {"action": Action.SKIP, "grade": None}),
        ("wording that holds", {"candidate": other}),
        ("replaces one that ended", {"replaces": judged}),
    ):
        with pytest.raises(IntegrityError, match=message), transaction.atomic():
            Judgment.objects.create(id=uuid.uuid4(), **{**good, **fields})
    Judgment.objects.create(id=uuid.uuid4(), **good)
    with pytest.raises(IntegrityError, match="adjudicated_once"), transaction.atomic():
        Judgment.objects.create(id=uuid.uuid4(), **good)
