"""Progress: counted figures with what they are out of, for every member."""

from datetime import datetime, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.services import project_update
from annotate.selectors.progress import project_progress
from tests.annotate.judging import grade, record, skip
from tests.factory import PASSWORD, Cast, bearer, make_label, make_queue

API = "/api/v1/projects/library/progress/"


def test_figures_and_what_they_are_out_of(client: Client, cast: Cast) -> None:
    queue = make_queue(cast.project)
    project_update(project=cast.project, overlap=2)
    record(cast.project, cast.annotator, grade(queue[0], 1), grade(queue[1], 0), skip(queue[2]))
    record(cast.project, cast.reviewer, grade(queue[0], 1))
    make_label(queue[3], 1)
    make_label(queue[3], 0, "more labels")
    queue[5].withdrawn_at = timezone.now()
    queue[5].save()
    figures = client.get(API, **bearer(cast.viewer, scope="read")).json()
    assert timezone.now() - datetime.fromisoformat(figures.pop("counted_at")) < timedelta(minutes=1)
    assert figures == {
        "candidates": 5,
        "judged": 2,
        "judgments": 3,
        "wanted": 10,
        "remaining": 7,
        "skipped": 1,
        "people": 2,
        "judges": 4,
        "imported": 2,
        "labelled": 1,
        "n": {
            "judged": 5,
            "judgments": 10,
            "remaining": 10,
            "skipped": 5,
            "people": 4,
            "labelled": 5,
        },
    }


def test_more_judgments_than_wanted_are_never_negative(cast: Cast) -> None:
    queue = make_queue(cast.project, 1, 2)
    project_update(project=cast.project, overlap=2)
    record(cast.project, cast.annotator, grade(queue[0], 1))
    record(cast.project, cast.reviewer, grade(queue[0], 1))
    project_update(project=cast.project, overlap=1)
    progress = project_progress(cast.project)
    assert (progress.judgments, progress.wanted, progress.remaining) == (2, 2, 1)


def test_an_empty_project_has_figures_too(cast: Cast) -> None:
    progress = project_progress(cast.project)
    assert (progress.candidates, progress.remaining, progress.percent) == (0, 0, None)


def test_the_number_of_queries_does_not_grow(cast: Cast) -> None:
    make_queue(cast.project, 3, 20)
    with CaptureQueriesContext(connection) as queries:
        project_progress(cast.project)
    assert len(queries) <= 5


def test_its_page_and_the_projects(client: Client, cast: Cast) -> None:
    make_queue(cast.project)
    client.login(username=cast.viewer.username, password=PASSWORD)
    for path in ("/projects/library/progress/", "/projects/library/"):
        page = client.get(path).content.decode()
        assert "Judged at least once" in page
        assert 'href="/projects/library/judge/"' not in page  # a viewer judges nothing


def test_imported_labels_that_cover_candidates_are_said_first(client: Client, cast: Cast) -> None:
    queue = make_queue(cast.project)
    for candidate in queue:
        make_label(candidate, 1)
    client.login(username=cast.viewer.username, password=PASSWORD)
    page = client.get("/projects/library/progress/").content.decode()
    said = "6 of 6 candidates have imported labels; 0 judged by people."
    assert 0 < page.index(said) < page.index("0 % of the judgments wanted of people")


def test_who_may_not(client: Client, cast: Cast) -> None:
    assert client.get(API).status_code == 401
    assert client.get(API, **bearer(cast.outsider)).status_code == 404
    assert client.post(API, **bearer(cast.owner)).status_code == 405
    assert client.get("/projects/library/progress/").status_code == 302
    client.login(username=cast.outsider.username, password=PASSWORD)
    assert client.get("/projects/library/progress/").status_code == 404
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert client.post("/projects/library/progress/").status_code == 405
