"""Every operation of the OpenAPI document is called on a real project, by everybody who may and may
not, and whatever comes back is what the document says: status, media type, body."""

import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Project
from annotate.services.importing import import_run
from annotate.services.pairing import pairs_make
from annotate.services.snapshots import snapshot_freeze
from models_app.services.rerankers import alias_move
from tests.contract import Contract, Operation
from tests.factory import Cast, bearer, make_user
from tests.models_app.published import make_public, model_folder, publish
from tests.training.held_out import curve_job, doubt_job
from tests.training.jobs import label_project, make_job, run_job, tiny_base
from tests.training.likely import mined_job
from tests.training.scores import scored_here
from training.continuing import Checkpoint
from training.models import TrainingJob
from training.services.erasing import erasure_run
from training.services.jobs import job_cancel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PROJECT: Final = "/api/v1/projects/{slug}/"
RERANKER: Final = "/api/v1/rerankers/{team}/{name}/"
VERSION: Final = f"{RERANKER}versions/{{number}}/"
JOBS: Final = "/api/v1/training-jobs/"
FILES: Final = ("README.md", "config.json", "vocab.txt", "model.safetensors")
UNREADABLE: Final = SimpleUploadedFile("bad.jsonl", b'{"query": "q"}\n')


class Walk:
    """A walk through the API; `values` stand in all paths, `inner` in those of a part of it."""

    def __init__(self, contract: Contract, cast: Cast) -> None:
        self.contract, self.cast = contract, cast
        self.headers = {
            name: bearer(getattr(cast, name))
            for name in ("owner", "manager", "reviewer", "annotator", "viewer", "outsider")
        }
        self.headers["reader"] = bearer(cast.owner, "read")
        self.headers["nobody"] = {}
        self.values: dict[str, Any] = {"slug": cast.project.slug, "team": cast.project.slug}
        self.inner: dict[str, dict[str, Any]] = {}

    def path_values(self, operation: Operation) -> Mapping[str, Any]:
        found = dict(self.values)
        for part, values in self.inner.items():
            found |= values if f"/{part}/" in operation.path else {}
        return found

    def do(self, named: str, body: Any = None, *, by: str = "manager", **options: Any) -> Any:
        """Call the operation of this name; return the parsed body, if it is JSON."""
        operation = self.contract.operation(named)
        values = {**self.path_values(operation), **options.pop("values", {})}
        sent = {**self.headers[by], **options}
        response = self.contract.call(operation, values, body, **sent)
        kind = response.headers.get("Content-Type", "")
        return response.json() if "json" in kind and not response.streaming else None


def imports(walk: Walk) -> None:
    """A file that is read, one that is refused, and one that nobody waits for."""
    pairs = [
        {"query": f"how to read file {row}", "query_id": f"f{row}", "passage": f"open() {row}",
         "label": row % 2, "rank": 1, "score": 7.5, "run": "bm25", "section": row}
        for row in range(4)
    ]  # fmt: skip
    good = SimpleUploadedFile("pairs.jsonl", "\n".join(map(json.dumps, pairs)).encode())
    for file in (UNREADABLE, good):
        fields = {"file": file, "format": "jsonl"}
        made = walk.do(f"POST {PROJECT}imports/", fields, kind="multipart/form-data")
        import_run(import_id=int(made["id"]))
        walk.inner["imports"] = {"id": made["id"]}
        walk.do(f"GET {PROJECT}imports/{{id}}/")
    walk.do(f"POST {PROJECT}imports/{{id}}/cancel/")  # too late
    walk.do(f"POST {PROJECT}imports/", {"format": "jsonl"}, kind="multipart/form-data")
    wrong = SimpleUploadedFile("wrong.jsonl", b"{}")
    made = walk.do(f"POST {PROJECT}imports/", {"file": wrong}, kind="multipart/form-data")
    walk.inner["imports"] = {"id": made["id"]}
    walk.do(f"POST {PROJECT}imports/{{id}}/cancel/")


def judgments(walk: Walk) -> None:
    """People judge, skip, undo, contradict themselves and send what is no answer."""
    label_project(walk.cast.project)
    for blind in (True, False):
        walk.do(f"PATCH {PROJECT}", {"blind": blind})
        items = walk.do(f"POST {PROJECT}tasks/lease/", {"count": 4}, by="annotator")["items"]
        answers: list[dict[str, Any]] = [
            {"id": str(uuid.uuid4()), "candidate": item["candidate"], "grade": row % 2,
             "seconds": 2.5, "comment": "c", "flagged": True, "evidence": [[0, 3]]}
            for row, item in enumerate(items)
        ]  # fmt: skip
        undo = {"id": str(uuid.uuid4()), "withdraw": answers[1]["id"]}
        skip = {**answers[3], "id": str(uuid.uuid4()), "skip": True}
        batch = [*answers[:3], answers[0], {**answers[0], "grade": 0}, undo, skip, {"id": "x"}]
        walk.do(f"POST {PROJECT}judgments/", {"judgments": batch}, by="annotator")
    walk.do(f"POST {PROJECT}judgments/", {"judgments": 7}, by="annotator")
    for name in ("csv", "qrels", "parquet", "beir", "triplets", "pdf"):
        walk.do(f"GET {PROJECT}export/", query={"format": name})
    for name in ("jsonl", "beir"):
        walk.do(f"GET {PROJECT}export/", query={"format": name, "what": "judgments"})


def preferences(walk: Walk) -> None:
    """Pairs are asked for, compared, skipped, undone; and what is no answer is told."""
    walk.do(f"POST {PROJECT}queue/pairs/")  # none are wanted yet
    walk.do(f"PATCH {PROJECT}queue/pairs/", {"on": True, "scheme": "all", "depth": 3})
    walk.do(f"PATCH {PROJECT}queue/pairs/", {"scheme": "some", "depth": 1, "run": "none"})
    walk.do(f"POST {PROJECT}queue/pairs/")
    pairs_make(project_id=walk.cast.project.pk)
    items = walk.do(f"POST {PROJECT}pairs/lease/", {"count": 4}, by="annotator")["items"]
    answers: list[dict[str, Any]] = [
        {"id": str(uuid.uuid4()), "pair": item["pair"], "comment": "c", "flagged": True,
         "left": item["candidates"][0]["candidate"], "seconds": 2.5}
        for item in items
    ]  # fmt: skip
    answers[0]["prefer"] = answers[0]["left"]
    answers[1]["tie"] = answers[2]["skip"] = True
    undo = {"id": str(uuid.uuid4()), "withdraw": answers[1]["id"]}
    batch = [*answers, answers[0], {**answers[0], "flagged": False}, undo, {"id": "x", "n": 1}]
    walk.do(f"POST {PROJECT}preferences/", {"preferences": batch}, by="annotator")
    walk.do(f"POST {PROJECT}preferences/", {"preferences": 7}, by="annotator")
    walk.do(f"POST {PROJECT}pairs/lease/", {"count": 1}, by="annotator")  # what was undone
    walk.do(f"POST {PROJECT}pairs/lease/", {"count": 0}, by="annotator")
    other = {"HTTP_X_ARBITER_PERSON": "0"}
    walk.do(f"POST {PROJECT}pairs/lease/", {}, by="annotator", **other)
    walk.do(f"POST {PROJECT}preferences/", {"preferences": []}, by="annotator", **other)
    walk.do(f"GET {PROJECT}export/", query={"what": "preferences"})
    walk.do(f"GET {PROJECT}progress/details/")


def adjudications(walk: Walk) -> None:
    """A reviewer decides, repeats it, revises it; others come too late or say nothing."""
    one = f"{PROJECT}adjudications/{{candidate}}/"
    items = walk.do(f"GET {PROJECT}candidates/")["results"]
    walk.inner["adjudications"] = {"candidate": items[0]["id"]}
    decision = {"id": str(uuid.uuid4()), "grade": 1, "reason": "It answers."}
    made = walk.do(f"POST {one}", decision, by="reviewer")
    walk.do(f"POST {one}", decision, by="reviewer")
    walk.do(f"POST {one}", {"grade": 0, "reason": "It does not."})
    walk.do(f"POST {one}", {"withdraw": True, "reason": "Ask again.", "replaces": made["id"]})
    walk.do(f"POST {one}", {"grade": 0, "reason": "It does not.", "seconds": 2.5})
    walk.do(f"POST {one}", {"grade": 9})
    walk.do(f"GET {PROJECT}adjudications/", query={"state": "done", "show": "all"})
    walk.do(f"GET {PROJECT}adjudications/", query={"show": "never"})


def views(walk: Walk) -> None:
    """A list is kept under a name, and one that there is not is not deleted."""
    wish = {"listed": "queries", "name": "Open", "parameters": {"show": "open"}}
    made = walk.do(f"POST {PROJECT}views/", wish)
    walk.do(f"POST {PROJECT}views/", {**wish, "listed": "jobs"})
    walk.do(f"GET {PROJECT}views/", query={"listed": "queries"})
    walk.do(f"DELETE {PROJECT}views/{{id}}/", values={"id": made["id"]})
    walk.inner["views"] = {"id": walk.do(f"POST {PROJECT}views/", wish)["id"]}


def slices(walk: Walk) -> None:
    """A slice is made, changed and removed; one that asks for nothing is refused."""
    wish = {"name": "Long ones", "conditions": {"least": 3}}
    made = walk.do(f"POST {PROJECT}slices/", wish)
    walk.do(f"POST {PROJECT}slices/", {**wish, "conditions": {}})
    walk.do(f"GET {PROJECT}slices/")
    path = f"{PROJECT}slices/{{id}}/"
    walk.do(f"PUT {path}", {**wish, "name": "Longer ones"}, values={"id": made["id"]})
    walk.do(f"PUT {path}", {"name": ""}, values={"id": made["id"]})
    walk.do(f"DELETE {path}", values={"id": made["id"]})
    walk.inner["slices"] = {"id": walk.do(f"POST {PROJECT}slices/", wish)["id"]}


def bulks(walk: Walk) -> None:
    """Many are withdrawn, and what makes no sense is refused."""
    key = int(walk.do(f"GET {PROJECT}candidates/")["results"][0]["id"])
    wish = {"listed": "candidates", "deed": "withdraw", "reason": "Off topic.", "keys": [key]}
    made = walk.do(f"POST {PROJECT}bulk/", wish)
    walk.do(f"POST {PROJECT}bulk/", {**wish, "deed": "assign"})
    walk.do(f"GET {PROJECT}bulk/")
    walk.inner["bulk"] = {"id": made["id"]}
    walk.do(f"GET {PROJECT}bulk/{{id}}/")


def queue(walk: Walk) -> None:
    """The queue is set, with gold candidates, a group and what is assigned to it."""
    candidate = walk.do(f"GET {PROJECT}candidates/")["results"][0]
    walk.do(f"PATCH {PROJECT}queue/", {"strategy": "query", "gold_rate": 0.1})
    walk.do(f"PATCH {PROJECT}queue/", {"strategy": "best", "run": "none"})
    gold = {"candidate": int(candidate["id"]), "grade": 1, "explanation": "clear"}
    walk.do(f"POST {PROJECT}golds/", {"golds": [gold], "adjudicated": True})
    walk.do(f"POST {PROJECT}golds/", {"golds": [{**gold, "grade": 9}]})
    walk.do(f"GET {PROJECT}golds/")
    walk.inner["golds"] = {"candidate": gold["candidate"]}
    walk.do(f"DELETE {PROJECT}golds/{{candidate}}/")
    people = [walk.cast.annotator.username]
    made = walk.do(f"POST {PROJECT}groups/", {"name": "night", "people": people})
    walk.inner["groups"] = {"id": made["id"]}
    walk.do(f"PUT {PROJECT}groups/{{id}}/", {"name": "day", "people": people})
    walk.do(f"PUT {PROJECT}groups/{{id}}/", {"name": "", "people": ["never"]})
    wish = {"queries": [int(candidate["query"])], "groups": [int(made["id"])]}
    walk.do(f"POST {PROJECT}assignments/", wish)
    walk.do(f"POST {PROJECT}assignments/", {"people": ["never"]})
    walk.do(f"GET {PROJECT}assignments/")
    walk.do(f"DELETE {PROJECT}groups/{{id}}/")


def snapshots(walk: Walk) -> None:
    """One that is frozen, and one that waits."""
    made = walk.do(f"POST {PROJECT}snapshots/", {"seed": 7, "policy": {"resolve": "mean"}})
    snapshot_freeze(snapshot_id=int(made["id"]))
    walk.inner["snapshots"] = {"reference": made["id"], "name": "manifest.json"}
    walk.do(f"POST {PROJECT}snapshots/", {})
    walk.do(f"POST {PROJECT}snapshots/", {"policy": {"resolve": "guess"}, "splits": {"x": 1}})


def corpus(walk: Walk) -> None:
    """What is added, edited, withdrawn, restored and erased by hand; and what is refused."""
    made: dict[str, str] = {}
    for part, more in (("queries", {}), ("passages", {"title": "T"})):
        path = f"{PROJECT}{part}/"
        body = {"text": f"new {part}", "external_id": f"by-hand-{part}", **more}
        made[part] = walk.do(f"POST {path}", body)["id"]
        walk.inner[part] = {"id": made[part]}
        for refused in (body, {"text": ""}):
            walk.do(f"POST {path}", refused)
        for text in (f"newer {part}", "too late"):
            walk.do(f"PATCH {path}{{id}}/", {"revision": 1, "text": text})
        walk.do(f"GET {path}", query={"q": "newer"})
    pair = {"query": made["queries"], "passage": made["passages"]}
    walk.inner["candidates"] = {"id": walk.do(f"POST {PROJECT}candidates/", pair)["id"]}
    walk.do(f"POST {PROJECT}candidates/", pair)
    for part in ("queries", "passages", "candidates"):
        for reason in ("", "Off topic."):
            walk.do(f"POST {PROJECT}{part}/{{id}}/withdraw/", {"reason": reason})
        walk.do(f"POST {PROJECT}{part}/{{id}}/restore/", {})
    for part in ("queries", "passages"):
        for body in ({}, {"reason": "Asked for."}, {"reason": "Asked for."}):
            erasure = walk.do(f"POST {PROJECT}{part}/{{id}}/erase/", body)
            if "id" in erasure:
                walk.inner["erasures"] = {"id": erasure["id"]}
                erasure_run(erasure_id=int(erasure["id"]))
    walk.do(f"GET {PROJECT}erasures/{{id}}/versions/")
    walk.do(f"POST {PROJECT}erasures/{{id}}/lift/")


def jobs(walk: Walk, folder: Path) -> None:
    """A job that trains and publishes, one that is cancelled, and wishes that are refused."""
    cast = walk.cast
    job = make_job(cast, tiny_base(folder), reranker="finder")
    assert run_job(job).returncode == 0
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    walk.values |= {"name": "finder", "number": 1, "alias": "champion", "path": FILES[0]}
    body = {"project": cast.project.slug, "snapshot": walk.inner["snapshots"]["reference"]}
    asked = walk.do(f"POST {JOBS}", {**body, "recipe": {"max_steps": 3}})
    walk.inner["training-jobs"] = {"id": asked["id"]}
    for _ in range(2):
        walk.do(f"POST {JOBS}{{id}}/cancel/")
    continued(walk)
    score = {"project": cast.project.slug, "kind": "score", "base_model": f"{job.reranker}@v1"}
    scores = walk.do(f"POST {JOBS}", {**score, "recipe": {"candidates": "unjudged"}})
    scored_here(TrainingJob.objects.get(pk=scores["id"]), folder)
    walk.do(f"GET {JOBS}{{id}}/", values={"id": scores["id"]})
    walk.do(f"POST {JOBS}", {**score, "snapshot": "1", "recipe": {"per_query": 0}})
    walk.do(f"POST {JOBS}", {**body, "recipe": {"seed": -1, "lr": 1}})
    walk.do(f"POST {JOBS}", {**body, "project": "never"})
    walk.do(f"GET {JOBS}", query={"project": "never"})
    walk.do(f"GET {JOBS}{{id}}/")
    walk.do(f"GET {JOBS}{{id}}/events/", query={"after": 1})
    walk.do(f"GET {JOBS}compare/", query={"jobs": f"{job.pk},{asked['id']}"})
    walk.do(f"GET {JOBS}compare/", query={"jobs": "one"})
    walk.do(f"GET {JOBS}compare/", query={"jobs": f"{job.pk},{uuid.uuid4()}"})
    mined = {"id": mined_job(cast, 3, job.snapshot).pk}
    for _ in range(2):
        walk.do(f"POST {JOBS}{{id}}/likely/offer/", values=mined)
    walk.do(f"GET {JOBS}{{id}}/likely/", values=mined)
    walk.do(f"GET {JOBS}{{id}}/", values=mined)
    walk.do(f"POST {JOBS}{{id}}/likely/offer/", values={"id": job.pk})
    for each in (doubt_job(cast, snapshot=job.snapshot), curve_job(cast, job.snapshot)):
        known: dict[str, Any] = {"values": {"id": each.pk}}
        walk.do(f"GET {JOBS}{{id}}/", **known)
        walk.do(f"GET {JOBS}{{id}}/doubts/", **known)
        walk.do(f"GET {JOBS}{{id}}/doubts/precision/", **known)
        for wish in ({"first": 3}, {"doubts": [0]}, {}):
            walk.do(f"POST {JOBS}{{id}}/doubts/send/", wish, **known)
    walk.do(f"POST {JOBS}", {**body, "kind": "curve", "recipe": {"sizes": 1}})
    measure = {**body, "kind": "evaluate", "base_model": f"{job.reranker}@v1"}
    for _ in range(2):  # asked for once, whoever asks again
        evaluation = walk.do(f"POST {JOBS}", measure)
    walk.do(f"GET {JOBS}{{id}}/", values={"id": evaluation["id"]})
    assert run_job(TrainingJob.objects.get(pk=evaluation["id"])).returncode == 0
    walk.do(f"GET {JOBS}{{id}}/", values={"id": evaluation["id"]})
    Project.objects.update(waiting_jobs=1)
    for _ in range(2):  # one more than may wait
        walk.do(f"POST {JOBS}", {**score, "recipe": {"run": "again"}})
    walk.inner["training-jobs"] = {"id": job.pk}
    walk.do(f"POST {JOBS}{{id}}/cancel/")


def continued(walk: Walk) -> None:
    """The cancelled job has kept nothing, and another one a checkpoint."""
    walk.do(f"POST {JOBS}{{id}}/continue/")
    asked = TrainingJob.objects.get(pk=walk.inner["training-jobs"]["id"])
    fields = ("project_id", "snapshot_id", "reranker_id", "base_model", "recipe")
    same = {name: getattr(asked, name) for name in fields}
    checkpoint = Checkpoint(1, 3, None, None, "host").to_dict()
    job = TrainingJob.objects.create(id=uuid.uuid4(), checkpoint=checkpoint, **same)
    job_cancel(job=job, by=walk.cast.manager)
    for _ in range(2):
        walk.do(f"POST {JOBS}{{id}}/continue/", values={"id": job.pk})
    walk.do(f"GET {JOBS}{{id}}/", values={"id": job.pk})
    for waiting in TrainingJob.objects.filter(continues=job):
        job_cancel(job=waiting, by=walk.cast.manager)


def registry(walk: Walk, folder: Path) -> None:
    """A second version, reviews, an alias that has moved; everything but people is public."""
    second = publish(walk.cast.project, folder / "second", by=walk.cast.owner)
    make_public(second.reranker)
    first = second.reranker.versions.get(number=1)
    alias_move(reranker=second.reranker, name="champion", version=first, reason="x", by_setup=True)
    for version, expected in (("v2", None), ("2", 1), ("", 2)):
        move = {"version": version, "reason": "It is better.", "expected": expected}
        walk.do(f"PUT {RERANKER}aliases/{{alias}}/", move)
    for named in (
        {"judge": walk.cast.reviewer.username},
        {"query": "q1"},
        {"passage": "never"},
        {},
    ):
        walk.do(f"GET {PROJECT}reach/", query=named)
    gate = f"{PROJECT}gates/{{alias}}/"
    floors = [{"slice": "all", "least": 2.0}]
    for asks in ({"approvals": 2, "gain": 0.1}, {"floors": floors}, {"snapshot": "never"}):
        walk.do(f"PUT {gate}", asks)
    walk.do(f"GET {VERSION}gates/", query={"alias": "champion"})
    walk.do(f"GET {VERSION}gates/", values={"number": 2})
    challenged = {"version": "3", "reason": "It is better."}
    walk.do(f"PUT {RERANKER}aliases/{{alias}}/", challenged)
    for _ in range(2):
        walk.do(f"DELETE {gate}")
    walk.do(f"PUT {gate}", {"approvals": 1})
    for review in ({"verdict": "approve"}, {"verdict": "reject"}):
        walk.do(f"POST {VERSION}reviews/", review, by="reviewer")
    walk.do(f"PATCH {RERANKER}", {"description": "Finds."})
    for path in (*FILES, "never.txt"):
        walk.do(f"GET {VERSION}files/{{path}}", values={"path": path})
    walk.do(f"GET {VERSION}archive/", HTTP_IF_NONE_MATCH="*")
    walk.do(f"GET {VERSION}", values={"number": 2})
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for file in model_folder(folder / "elsewhere").iterdir():
            packed.write(file, file.name)
    for content in (made.getvalue(), b"no zip"):
        sent = {"file": SimpleUploadedFile("theirs.zip", content)}
        walk.do(f"POST {RERANKER}versions/", sent, kind="multipart/form-data")
    walk.do(f"GET {VERSION}", values={"number": 3})
    walk.do(f"GET {RERANKER}compare/", query={"a": "1"})
    found = walk.do(f"GET {VERSION}queries/", query={"against": "bm25", "first": "gains"})
    for name in (found["results"][0]["query_id"], "never"):
        walk.do(f"GET {VERSION}queries/rankings/", query={"query": name, "against": "bm25"})
    walk.do(f"GET {VERSION}queries/", query={"first": "never", "limit": 0})
    walk.do(f"GET {VERSION}queries/", values={"number": 2})


def people(walk: Walk) -> None:
    """Projects and members, good and bad."""
    new = make_user("newcomer")
    walk.values["username"] = new.username
    walk.do(f"POST {PROJECT}members/", {"user": new.username, "role": "viewer"})
    walk.do(f"POST {PROJECT}members/", {"user": "never", "role": "king"})
    walk.do("POST /api/v1/projects/", {"slug": "second", "name": "Second"})
    grades = [{"value": 0, "name": "No"}, {"value": 11, "name": "", "colour": 1}]
    bad = {"slug": "a b", "label_scheme": {"grades": grades}}
    walk.do("POST /api/v1/projects/", bad)


def reads(walk: Walk) -> None:
    """Call every GET as everybody who may see what is there, and turn its pages."""
    for operation in walk.contract.operations:
        if operation.method != "GET":
            continue
        values = walk.path_values(operation)
        query = dict.fromkeys(operation.needs, "1")
        for name in ("owner", "viewer", "annotator", "outsider", "reader", "nobody"):
            walk.contract.call(operation, values, query=query, **walk.headers[name])
        if operation.paged:
            for order in ({"page_size": 1}, {"page_size": 0}, {"cursor": "x"}):
                walk.contract.call(operation, values, query=order, **walk.headers["owner"])
        if operation.asks:
            unknown = {**query, "format": "yaml", "never": "1"}
            walk.contract.call(operation, values, query=unknown, **walk.headers["owner"])
        page = {"HTTP_ACCEPT": "text/html", **walk.headers["owner"]}
        walk.contract.call(operation, values, query=query, **page)


def refusals(walk: Walk) -> None:
    """Who may not: told as the document tells it, whatever the call."""
    for operation in walk.contract.operations:
        values = walk.path_values(operation)
        never = {**values, **dict.fromkeys(values.keys() - {"number", "id"}, "never")}
        query = dict.fromkeys(operation.needs, "1")
        anonymous = walk.contract.call(operation, values, {}, query=query)
        assert (anonymous.status_code != 401) is operation.open, operation
        for name in ("owner", "nobody"):
            walk.contract.call(operation, never, {}, query=query, **walk.headers[name])
        if operation.method == "GET":
            continue
        for name in ("outsider", "reader", "viewer"):
            walk.contract.call(operation, values, {}, **walk.headers[name])
        if operation.sends:
            sent = walk.contract.call(
                operation, values, "<x/>", kind="text/xml", **walk.headers["reviewer"]
            )
            assert sent.status_code in {403, 415}, operation
            sent = walk.contract.call(
                operation, values, "<x/>", kind="text/xml", **walk.headers["owner"]
            )
            assert sent.status_code == 415, operation


def test_every_operation_answers_as_documented(client: Client, cast: Cast, tmp_path: Path) -> None:
    contract = Contract(client)
    walk = Walk(contract, cast)
    imports(walk)
    judgments(walk)
    adjudications(walk)
    preferences(walk)
    queue(walk)
    views(walk)
    slices(walk)
    bulks(walk)
    snapshots(walk)
    corpus(walk)
    jobs(walk, tmp_path)
    registry(walk, tmp_path)
    people(walk)
    reads(walk)
    refusals(walk)
    walk.do(f"DELETE {PROJECT}members/{{username}}/")
    walk.do(f"DELETE {PROJECT}members/{{username}}/", values={"username": cast.owner.username})
    walk.do(f"DELETE {PROJECT}", by="owner")
    faults = "\n".join(sorted(set(contract.faults)))
    assert not faults, faults
    missed = set(contract.operations) - contract.fulfilled
    assert sorted(map(str, missed)) == [], "no call of these was answered with success"
