"""What was measured is kept, measured again after any change, and called old until that is done."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import Grade
from accounts.services import project_delete, project_update
from annotate.models import AgreementReport, Candidate
from annotate.services import agreement as service
from annotate.services.bell import AGREEMENT
from annotate.tasks import agreement_measure
from tests.annotate.bells import bells_taken
from tests.annotate.judging import grade, record
from tests.factory import PASSWORD, Cast, bearer, make_label, make_proposal, make_queue

API = "/api/v1/projects/library/agreement/"
PAGE = "/projects/library/agreement/"


@pytest.fixture
def queue(cast: Cast) -> list[Candidate]:
    project_update(project=cast.project, overlap=2)
    queue = make_queue(cast.project, queries=4, passages=3)
    for person in (cast.annotator, cast.reviewer):
        record(cast.project, person, *(grade(row, at % 2) for at, row in enumerate(queue[:8])))
    return queue


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any project is one that a worker measures."""
    monkeypatch.setattr(service, "AT_ONCE_MAX", 0)
    bells_taken()


def changes(cast: Cast, queue: list[Candidate]) -> dict[str, Callable[[], Any]]:
    return {
        "a judgment": lambda: record(cast.project, cast.annotator, grade(queue[8], 1)),
        "a changed grade": lambda: record(cast.project, cast.annotator, grade(queue[0], 1)),
        "a label": lambda: make_label(queue[0], 1),
        "a run": lambda: make_proposal(queue[0], "bm25", 1),
        "a grade's meaning": lambda: Grade.objects.filter(value=1).update(relevant=False),
        "a withdrawal": lambda: Candidate.objects.filter(pk=queue[0].pk).update(
            withdrawn_at=timezone.now()
        ),
    }


def test_every_change_is_measured_and_nothing_else(
    client: Client, cast: Cast, queue: list[Candidate]
) -> None:
    reader = bearer(cast.viewer, "read")
    seen = [client.get(API, **reader).json()["measured_at"]]
    for name, change in changes(cast, queue).items():
        assert client.get(API, **reader).json()["measured_at"] == seen[-1], f"before {name}"
        change()
        body = client.get(API, **reader).json()
        assert body["current"], name
        assert body["measured_at"] not in seen, name
        seen.append(body["measured_at"])


def test_a_large_project_is_measured_by_a_worker_that_is_asked_once(
    client: Client,
    cast: Cast,
    queue: list[Candidate],
    large: None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = [client.get(API, **bearer(cast.viewer)).json() for _ in range(2)]
    assert [(body["figures"], body["measuring"]) for body in first] == [(None, True)] * 2
    report = AgreementReport.objects.get(project=cast.project)
    assert bells_taken() == [(AGREEMENT, report.pk)]
    for _ in range(2):  # a message may come twice
        agreement_measure(report.pk)
    body = client.get(API, **bearer(cast.viewer)).json()
    assert (body["current"], body["measuring"]) == (True, False)
    assert body["figures"]["percent"]["units"] == 8
    record(cast.project, cast.annotator, grade(queue[8], 1))
    body = client.get(API, **bearer(cast.viewer)).json()
    assert (body["current"], body["measuring"], body["judgments"]) == (False, False, 16)
    # It rests a while, since people go on judging; then the next reader asks.
    AgreementReport.objects.update(measured_at=Now() - timedelta(minutes=2))
    body = client.get(API, **bearer(cast.viewer)).json()
    assert (body["current"], body["measuring"], body["judgments"]) == (False, True, 16)


def test_the_page_says_that_it_waits_or_is_old(
    client: Client, cast: Cast, queue: list[Candidate], large: None
) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    assert "A worker is measuring" in client.get(PAGE).content.decode()
    agreement_measure(AgreementReport.objects.get(project=cast.project).pk)
    current = client.get(PAGE).content.decode()
    assert "These figures are old" not in current
    assert "every 4s" not in current
    record(cast.project, cast.annotator, grade(queue[8], 1))
    resting = client.get(PAGE).content.decode()
    assert "These figures are old" in resting
    assert "every 4s" not in resting
    AgreementReport.objects.update(measured_at=Now() - timedelta(minutes=2))
    fragment = client.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith('<article id="agreement" hx-get="/projects/library/agree')


def test_who_was_asked_in_vain_is_asked_again_for_an_hour(cast: Cast, large: None) -> None:
    rows = [
        AgreementReport.objects.create(
            project=cast.project, with_imported=flag, asked_at=Now() - timedelta(minutes=minutes)
        )
        for flag, minutes in ((False, 6), (True, 61))
    ]
    service.agreements_requeue()
    assert bells_taken() == [(AGREEMENT, rows[0].pk)]


def test_it_leaves_with_its_project(client: Client, cast: Cast, queue: list[Candidate]) -> None:
    client.get(API, **bearer(cast.viewer))
    assert AgreementReport.objects.count() == 1
    project_delete(project=cast.project)
    assert AgreementReport.objects.count() == 0
    agreement_measure(1)  # a message that comes too late
