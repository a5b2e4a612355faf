"""An alias with a gate names only versions that pass it, and says in words why it refuses one."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from secrets import token_hex
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django.fixtures import Settings

from annotate.models import Snapshot
from models_app.models import Alias, AliasMove, Version
from models_app.promoting import GateRefusedError
from models_app.services.rerankers import alias_move, review_add
from tests.factory import Cast, bearer
from tests.models_app.published import version_row
from tests.training.jobs import frozen_snapshot, label_project, running_job
from training.models import Gate, JobMetric, JobQueryScore, TrainingJob
from training.selectors.gates import standings_of
from training.services.gates import gate_remove, gate_set

pytestmark = pytest.mark.django_db(transaction=True)

HALF = {"train": 0.3, "dev": 0.2, "test": 0.5}
Make = Callable[..., Version]


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    label_project(cast.project)
    return frozen_snapshot(cast.project, splits=HALF)


@pytest.fixture
def make(cast: Cast, snapshot: Snapshot) -> Make:
    """Publish a version as a job leaves it that measured it on a snapshot's test queries."""

    def made(
        value: float | Callable[[int], float],
        *,
        on: Snapshot | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> Version:
        on = on or snapshot
        job = running_job(cast.project, snapshot=on, created_by=cast.manager)
        values = [value(row) if callable(value) else value for row in range(12)]
        JobQueryScore.objects.bulk_create(
            JobQueryScore(
                job=job, split="test", system="model", query_id=f"q{row}",
                values={"nDCG@10": each}, top=[],
            )
            for row, each in enumerate(values)
        )  # fmt: skip
        JobMetric.objects.create(
            job=job, split="test", system="model", metric="nDCG@10", value=sum(values) / 12, n=12
        )
        _, reranker = job.parts
        version = version_row(
            reranker=reranker, number=reranker.versions.count() + 1, job=job.pk,
            revision=token_hex(20), snapshot_digest=on.digest, facts=dict(facts or {}),
            created_by=cast.manager,
        )  # fmt: skip
        TrainingJob.objects.filter(pk=job.pk).update(
            status="succeeded", stage="finish", lease_expires_at=None
        )
        return version

    return made


def spread(row: int) -> float:
    """Differences that are not all the same, and 0 on average."""
    return 0.003 if row % 2 else -0.003


def promote(cast: Cast, version: Version, name: str = "champion") -> Alias:
    return alias_move(
        reranker=version.reranker, name=name, version=version, reason="Better.",
        moved_by=cast.manager,
    )  # fmt: skip


def refused(cast: Cast, version: Version) -> list[str]:
    with pytest.raises(GateRefusedError) as error:
        promote(cast, version)
    return error.value.reasons


def test_an_alias_without_a_gate_is_free(cast: Cast, make: Make) -> None:
    gate_set(project=cast.project, alias="challenger", changed_by=cast.owner, approvals=1)
    assert promote(cast, make(0.1)).version.number == 1
    assert AliasMove.objects.get().gate == []


def test_it_asks_for_a_gain_with_a_paired_test(cast: Cast, make: Make, snapshot: Snapshot) -> None:
    gate_set(
        project=cast.project, alias="champion", changed_by=cast.owner, snapshot=snapshot, gain=0.02
    )
    first = make(lambda row: 0.5 + row / 100)
    promote(cast, first)  # there was nothing to beat
    assert "names no version that could be better" in AliasMove.objects.get().gate[0]["said"]
    # Better on average, and by chance as much as not.
    lucky = make(lambda row: 0.56 + row / 100 + (0.3 if row % 2 else -0.3))
    (said,) = refused(cast, lucky)
    assert "not shown to be better by 0.02 or more" in said
    assert "+0.060 [" in said
    assert "against v1 on 12 test queries, p " in said
    # Surely better, and by less than is asked for.
    (said,) = refused(cast, make(lambda row: 0.51 + row / 100 + spread(row)))
    assert "+0.010 [" in said
    better = make(lambda row: 0.55 + row / 100 + spread(row))
    assert promote(cast, better).version == better
    (check,) = AliasMove.objects.filter(to_version=better).get().gate
    assert (check["name"], check["passed"]) == ("gain", True)
    assert check["said"].startswith("It is better by 0.02 or more, with p below 0.05: +0.050")
    # Rolling back waits for nothing, though the older one is worse.
    assert promote(cast, first).version == first
    assert AliasMove.objects.latest("pk").gate[0]["name"] == "rollback"


def test_it_may_ask_that_nothing_gets_worse(cast: Cast, make: Make, snapshot: Snapshot) -> None:
    promote(cast, make(lambda row: 0.5 + row / 100))
    gate_set(
        project=cast.project, alias="champion", changed_by=cast.owner, snapshot=snapshot, gain=-0.05
    )
    (said,) = refused(cast, make(lambda row: 0.44 + row / 100 + spread(row)))
    assert "not shown to be not worse by more than 0.05" in said
    assert promote(cast, make(lambda row: 0.48 + row / 100 + spread(row))).version.number == 3


def test_what_was_not_measured_there_is_refused(cast: Cast, make: Make, snapshot: Snapshot) -> None:
    promote(cast, make(0.5))
    other = frozen_snapshot(cast.project, splits=HALF, seed=7)
    gate_set(
        project=cast.project, alias="champion", changed_by=cast.owner, snapshot=snapshot, gain=0
    )
    elsewhere = make(0.9, on=other)
    assert refused(cast, elsewhere) == [
        f"v2 was not measured on snapshot {snapshot.short_digest}: evaluate it there first."
    ]


def test_slices_have_floors(cast: Cast, make: Make) -> None:
    table = {"kind": "made", "slices": [
        {"name": "long", "queries": 5, "figures": [{"system": "model", "value": 0.41}]},
    ]}  # fmt: skip
    floors = [{"slice": "long", "least": 0.5}, {"slice": "all", "least": 0.4},
              {"slice": "short", "least": 0.1}]  # fmt: skip
    gate_set(project=cast.project, alias="champion", changed_by=cast.owner, floors=floors)
    assert refused(cast, make(0.45, facts={"slices": [table]})) == [
        "Its nDCG@10 of 0.410 on the slice “long” (5) is below 0.5.",
        "v1 has no nDCG@10 on the slice “short”.",
    ]
    gate_set(project=cast.project, alias="champion", changed_by=cast.owner, floors=floors[1:2])
    assert promote(cast, make(0.45)).version.number == 2


def test_leaked_queries_are_counted(cast: Cast, make: Make, snapshot: Snapshot) -> None:
    gate_set(
        project=cast.project, alias="champion", changed_by=cast.owner, snapshot=snapshot,
        no_leakage=True,
    )  # fmt: skip
    other = frozen_snapshot(cast.project, splits={"train": 0.8, "dev": 0.1, "test": 0.1}, seed=7)
    (said,) = refused(cast, make(0.9, on=other))
    digest = snapshot.short_digest
    assert said.startswith("It learned from ")
    assert said.endswith(f"of the 12 test queries of {digest}, or from near-identical ones.")
    clean = make(0.5)
    assert promote(cast, clean).version == clean
    (check,) = AliasMove.objects.get().gate
    assert "none of the 12 test queries" in check["said"]
    # Of what was pushed nobody knows what it learned from.
    pushed = version_row(reranker=clean.reranker, number=3, revision=token_hex(20))
    (said,) = refused(cast, pushed)
    assert said == "What library/finder@v3 learned from cannot be told."


def test_approvals_are_those_of_others(cast: Cast, make: Make) -> None:
    gate_set(project=cast.project, alias="champion", changed_by=cast.owner, approvals=2)
    version = make(0.5)

    def review(who: Any, verdict: str) -> None:
        review_add(version=version, reviewer=who, verdict=verdict, comment="Seen.")

    review(cast.manager, "approve")  # who trained it
    review(cast.reviewer, "approve")
    review(cast.reviewer, "approve")
    of = "approvals of people other than its trainer."
    assert refused(cast, version) == [f"It has 1 of 2 {of}"]
    review(cast.owner, "reject")
    assert refused(cast, version) == ["library-owner wants changes."]
    review(cast.owner, "comment")
    assert refused(cast, version) == ["library-owner wants changes."]
    review(cast.owner, "approve")
    assert promote(cast, version).version == version
    assert AliasMove.objects.get().gate[0]["said"] == f"It has 2 of 2 {of}"


def test_the_set_up_of_the_sample_passes(cast: Cast, make: Make) -> None:
    gate_set(project=cast.project, alias="champion", changed_by=cast.owner, approvals=2)
    version = make(0.5)
    moved = alias_move(
        reranker=version.reranker, name="champion", version=version, reason="First.", by_setup=True
    )
    assert moved.version == version


def test_a_page_does_not_have_the_scorer_load_a_version(
    cast: Cast, make: Make, settings: Settings
) -> None:
    settings.SCORER_URL = "unix:///nowhere/scorer.sock"
    gate_set(project=cast.project, alias="champion", changed_by=cast.owner, score_contract=True)
    (standing,) = standings_of(make(0.5))
    assert standing.checks == [
        {"name": "contract", "passed": True,
         "said": "Its score contract is checked when the alias moves."}
    ]  # fmt: skip


def test_a_gate_is_set_within_bounds(cast: Cast, snapshot: Snapshot) -> None:
    cases: dict[str, dict[str, Any]] = {
        "gain": {"gain": 2.0},
        "approvals": {"approvals": 21},
        "floors": {"floors": [{"slice": " ", "least": 0.1}]},
        "alias": {"alias": "main"},
    }
    for field, wrong in cases.items():
        with pytest.raises(ValidationError) as error:
            gate_set(project=cast.project, changed_by=cast.owner, **{"alias": "champion", **wrong})
        assert list(error.value.message_dict) == [field]
    assert not Gate.objects.exists()
    gate_set(project=cast.project, alias="champion", changed_by=cast.owner)
    assert gate_remove(project=cast.project, alias="champion")
    assert not gate_remove(project=cast.project, alias="champion")


def test_the_api_sets_shows_and_holds_it(cast: Cast, make: Make, snapshot: Snapshot) -> None:
    version = make(0.5)
    url = "/api/v1/projects/library/gates/champion/"
    body = {"snapshot": snapshot.digest, "gain": 0.01, "approvals": 1,
            "floors": [{"slice": "all", "least": 0.3}]}  # fmt: skip

    def put(path: str, body: Any, who: Any) -> Any:
        return Client().put(path, body, content_type="application/json", **bearer(who))

    assert put(url, body, cast.reviewer).status_code == HTTPStatus.FORBIDDEN
    assert put(url, body, cast.outsider).status_code == HTTPStatus.NOT_FOUND
    assert put(url, body | {"floor": 1}, cast.manager).status_code == HTTPStatus.BAD_REQUEST
    stored = put(url, body, cast.manager).json()
    assert {key: stored[key] for key in body} == body
    listed = Client().get("/api/v1/projects/library/gates/", **bearer(cast.viewer)).json()
    assert [each["alias"] for each in listed["results"]] == ["champion"]
    gates = f"/api/v1/rerankers/library/finder/versions/{version.number}/gates/"
    (found,) = Client().get(gates, **bearer(cast.viewer)).json()["gates"]
    assert (found["alias"], found["before"], found["open"]) == ("champion", None, False)
    assert [check["passed"] for check in found["checks"]] == [True, True, False]
    moved = put(
        "/api/v1/rerankers/library/finder/aliases/champion/",
        {"version": "v1", "reason": "It is better."},
        cast.manager,
    )
    assert moved.status_code == HTTPStatus.CONFLICT
    said = moved.json()
    assert said["detail"].startswith("The gate of champion refuses v1. It has 0 of 1 approvals")
    assert list(said["errors"]) == ["gate"]
    assert not Alias.objects.exists()
    deleted = Client().delete(url, **bearer(cast.manager))
    assert deleted.status_code == HTTPStatus.NO_CONTENT
    assert Client().get(url, **bearer(cast.viewer)).status_code == HTTPStatus.NOT_FOUND


def test_pages_set_it_show_it_and_say_why(cast: Cast, make: Make, snapshot: Snapshot) -> None:
    version, client = make(0.5), Client()
    client.force_login(cast.manager)
    page = "/projects/library/gates/"
    asked = {"alias": "champion", "gain": "", "floors": "all = 0,6", "approvals": "0",
             "no_leakage": "on", "snapshot": str(snapshot.pk)}  # fmt: skip
    wrong = client.post(page, asked | {"floors": "all is 0.6"})
    assert "is not of the form" in wrong.content.decode()
    assert client.post(page, asked).status_code == HTTPStatus.FOUND
    gate = Gate.objects.get()
    assert (gate.floors, gate.no_leakage, gate.gain) == (
        [{"slice": "all", "least": 0.6}],
        True,
        None,
    )
    for shown in (client.get(page), client.get(f"{page}?alias=champion")):
        # What is there is in the form: saving it again takes nothing away.
        assert "all = 0.6" in shown.content.decode()
    assert "all = 0.6" not in client.get(f"{page}?alias=challenger").content.decode()
    part = client.get(f"/projects/library/jobs/versions/finder/{version.number}/gates/")
    assert "would refuse" in part.content.decode()
    moved = client.post(
        f"/library/finder/versions/{version.number}/", {"alias": "champion", "reason": "Better."}
    )
    assert "of 0.500 on all test queries (12) is below 0.6." in moved.content.decode()
    assert not Alias.objects.exists()
    viewer = Client()
    viewer.force_login(cast.viewer)
    assert "Save gate" not in viewer.get(page).content.decode()
    assert viewer.post(page, asked).status_code == HTTPStatus.FORBIDDEN
    assert viewer.post(f"{page}champion/delete/").status_code == HTTPStatus.FORBIDDEN
    outsider = Client()
    outsider.force_login(cast.outsider)
    hidden = outsider.get(f"/projects/library/jobs/versions/finder/{version.number}/gates/")
    assert hidden.status_code == HTTPStatus.NOT_FOUND
    assert client.post(f"{page}champion/delete/").status_code == HTTPStatus.FOUND
    assert not Gate.objects.exists()
