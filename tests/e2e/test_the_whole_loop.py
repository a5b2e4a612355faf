"""From an empty folder to an exported reranker, through the API of a real installation."""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sentence_transformers import CrossEncoder

from tests.installation import Installation, claim
from tests.tiny import tiny_cross_encoder

pytestmark = pytest.mark.slow
THINGS = ("list", "file", "socket", "thread", "date", "path", "table", "string", "queue", "clock")
DEEDS = ("open", "sort", "copy", "close")


def triplets() -> bytes:
    """Return 40 triplets, one of them twice: 40 queries, 120 pairs and one repeat of three."""
    rows = [
        {
            "query": f"how to {deed} a {thing}",
            "positive_text": f"{deed} {thing}: does it",
            "negative_texts": [f"{deed} nothing of {thing}s", f"about a {thing}"],
        }
        for thing in THINGS
        for deed in DEEDS
    ]
    return "".join(json.dumps(row) + "\n" for row in [*rows, rows[0]]).encode()


def poll(api: httpx.Client, path: str, done: set[str], seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while True:
        body: dict[str, Any] = api.get(path).json()
        if body["status"] in done:
            return body
        assert time.monotonic() < deadline, body
        time.sleep(0.3)


def test_import_freeze_train_publish_export(tmp_path: Path) -> None:
    here = Installation(tmp_path / "home")
    base = tiny_cross_encoder(tmp_path / "tiny", words=[*THINGS, *DEEDS])
    with here.up() as lines:
        claim(here.base, lines, "grace")
        token = here.command("create_token", "grace", "--scope", "write").splitlines()[-1]
        with httpx.Client(
            base_url=f"{here.base}/api/v1", headers={"Authorization": f"Bearer {token}"}
        ) as api:
            version, folder = loop(api, base, tmp_path)
        check_scores(version, folder)


def loop(api: httpx.Client, base: Path, tmp_path: Path) -> tuple[dict[str, Any], Path]:
    made = api.post("/projects/", json={"slug": "howto", "name": "How to"})
    assert made.status_code == 201, made.text
    sent = api.post(
        "/projects/howto/imports/",
        files={"file": ("triplets.jsonl", triplets())},
        data={"format": "triplets"},
    )
    assert sent.status_code == 202, sent.text
    done = poll(api, f"/projects/howto/imports/{sent.json()['id']}/", {"succeeded", "failed"}, 60)
    assert done["status"] == "succeeded", done
    assert (done["rows_read"], done["rows_created"], done["rows_repeated"]) == (123, 120, 3)

    asked = api.post("/projects/howto/snapshots/", json={"seed": 1})
    assert asked.status_code == 202, asked.text
    path = f"/projects/howto/snapshots/{asked.json()['id']}/"
    snapshot = poll(api, path, {"ready", "failed"}, 60)
    assert snapshot["statistics"]["splits"]["train"]["pairs"] == 96

    recipe = {"num_train_epochs": 2, "learning_rate": 1e-3, "max_length": 32}
    body = {
        "project": "howto",
        "snapshot": snapshot["digest"],
        "base_model": str(base),
        "reranker": "howto",
        "recipe": recipe,
    }
    asked = api.post("/training-jobs/", json=body)
    assert asked.status_code in (201, 202), asked.text
    path = f"/training-jobs/{asked.json()['id']}/"
    job = poll(api, path, {"succeeded", "failed", "cancelled"}, 150)
    assert job["status"] == "succeeded", job
    assert set(job["metrics"]["test"]) >= {"bm25", "base", "model"}
    assert job["metrics"]["test"]["model"]["nDCG@10"]["n"] == 4
    assert api.get(f"{path}events/?after=0").json()

    version: dict[str, Any] = api.get("/rerankers/howto/howto/versions/1/").json()
    assert version["lineage"]["snapshot"] == snapshot["digest"]
    moved = api.put(
        "/rerankers/howto/howto/aliases/champion/", json={"version": 1, "reason": "the first"}
    )
    assert moved.status_code == 200, moved.text
    answer = api.get("/rerankers/howto/howto/versions/1/archive/")
    assert answer.status_code == 200
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path / "model")
    return version, tmp_path / "model"


def check_scores(version: dict[str, Any], folder: Path) -> None:
    found = list(folder.rglob("model.safetensors"))
    assert len(found) == 1
    model = CrossEncoder(str(found[0].parent))
    good, bad = model.predict(
        [("how to open a file", "open file: does it"), ("how to open a file", "about a clock")]
    )
    assert 0 <= bad < good <= 1
    readme = (found[0].parent / "README.md").read_text("utf-8")
    assert version["lineage"]["snapshot"] in readme
