"""What a base model's name means: no squatter, no folder of the server, no change after asking."""

import json
import os
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from accounts.services import member_set, project_create, project_delete
from models_app.services.rerankers import alias_move
from tests.factory import Cast, bearer, make_user
from tests.models_app.published import make_public, model_folder, publish
from tests.tiny import tiny_cross_encoder
from tests.training.jobs import ready_snapshot
from training.ml.errors import BaseModelError
from training.ml.models.check import folder_check
from training.ml.models.names import PACKAGED, PACKAGED_HUB_NAME
from training.models import TrainingJob
from training.process.preparing import base_fetch, base_request
from training.selectors.base_models import DEFAULT, base_warning, hub_trouble
from training.services.jobs import job_create
from training.spec.presets import PRESETS

pytestmark = pytest.mark.django_db
HUB = "cross-encoder/ms-marco-MiniLM-L6-v2"


def ask(cast: Cast, base: str, by: User | None = None) -> TrainingJob:
    return job_create(
        project=cast.project,
        created_by=by or cast.manager,
        snapshot=ready_snapshot(cast.project),
        base_model=base,
        recipe={},
    )


@pytest.mark.parametrize(
    "name", [HUB, f"{HUB}@main", f"{HUB}@c5ee24cb16019beea0893ab7796b1df96625c6b8"]
)
def test_a_project_of_a_hub_teams_name_catches_nobody(
    cast: Cast, tmp_path: Path, name: str
) -> None:
    squatter = project_create(slug="cross-encoder", name="Mine", owner=cast.outsider)
    version = publish(squatter, tmp_path / "m", name="ms-marco-MiniLM-L6-v2")
    make_public(version.reranker)
    job = ask(cast, name)
    assert (job.base_model, job.base_revision) == (name, "")
    request = base_request(job, tmp_path / "base")
    assert (request.name, request.folder) == (HUB, None)


@pytest.mark.parametrize("revision", ["v1", "champion"])
def test_a_version_of_ours_is_named_and_pinned(cast: Cast, tmp_path: Path, revision: str) -> None:
    version = publish(cast.project, tmp_path / "one", seed=1)
    reranker = version.reranker
    alias_move(reranker=reranker, name="champion", version=version, reason="x", by_setup=True)
    job = ask(cast, f"library/finder@{revision}")
    second = publish(cast.project, tmp_path / "two", seed=2)
    alias_move(reranker=reranker, name="champion", version=second, reason="x", by_setup=True)
    assert (job.base_model, job.base_revision) == ("library/finder@v1", version.revision)
    request = base_request(job, tmp_path / "base")
    assert (request.revision, request.folder) == (version.revision, tmp_path / "base")
    assert json.loads((tmp_path / "base/config.json").read_text())["num_labels"] == 1
    with pytest.raises(ValidationError, match="nothing under “v9”"):
        ask(cast, "library/finder@v9")


def test_a_version_that_turned_private_is_never_looked_for_on_the_hub(
    cast: Cast, tmp_path: Path
) -> None:
    theirs = project_create(slug="theirs", name="Theirs", owner=cast.outsider)
    version = publish(theirs, tmp_path / "m")
    make_public(version.reranker)
    job = ask(cast, "theirs/finder@v1")
    version.reranker.public = False
    version.reranker.save()
    request = base_request(job, tmp_path / "base")
    assert (request.folder, request.allow_fallback) == (tmp_path / "base", False)
    project_delete(project=theirs)
    job.refresh_from_db()
    with pytest.raises(BaseModelError, match="deleted with its project"):
        base_request(job, tmp_path / "again")


def test_a_version_whose_file_is_gone_says_so(
    cast: Cast, tmp_path: Path, settings: Settings
) -> None:
    publish(cast.project, tmp_path / "m")
    job = ask(cast, "library/finder@v1")
    for blob in (tmp_path / "blobs").rglob("*"):
        if blob.is_file():
            blob.unlink()
    with pytest.raises(BaseModelError, match="cannot be read back"):
        base_request(job, tmp_path / "base")


def test_folders_of_the_server_are_for_superusers_and_below_the_settings_roots(
    cast: Cast, tmp_path: Path, settings: Settings
) -> None:
    inside, outside = tmp_path / "models" / "tiny", tmp_path / "secret"
    for folder in (inside, outside):
        model_folder(folder)
    (tmp_path / "models" / "link").symlink_to(outside)
    with pytest.raises(ValidationError, match="BASE_MODEL_FOLDERS"):
        ask(cast, str(inside))
    settings.BASE_MODEL_FOLDERS = [str(tmp_path / "models")]
    assert ask(cast, str(inside)).base_model == str(inside)
    for name in (outside, tmp_path / "models/../secret", tmp_path / "models/link"):
        with pytest.raises(ValidationError, match="BASE_MODEL_FOLDERS"):
            ask(cast, str(name))
    root = make_user("root")
    root.is_superuser = True
    root.save()
    assert ask(cast, str(outside), root).base_model == str(outside)


def test_a_folder_without_a_model_is_refused_before_a_job_is_made(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    root = cast.manager
    root.is_superuser = True
    root.save()
    pickled = model_folder(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    bare = model_folder(tmp_path / "bare")
    (bare / "model.safetensors").unlink()
    refused = {
        "/etc/passwd": "is a file, not a folder",
        str(tmp_path / "none"): "does not exist",
        str(tmp_path): "has no config.json",
        str(pickled): "comes as a pickle",
        str(bare): "has no weights",
    }
    body = {"project": "library", "snapshot": str(ready_snapshot(cast.project).pk)}
    for name, words in refused.items():
        answer = client.post(
            "/api/v1/training-jobs/", {**body, "base_model": name}, "application/json",
            **bearer(root),
        )  # fmt: skip
        assert answer.status_code == 400, name
        assert words in answer.json()["errors"]["base_model"][0]
    client.force_login(root)
    form = PRESETS["quick"].spec.to_dict() | {"snapshot": body["snapshot"], "reranker": "finder"}
    form = {name: str(value) for name, value in form.items() if str(value) not in ("None", "False")}
    page = client.post("/projects/library/jobs/new/", form | {"base_model": "/etc/passwd"})
    assert "is a file, not a folder" in page.content.decode()
    assert not TrainingJob.objects.exists()


def test_a_folder_that_the_server_may_not_read_says_so(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    model_folder(locked / "model")
    locked.chmod(0)
    user, nobody = os.geteuid(), 65534
    if user == 0:
        os.seteuid(nobody)
    try:
        with pytest.raises(BaseModelError, match="cannot be read"):
            folder_check(locked / "model")
    finally:
        os.seteuid(user)
        locked.chmod(0o700)


def test_a_version_that_is_not_there_or_not_theirs_is_refused_alike(
    cast: Cast, tmp_path: Path
) -> None:
    elsewhere = project_create(slug="secret", name="Secret", owner=cast.outsider)
    publish(elsewhere, tmp_path / "m", name="finder")
    for tag in ("v1", "v9", "champion", "no-such-alias"):
        said = []
        for name in (f"secret/finder@{tag}", f"secret/none@{tag}", f"nobody/none@{tag}"):
            with pytest.raises(ValidationError, match="not yours to use") as refusal:
                ask(cast, name)
            said.append(str(refusal.value).replace(name, "…"))
        assert len(set(said)) == 1


@pytest.mark.parametrize("name", ["{}", "{}@main", "{}@c5ee24cb16019beea0893ab7796b1df96625c6b8"])
def test_names_of_a_project_of_others_are_not_asked_of_the_hub(
    cast: Cast, tmp_path: Path, name: str
) -> None:
    elsewhere = project_create(slug="secret", name="Secret", owner=cast.outsider)
    publish(elsewhere, tmp_path / "m", name="finder")
    for base in ("secret/finder", "Secret/Finder", "secret/none"):
        with pytest.raises(ValidationError, match=f"{base} is not asked of the Hub from here"):
            ask(cast, name.format(base))
    assert not TrainingJob.objects.exists()
    member_set(project=elsewhere, user=cast.manager, role=Role.VIEWER)
    assert ask(cast, name.format("secret/none")).base_model == name.format("secret/none")


def test_a_base_of_the_registry_is_said_to_come_from_there(cast: Cast, tmp_path: Path) -> None:
    folder = tiny_cross_encoder(tmp_path / "m")
    publish(cast.project, folder, saved=True)
    base = base_fetch(ask(cast, "library/finder@v1"), tmp_path / "base")
    assert base.info.reason == "It is version 1 of library/finder in this registry."
    assert base.info.loaded == "library/finder@v1"


def test_a_number_is_no_name_of_a_base(client: Client, cast: Cast) -> None:
    snapshot = str(ready_snapshot(cast.project).pk)
    body = {"project": "library", "snapshot": snapshot, "base_model": 5}
    answer = client.post("/api/v1/training-jobs/", body, "application/json", **bearer(cast.manager))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["base_model"])


@pytest.mark.parametrize(
    "base", sorted({"", DEFAULT, PACKAGED_HUB_NAME, *(p.base_model for p in PRESETS.values())})
)
def test_the_package_stands_in_for_what_nobody_typed(
    cast: Cast, tmp_path: Path, settings: Settings, base: str
) -> None:
    job = ask(cast, base)
    assert base_request(job, tmp_path / "base").allow_fallback
    settings.BASE_MODEL_FALLBACK = False
    assert not base_request(job, tmp_path / "base").allow_fallback


@pytest.mark.parametrize("base", ["does-not/exist", f"{HUB}@main", "BAAI/bge-reranker-base"])
def test_the_package_stands_in_for_no_other_name(cast: Cast, tmp_path: Path, base: str) -> None:
    assert not base_request(ask(cast, base), tmp_path / "base").allow_fallback


@pytest.mark.parametrize("offline", [True, False])
def test_who_asks_is_told_beforehand_that_the_hub_is_out_of_reach(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch, offline: bool
) -> None:
    monkeypatch.setattr("training.selectors.base_models.is_offline_mode", lambda: offline)
    first = ask(cast, DEFAULT)
    client.force_login(cast.manager)
    form = "/projects/library/jobs/new/"
    if not offline:
        assert (hub_trouble(), base_warning(first)) == ("", "")
        assert PACKAGED not in client.get(form).content.decode().replace(f'value="{PACKAGED}"', "")
        TrainingJob.objects.update(base_used={"loaded": PACKAGED_HUB_NAME, "fell_back": True})
    assert hub_trouble()
    assert f"<code>{PACKAGED}</code>" in client.get(form).content.decode()
    body = {
        "project": "library",
        "snapshot": str(first.snapshot_id),
        "base_model": "does-not/exist",
    }
    answer = client.post(
        "/api/v1/training-jobs/", body, "application/json", **bearer(cast.manager)
    ).json()
    assert "Unless does-not/exist can be fetched" in answer["warning"]
    assert PACKAGED in answer["warning"]
    page = client.get(f"/projects/library/jobs/{answer['id']}/").content.decode()
    assert "Unless does-not/exist can be fetched" in page
    assert "stands in for it" in base_warning(ask(cast, ""))
    assert base_warning(ask(cast, PACKAGED)) == ""
    TrainingJob.objects.update(base_used={"loaded": HUB, "fell_back": False})
    assert bool(hub_trouble()) is offline
