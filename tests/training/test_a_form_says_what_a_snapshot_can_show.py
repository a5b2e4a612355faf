"""The form of a new job tells, by a plainly named rule of thumb, what each test split can show."""

import pytest
from django.test import Client

from tests.factory import PASSWORD, Cast
from tests.training.jobs import frozen_snapshot, label_project, ready_snapshot
from training.forms.jobs import shown_by
from training.ml.measures.power import smallest_difference
from training.ml.measures.thumb import USUAL_SPREAD, rule_of_thumb

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_rule_is_the_formula_without_small_print() -> None:
    for n in (30, 100, 1000):
        exact = smallest_difference(n, USUAL_SPREAD, comparisons=3)
        assert rule_of_thumb(n) == pytest.approx(exact, rel=0.06)
    assert rule_of_thumb(1) is None


def test_each_snapshot_has_its_own(client: Client, cast: Cast) -> None:
    label_project(cast.project, queries=60)
    snapshot = frozen_snapshot(cast.project, splits={"train": 0.5, "dev": 0.2, "test": 0.3})
    test = snapshot.statistics["splits"]["test"]
    said = f"{test['queries']} test queries show {0.96 / test['queries'] ** 0.5:.2f}"
    assert shown_by(snapshot) == said
    snapshot.statistics["splits"]["test"]["positives"] = 7
    assert shown_by(snapshot) == f"{said}, with only 7 relevant pairs"
    assert shown_by(ready_snapshot(cast.project)) == ""
    client.login(username=cast.manager.username, password=PASSWORD)
    page = client.get("/projects/library/jobs/new/").content.decode()
    assert said in page
    assert "a rule of thumb, for a spread of 0.3 per query" in page
