"""From the first import to the version, a project's page leads to the next step."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from annotate.models import Snapshot
from tests.factory import PASSWORD, Cast, make_judgment, make_label, make_queue
from tests.models_app.published import publish
from tests.training.jobs import ready_snapshot
from training.models import TrainingJob
from training.selectors.overview import Standing, Step, standings_of
from training.services.jobs import job_create

BASE = "/projects/library/"


def standing(cast: Cast) -> Standing:
    return standings_of([cast.project])[cast.project.pk]


def links(client: Client) -> list[str]:
    return re.findall(r'class="button[^"]*" href="([^"]+)"', step_shown(client))


def step_shown(client: Client) -> str:
    """Return the next step as the project's page shows it."""
    page = client.get(BASE).content.decode()
    (step,) = re.findall(r'<section aria-label="Next step">.*?</section>', page, re.DOTALL)
    return str(step)


def ask(cast: Cast) -> TrainingJob:
    snapshot = ready_snapshot(cast.project)
    return job_create(
        project=cast.project, created_by=cast.manager, snapshot=snapshot, base_model="", recipe={}
    )


def test_the_way_from_nothing_to_a_version(client: Client, cast: Cast, tmp_path: Path) -> None:
    client.login(username=cast.manager.username, password=PASSWORD)
    assert (standing(cast).step, links(client)) == (Step.IMPORT, [f"{BASE}imports/"])
    queue = make_queue(cast.project)
    assert (standing(cast).step, links(client)) == (Step.JUDGE, [f"{BASE}judge/"])
    make_judgment(queue[0], cast.annotator, grade=1)
    assert standing(cast).step == Step.FREEZE
    assert links(client) == [f"{BASE}snapshots/", f"{BASE}judge/"]
    frozen = Snapshot.objects.create(project=cast.project)
    assert (standing(cast).step, links(client)) == (
        Step.FREEZING,
        [f"{BASE}snapshots/{frozen.pk}/"],
    )
    ready = ready_snapshot(cast.project)
    assert standing(cast).step == Step.TRAIN
    assert links(client) == [f"{BASE}jobs/new/?snapshot={ready.pk}"]
    job = ask(cast)
    assert (standing(cast).step, links(client)) == (Step.TRAINING, [f"{BASE}jobs/{job.pk}/"])
    TrainingJob.objects.filter(pk=job.pk).update(status="cancelled")
    assert standing(cast).step == Step.MEND
    assert links(client)[0] == f"{BASE}jobs/{job.pk}/"
    publish(cast.project, tmp_path / "m", name="finder")
    assert (standing(cast).step, links(client)) == (
        Step.VERSION,
        ["/library/finder/versions/1/"],
    )


def test_imported_labels_suffice_for_a_snapshot(client: Client, cast: Cast) -> None:
    make_label(make_queue(cast.project)[0], 1)
    client.login(username=cast.manager.username, password=PASSWORD)
    assert standing(cast).step == Step.FREEZE
    assert "imported labels suffice" in client.get(BASE).content.decode()


def test_a_job_under_way_goes_before_a_newer_one_that_ended(cast: Cast) -> None:
    running, ended = ask(cast), ask(cast)
    TrainingJob.objects.filter(pk=ended.pk).update(status="cancelled")
    assert standing(cast).job == running


def test_what_failed_or_was_withdrawn_counts_for_nothing(cast: Cast) -> None:
    [candidate] = make_queue(cast.project, 1, 1)
    make_label(candidate, 1)
    frozen = Snapshot.objects.create(project=cast.project)
    for status in ("running", "failed"):
        Snapshot.objects.filter(pk=frozen.pk).update(status=status)
    assert standing(cast).step == Step.FREEZE
    candidate.query.withdrawn_at = timezone.now()
    candidate.query.save()
    assert standing(cast).step == Step.IMPORT


@pytest.mark.parametrize(
    ("role", "first", "later"), [("viewer", [], []), ("annotator", [], [f"{BASE}judge/"])]
)
def test_only_what_the_role_may_do_is_a_button(
    client: Client, cast: Cast, role: str, first: list[str], later: list[str]
) -> None:
    client.login(username=getattr(cast, role).username, password=PASSWORD)
    assert links(client) == first
    queue = make_queue(cast.project)
    assert links(client) == later
    make_label(queue[0], 1)
    assert links(client) == later
