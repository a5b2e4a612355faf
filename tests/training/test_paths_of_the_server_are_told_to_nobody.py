"""Neither the API nor a job's messages show where files lie on the server."""

from pathlib import Path

import pytest
from django.test import Client

from tests.factory import Cast, bearer
from tests.models_app.published import model_folder
from tests.training.jobs import make_job, ready_snapshot
from training.paths import paths_hidden
from training.process.reporting import JobReporter
from training.services.claims import job_claim
from training.services.moves import job_fail


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Cannot read /srv/models/tiny/config.json.", "Cannot read config.json."),
        ("No such file: '/srv/models/tiny' (errno 2)", "No such file: 'tiny' (errno 2)"),
        ('No weights in directory "/srv/a/b/".', 'No weights in directory "…".'),
        ("See https://huggingface.co/team/name and team/name@v1", None),
        ("1/2 of and/or, 3 / 4, /", None),
        ("Cannot read /srv/Arbiter data/team x/private/model.bin now", "Cannot read model.bin now"),
        ("No '/srv/a b c d e/f/my model.bin'; \"/x y/z\"", "No 'my model.bin'; \"z\""),
        ("Copy /srv/a/b to /srv/c/d.", "Copy b to d."),
        (
            "Of /srv/models/base the folder holds no file tokenizer/vocab.txt",
            "Of base the folder holds no file tokenizer/vocab.txt",
        ),
    ],
)
def test_a_path_keeps_its_last_part(text: str, shown: str | None) -> None:
    assert paths_hidden(text) == (text if shown is None else shown)


@pytest.mark.django_db
def test_a_job_on_a_folder_shows_no_path(client: Client, cast: Cast, tmp_path: Path) -> None:
    base = model_folder(tmp_path / "tiny")
    job = make_job(cast, str(base), snapshot=ready_snapshot(cast.project))
    claim = job_claim(job_id=job.pk, worker="host:1")
    assert claim is not None
    job_fail(claim=claim, message=f"Error no file in {base}; look there.")
    for path in ("", f"{job.pk}/", f"{job.pk}/events/"):
        answer = client.get(f"/api/v1/training-jobs/{path}", **bearer(cast.viewer))
        assert answer.status_code == 200
        assert str(tmp_path) not in answer.content.decode()
    shown = client.get(f"/api/v1/training-jobs/{job.pk}/", **bearer(cast.viewer)).json()
    assert (shown["base_model"], shown["error"]) == ("tiny", "Error no file in tiny; look there.")


def test_a_line_of_the_log_shows_no_path() -> None:
    reporter = JobReporter()
    reporter.log("Read /srv/models/tiny/config.json")
    ((_, data),) = reporter.drain().events
    assert data == {"line": "Read config.json"}
