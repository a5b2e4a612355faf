"""Accuracy on gold, agreement with oneself and pace: each figure with its n, for managers."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.services import member_remove
from annotate.agreement.consistency import Share, quadratic_kappa, within
from annotate.models import Action, Candidate, Judgment, Kind
from annotate.selectors.judges import project_judges
from annotate.services.golding import golds_from_adjudicated
from tests.annotate.checks import make_gold
from tests.factory import GRADES_0_3, Cast, bearer, make_cast, make_judgment, make_queue

JUDGES = "/api/v1/projects/library/judges/"


def answer(row: Candidate, cast: Cast, kind: Kind, grade: int, **fields: object) -> Judgment:
    person = cast.reviewer if kind == Kind.ADJUDICATION else cast.annotator
    return Judgment.objects.create(
        id=uuid.uuid4(), project=cast.project, candidate=row, person=person, kind=kind,
        action=Action.GRADE, grade=cast.project.grades.get(value=grade), **fields,
    )  # fmt: skip


def test_wilsons_interval_and_kappa_are_those_of_scipy_and_sklearn() -> None:
    share = Share(8, 10)  # scipy's binomtest(8, 10).proportion_ci(method="wilson")
    assert share.value == 0.8
    assert share.low == pytest.approx(0.4901624715366418)
    assert share.high == pytest.approx(0.9433178485456248)
    assert (Share(0, 0).value, Share(0, 0).low, Share(0, 4).low) == (None, None, 0.0)
    # sklearn's cohen_kappa_score(weights="quadratic").
    pairs = {(0, 0): 11, (0, 1): 2, (1, 1): 6, (1, 2): 3, (2, 0): 1, (2, 2): 7}
    assert quadratic_kappa(pairs) == pytest.approx(0.7874015748031495)
    assert quadratic_kappa({(0, 0): 19}) is None
    assert quadratic_kappa({(1, 1): 30}) is None
    assert within(pairs, 1) == Share(29, 30)


@pytest.mark.django_db
def test_a_judges_figures(client: Client) -> None:
    cast = make_cast(grades=GRADES_0_3)
    rows = make_queue(cast.project, 2, 5)
    make_gold(cast.manager, *rows[:4], grade=2)
    for row, grade in zip(rows[:4], (2, 2, 3, 0), strict=True):
        answer(row, cast, Kind.CHECK, grade, seconds=2.0)
    for row, first, again in zip(rows[4:7], (1, 2, 0), (1, 3, 0), strict=True):
        make_judgment(row, cast.annotator, first)
        answer(row, cast, Kind.REPEAT, again, seconds=4.0)
    last_month = timezone.now() - timedelta(days=30)  # which is no pace
    Judgment.objects.create(
        id=uuid.uuid4(), project=cast.project, candidate=rows[9], person=cast.reviewer,
        kind=Kind.LATE, grade=cast.project.grades.get(value=1), created_at=last_month,
    )  # fmt: skip
    member_remove(project=cast.project, user=cast.reviewer)
    found = {row.username: row for row in project_judges(cast.project)}
    mine = found["library-annotator"]
    assert (mine.gold, mine.near_gold, mine.same) == (Share(2, 4), Share(3, 4), Share(2, 3))
    assert mine.kappa is None
    assert (mine.answers, mine.pace.answers, mine.pace.n) == (10, 10, 7)
    assert mine.pace.median_seconds == 2.0
    assert mine.pace.per_hour == pytest.approx(3600 * 7 / 20)
    left = found["library-reviewer"]
    assert (left.role, left.answers, left.pace.answers, left.gold.n) == ("", 1, 0, 0)
    assert set(found) == {
        f"library-{name}" for name in ("owner", "manager", "annotator", "reviewer")
    }
    client.force_login(cast.manager)
    assert "Gold or beside it" in client.get("/projects/library/queue/judges/").content.decode()


@pytest.mark.django_db
def test_adjudicated_candidates_become_gold(cast: Cast) -> None:
    rows = make_queue(cast.project, 1, 3)
    for row, grade in ((rows[0], 1), (rows[1], 0)):
        answer(row, cast, Kind.ADJUDICATION, grade, comment="because")
    make_gold(cast.manager, rows[0], grade=0)
    assert golds_from_adjudicated(project=cast.project, by=cast.manager) == 1
    gold = cast.project.golds.get(candidate=rows[1])
    assert (gold.grade.value, gold.explanation) == (0, "because")


@pytest.mark.django_db
def test_only_managers_see_them(client: Client, cast: Cast) -> None:
    make_gold(cast.manager, *make_queue(cast.project, 1, 1))
    [mine, *_] = client.get(JUDGES, **bearer(cast.manager)).json()["judges"]
    assert mine["gold"] == {"value": None, "low": None, "high": None, "n": 0}
    assert mine["near_gold"] is None  # of two grades it would be 1 whatever they say
    client.force_login(cast.manager)
    assert "Gold or beside it" not in client.get("/projects/library/queue/judges/").content.decode()
    client.logout()
    for person, status in (
        (cast.annotator, 403), (cast.reviewer, 403), (cast.viewer, 403), (cast.outsider, 404),
    ):  # fmt: skip
        assert client.get(JUDGES, **bearer(person)).status_code == status
    assert client.get(JUDGES).status_code == 401
    assert client.post(JUDGES, **bearer(cast.owner)).status_code == 405
