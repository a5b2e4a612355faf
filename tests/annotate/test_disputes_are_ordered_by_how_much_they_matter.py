"""What people disagree on is listed by importance, which the database counts as judgments come."""

import math

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from accounts.services import project_delete, project_update, scheme_set
from annotate.models import Candidate, Dispute, Proposal
from annotate.selectors.adjudication import Wish, dispute_after, disputes_of
from tests.annotate.judging import decide, grade, record, reword_passage, skip, withdraw
from tests.factory import (
    GRADES_0_3,
    Cast,
    bearer,
    make_annotator,
    make_proposal,
    make_queue,
)

pytestmark = pytest.mark.django_db
PATH = "/api/v1/projects/library/adjudications/"


@pytest.fixture
def judges(cast: Cast) -> list[User]:
    """Three people who judge everything on a scale from 0 to 3."""
    scheme_set(project=cast.project, grades=GRADES_0_3)
    project_update(project=cast.project, overlap=3)
    return [cast.annotator, make_annotator(cast.project, "ada"), cast.reviewer]


def say(cast: Cast, judges: list[User], item: Candidate, *values: int) -> None:
    for person, value in zip(judges, values, strict=False):
        record(cast.project, person, grade(item, value))


def importance(item: Candidate) -> float | None:
    return Dispute.objects.filter(pk=item.pk).values_list("importance", flat=True).first()


def discount(rank: int) -> float:
    return 1 / math.log2(1 + rank)


def test_importance_follows_its_formula(cast: Cast, judges: list[User]) -> None:
    rows = make_queue(cast.project, 2, 3)
    for row, rank in zip(rows, (1, 80, 1, 1, 3, 1), strict=True):
        make_proposal(row, "search", rank=rank)
    make_proposal(rows[4], "dense", rank=2)
    say(cast, judges, rows[0], 0, 3)  # all of the scale, undecided
    say(cast, judges, rows[1], 0, 3)  # the same far below
    say(cast, judges, rows[2], 0, 3, 0)  # outvoted by two to one
    say(cast, judges, rows[3], 2, 3)  # both relevant
    say(cast, judges, rows[4], 0, 1)  # the best of two ranks counts
    say(cast, judges, rows[5], 2, 2, 2)
    expected = [
        1.0,
        discount(80),
        2 / 3,
        1 / 3 / 2,
        discount(2) * (1 / 3 + 1) / 2,
        None,
    ]
    assert [importance(row) for row in rows] == [
        None if value is None else pytest.approx(value) for value in expected
    ]
    listed = [row.pk for row in disputes_of(cast.project, Wish())]
    assert listed == [rows[place].pk for place in (0, 2, 4, 3, 1)]
    walked = [dispute_after(cast.project, Wish(), pk) for pk in listed]
    assert walked == [*listed[1:], listed[0]]


def test_it_follows_corrections_undos_edits_ranks_and_the_scheme(
    cast: Cast, judges: list[User]
) -> None:
    [item, *_] = make_queue(cast.project)
    say(cast, judges, item, 0, 3)
    assert importance(item) == pytest.approx(discount(100))
    [ranked, raised] = [make_proposal(item, run, rank) for run, rank in (("a", 7), ("b", 3))]
    assert importance(item) == pytest.approx(discount(3))
    Proposal.objects.filter(pk=raised.pk).update(rank=20)
    assert importance(item) == pytest.approx(discount(ranked.rank or 0))
    odd = [
        {**row, "relevant": value == 1, "gain": 2 * value} for value, row in enumerate(GRADES_0_3)
    ]
    scheme_set(project=cast.project, grades=odd)
    assert importance(item) == pytest.approx(discount(7) / 2)
    [third] = record(cast.project, judges[2], grade(item, 0))
    assert importance(item) == pytest.approx(discount(7) / 3)
    record(cast.project, judges[1], grade(item, 0))
    assert importance(item) is None
    assert third.judgment is not None
    record(cast.project, judges[2], withdraw(third.judgment.pk), grade(item, 1))
    assert importance(item) == pytest.approx(discount(7) * 2 / 3 * (1 / 3 + 1) / 2)
    assert Dispute.objects.get(pk=item.pk).judges == 3


def test_flags_and_reasoned_skips_are_listed_when_asked_for(cast: Cast, judges: list[User]) -> None:
    rows = make_queue(cast.project, 1, 5)
    record(cast.project, judges[0], grade(rows[0], 1, flagged=True))
    record(cast.project, judges[0], skip(rows[1], "The query is unclear"))
    record(cast.project, judges[0], skip(rows[2]))
    record(cast.project, judges[0], skip(rows[3], "Unreadable"))
    record(cast.project, judges[1], grade(rows[3], 1))
    say(cast, judges, rows[4], 0, 1)
    shown = {
        show: {row.pk for row in disputes_of(cast.project, Wish(show=show))}
        for show in ("differ", "crossing", "flagged", "skipped", "all")
    }
    assert shown == {
        "differ": {rows[4].pk},
        "crossing": {rows[4].pk},
        "flagged": {rows[0].pk},
        "skipped": {rows[1].pk},
        "all": {rows[0].pk, rows[1].pk, rows[4].pk},
    }
    assert importance(rows[0]) == importance(rows[1]) == pytest.approx(discount(100) / 4)


def test_an_edit_retires_the_adjudication_with_the_judgments(
    cast: Cast, judges: list[User]
) -> None:
    [item, *_] = make_queue(cast.project)
    say(cast, judges, item, 0, 3)
    decide(cast.project, cast.reviewer, item)
    assert [row.pk for row in disputes_of(cast.project, Wish(state="done"))] == [item.pk]
    assert not disputes_of(cast.project, Wish()).exists()
    reword_passage(item.passage, "Said otherwise.")
    item.judgments.update(current=False)  # as an import does that changes a text
    assert not Dispute.objects.exists()


def test_nobody_sets_a_dispute_and_it_leaves_with_its_project(
    cast: Cast, judges: list[User]
) -> None:
    [item, *_] = make_queue(cast.project)
    say(cast, judges, item, 0, 3)
    for attack in (
        lambda: Dispute.objects.update(importance=9),
        lambda: Dispute.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            attack()
    project_delete(project=cast.project)
    assert not Dispute.objects.exists()


def test_the_list_is_narrowed_by_query_and_judge(
    client: Client, cast: Cast, judges: list[User]
) -> None:
    rows = make_queue(cast.project, 2, 1)
    say(cast, judges, rows[0], 0, 3)
    say(cast, judges[1:], rows[1], 0, 3)

    def listed(**wanted: str) -> list[str]:
        answer = client.get(PATH, wanted, **bearer(cast.reviewer))
        assert answer.status_code == 200, answer.content
        return [row["candidate"] for row in answer.json()["results"]]

    first, second = (str(row.pk) for row in rows)
    assert set(listed()) == {first, second}
    assert listed(q="THING 1") == [second]
    assert listed(q="q0") == [first]
    assert listed(judge=judges[0].username) == [first]
    assert listed(judge="nobody") == []
    assert listed(state="done") == []
    [row] = client.get(PATH, {"q": "q0"}, **bearer(cast.reviewer)).json()["results"]
    assert [said["grade"] for said in row["judgments"]] == [0, 3]
    assert row["judges"] == 2
