"""A snapshot is reproducible byte for byte, and never changes."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.blobs import blob_open
from accounts.models import Project
from accounts.services import project_create, project_delete
from annotate.models import Snapshot, SnapshotKey, SnapshotStatus
from annotate.services.bell import COPIES, SNAPSHOT
from annotate.services.snapshots import snapshot_create, snapshot_freeze, snapshots_requeue
from tests.annotate.bells import bells_taken
from tests.factory import (
    PASSWORD,
    Cast,
    bearer,
    make_candidate,
    make_label,
    make_passage,
    make_proposal,
    make_query,
)

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/projects/library/snapshots/"
JSON = "application/json"


def fill(project: Project, queries: int = 20) -> None:
    for q in range(queries):
        query = make_query(
            project, f"Question {q * 7919} of {chr(97 + q)}{chr(122 - q)}{q}", f"q{q}"
        )
        for p in range(3):
            passage = make_passage(project, f"Passage {p} for {q}: ☃", f"q{q}p{p}", title=f"T{p}")
            candidate = make_candidate(query, passage)
            make_label(candidate, grade=int(p == 0))
            make_proposal(candidate, "search", rank=3 - p)


def frozen(project: Project, **how: Any) -> Snapshot:
    snapshot = snapshot_create(project=project, created_by=None, **how)
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    return snapshot


def lines(snapshot: Snapshot, split: str) -> list[dict[str, Any]]:
    with blob_open(snapshot.files[f"{split}.jsonl"]["sha256"]) as source:
        return [json.loads(line) for line in source]


def test_it_holds_every_labelled_pair_once_split_by_query(cast: Cast) -> None:
    fill(cast.project)
    snapshot = frozen(cast.project)
    assert snapshot.status == SnapshotStatus.READY
    rows = {split: lines(snapshot, split) for split in ("train", "dev", "test")}
    assert {split: len(found) for split, found in rows.items()} == {
        "train": 48,
        "dev": 6,
        "test": 6,
    }
    queries = [{row["query_id"] for row in found} for found in rows.values()]
    assert sum(map(len, queries)) == 20 == len(set.union(*queries))
    first = rows["train"][0]
    assert first["rank"] == 3
    assert (first["title"], first["relevant"], first["target"]) == ("T0", True, 1.0)
    statistics = snapshot.statistics["splits"]["train"]
    assert (statistics["pairs"], statistics["positives"]) == (48, 16)
    assert statistics["label_mean"] == pytest.approx(1 / 3, abs=1e-3)
    assert statistics["passage_characters"]["min"] == len("Passage 0 for 0: ☃")


def test_the_same_judgments_give_the_same_bytes_in_another_database_row_order(cast: Cast) -> None:
    fill(cast.project)
    first, again = frozen(cast.project), frozen(cast.project)
    assert first.digest == again.digest
    assert first.files == again.files
    assert frozen(cast.project, seed=7).digest != first.digest
    make_label(make_candidate(make_query(cast.project, "New"), make_passage(cast.project, "n")), 1)
    assert frozen(cast.project).digest != first.digest
    key = SnapshotKey.objects.get(project=cast.project).key
    project_delete(project=cast.project)
    twin = project_create(slug="library", name="Library", owner=cast.owner)
    fill(twin)
    assert frozen(twin).digest != first.digest  # salted by another key
    SnapshotKey.objects.filter(project=twin).update(key=key)
    assert frozen(twin).digest == first.digest


def test_a_frozen_snapshot_cannot_be_updated(cast: Cast) -> None:
    fill(cast.project)
    snapshot = frozen(cast.project)
    with pytest.raises(IntegrityError, match="is frozen"), transaction.atomic():
        Snapshot.objects.filter(pk=snapshot.pk).update(seed=1)


def test_freezing_twice_changes_nothing_and_unfinished_ones_are_rung_for_again(cast: Cast) -> None:
    bells_taken()
    fill(cast.project)
    snapshot = frozen(cast.project)
    moment = snapshot.frozen_at
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.frozen_at == moment
    waiting = snapshot_create(project=cast.project, created_by=None)
    assert bells_taken() == [
        (SNAPSHOT, snapshot.pk),
        (COPIES, snapshot.pk),
        (SNAPSHOT, waiting.pk),
    ]
    snapshots_requeue()
    assert bells_taken() == [(SNAPSHOT, waiting.pk)]


def test_near_identical_queries_stay_together_and_are_reported(cast: Cast) -> None:
    fill(cast.project)
    for number, text in enumerate(
        ["how to sort a list", "How to sort a list?", "list sort a to how"]
    ):
        query = make_query(cast.project, text, f"twin{number}")
        make_label(make_candidate(query, make_passage(cast.project, f"sorted {number}")), 1)
    snapshot = frozen(cast.project, splits={"train": 0.4, "dev": 0.3, "test": 0.3})
    homes = {
        split
        for split in ("train", "dev", "test")
        for row in lines(snapshot, split)
        if row["query_id"].startswith("twin")
    }
    assert len(homes) == 1
    (finding,) = [found for found in snapshot.findings if found["kind"] == "twin_queries"]
    assert (finding["count"], finding["of"]) == (3, 23)


def test_queries_without_a_word_stay_together_where_they_are_equal(cast: Cast) -> None:
    fill(cast.project)
    texts = ("!=", " != ", "== >", "==\u2003>", "Ünïcode  !", "üNÏCODE !")
    for number, text in enumerate(texts):
        query = make_query(cast.project, text, f"sign{number}")
        make_label(make_candidate(query, make_passage(cast.project, f"sign {number}")), 1)
    snapshot = frozen(cast.project, splits={"train": 0.4, "dev": 0.3, "test": 0.3})
    homes = {
        row["query_id"]: split
        for split in ("train", "dev", "test")
        for row in lines(snapshot, split)
    }
    assert homes["sign0"] == homes["sign1"]
    assert homes["sign2"] == homes["sign3"]
    assert homes["sign4"] == homes["sign5"]


def test_nothing_to_freeze_and_too_few_queries_say_so(cast: Cast) -> None:
    empty = frozen(cast.project)
    assert (empty.status, empty.digest) == (SnapshotStatus.FAILED, None)
    assert "no judgments" in empty.error
    fill(cast.project, queries=2)
    few = frozen(cast.project)
    assert few.status == SnapshotStatus.FAILED
    assert "2 judged queries are too few" in few.error


def test_the_api_freezes_and_finds_by_id_and_digest(client: Client, cast: Cast) -> None:
    fill(cast.project)
    answer = client.post(PATH, {"seed": 3}, JSON, **bearer(cast.manager))
    assert answer.status_code == 202, answer.content
    number = answer.json()["id"]
    snapshot_freeze(snapshot_id=int(number))
    shown = client.get(f"{PATH}{number}/", **bearer(cast.viewer)).json()
    assert shown["status"] == "ready"
    assert client.get(f"{PATH}{shown['digest']}/", **bearer(cast.viewer)).json() == shown


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"policy": {"resolve": "loudest"}}, "policy"),
        ({"policy": {"unknown": 1}}, "policy"),
        ({"policy": {"first_stage_run": "nobody"}}, "policy"),
        ({"splits": {"train": 0.5, "dev": 0.1}}, "splits"),
        ({"splits": {"all": 1.0}}, "splits"),
        ({"splits": {"train": "nan", "dev": 0.5, "test": 0.5}}, "splits"),
        ({"splits": {"train": 10**400, "dev": 0, "test": 0}}, "splits"),
        ({"policy": {"resolve": []}}, "policy"),
        ({"policy": {"resolve": {}}}, "policy"),
        ({"policy": {"soft": "maybe"}}, "policy"),
        ({"policy": {"trust": ["library-owner"]}}, "policy"),
        ({"policy": {"resolve": "most_trusted", "trust": ["library-outsider"]}}, "policy"),
        ({"policy": {"resolve": "most_trusted", "trust": ["library-owner"] * 2}}, "policy"),
        ({"policy": {"first_stage_run": ["search"]}}, "policy"),
        ({"policy": {"first_stage_run": {"a": 1}}}, "policy"),
        ({"policy": {"first_stage_run": "a\x00b"}}, "policy"),
        ({"seed": "x"}, "seed"),
        ({"seed": 2**40}, "seed"),
        ({"seed": -1}, "seed"),
    ],
)
def test_bad_wishes_are_named_by_field(
    client: Client, cast: Cast, body: dict[str, Any], field: str
) -> None:
    answer = client.post(PATH, body, JSON, **bearer(cast.owner))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_the_form_offers_the_projects_runs_and_takes_one(client: Client, cast: Cast) -> None:
    fill(cast.project, queries=1)
    client.login(username=cast.manager.username, password=PASSWORD)
    page = client.get("/projects/library/snapshots/").content.decode()
    assert page.count('name="first_stage_run"') == 1
    assert "Whose ranks are the first stage" in page
    form = {"resolve": "mean", "seed": 5, "train": 0.8, "dev": 0.1, "test": 0.1}
    sent = {**form, "first_stage_run": "search"}
    assert client.post("/projects/library/snapshots/", sent).status_code == 302
    policy = {"resolve": "mean", "soft": False, "first_stage_run": "search"}
    assert Snapshot.objects.get().policy == policy
    other = client.post("/projects/library/snapshots/", {**form, "first_stage_run": "nobody"})
    assert "Select a valid choice" in other.content.decode()
    huge = client.post("/projects/library/snapshots/", {**sent, "seed": 2**40})
    assert "A seed is a whole number" in huge.content.decode()


def test_who_may_freeze_and_who_may_see(client: Client, cast: Cast) -> None:
    assert client.post(PATH, {}, JSON).status_code == 401
    assert client.post(PATH, {}, JSON, **bearer(cast.annotator)).status_code == 403
    assert client.post(PATH, {}, JSON, **bearer(cast.outsider)).status_code == 404
    assert client.get(f"{PATH}99/", **bearer(cast.outsider)).status_code == 404
    assert client.put(PATH, {}, JSON, **bearer(cast.owner)).status_code == 405
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert client.post("/projects/library/snapshots/", {}).status_code == 403


def test_the_run_that_was_frozen_is_kept_by_name(cast: Cast) -> None:
    fill(cast.project)
    query, passage = make_query(cast.project, "New"), make_passage(cast.project, "new")
    make_proposal(make_candidate(query, passage), "smaller", 1)
    assert frozen(cast.project).statistics["first_stage_run"] == "search"
    chosen = frozen(cast.project, policy={"first_stage_run": "smaller"})
    assert chosen.statistics["first_stage_run"] == "smaller"


def test_snapshots_of_one_project_are_told_apart_by_their_shares(
    client: Client, cast: Cast
) -> None:
    fill(cast.project)
    snapshot = frozen(cast.project, splits={"train": 0.9, "dev": 0.05, "test": 0.05})
    frozen(cast.project)
    client.force_login(cast.viewer)
    listed = client.get("/projects/library/snapshots/").content.decode()
    for shares in ("0.9 / 0.05 / 0.05", "0.8 / 0.1 / 0.1"):
        assert listed.count(shares) == 1
    page = client.get(f"/projects/library/snapshots/{snapshot.pk}/").content.decode()
    assert "0.9 / 0.05 / 0.05" in page
    assert "first stage: run “search”" in page


def test_what_shares_add_up_to_is_said(cast: Cast) -> None:
    with pytest.raises(ValidationError) as refused:
        snapshot_create(
            project=cast.project, created_by=None,
            splits={"train": 0.8, "dev": 0.3, "test": 0.2},
        )  # fmt: skip
    assert refused.value.message_dict["splits"] == ["Shares must add up to 1; these add up to 1.3."]
