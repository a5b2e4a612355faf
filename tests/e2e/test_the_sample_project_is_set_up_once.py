"""The first start sets the sample up; an interrupted one carries on and repeats nothing."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.installation import Installation, claim
from training.sample import judgments_resolve, sample_queries

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
TRAINING = r"sample\s+\| Training its first reranker"


def rows(api: httpx.Client, path: str) -> list[dict[str, Any]]:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_it_is_there_before_its_model_and_is_the_first_visitors(tmp_path: Path) -> None:
    here = Installation(tmp_path / "home", sample=True)
    pooled = [judgment for judgment in judgments_resolve().judgments if judgment.runs]
    with here.up(until=TRAINING) as lines:
        claim(here.base, lines, "grace")
        token = here.command("create_token", "grace", "--scope", "write").splitlines()[-1]
        # A whole project is deleted below, while its first training keeps all cores busy.
        api = httpx.Client(
            base_url=f"{here.base}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        project = "/projects/python-stdlib"
        grades = api.get(f"{project}/").json()["label_scheme"]["grades"]
        assert [grade["value"] for grade in grades] == [0, 1, 2, 3]
        assert len(rows(api, f"{project}/queries/?page_size=500")) == len(sample_queries()) >= 150
        (snapshot,) = rows(api, f"{project}/snapshots/")
        assert snapshot["statistics"]["labels"]["imported"] == len(pooled)
        assert "language model" in str(snapshot["statistics"]["labels"]["source_descriptions"])
        (job,) = rows(api, "/training-jobs/")
        assert job["status"] in ("queued", "running")
    with here.up(until=TRAINING):
        assert len(rows(api, f"{project}/imports/")) == 3
        assert len(rows(api, f"{project}/snapshots/")) == 1
        assert [again["id"] for again in rows(api, "/training-jobs/")] == [job["id"]]
        here.command("doctor")
        assert api.delete(f"{project}/").status_code == 204
        here.command("load_sample")  # as each start does
        assert api.get(f"{project}/").status_code == 404
