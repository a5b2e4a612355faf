"""A model that was trained elsewhere is pushed by unmodified clients, and becomes a version."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from sentence_transformers import CrossEncoder

from models_app.models import Alias, Reranker, Upload, Version
from tests.compat.conftest import Registry
from tests.compat.environments import MIDDLE, NEWEST, OLDEST, Environment
from tests.compat.running import Hub, all_of
from tests.models_app.published import model_folder
from tests.tiny import tiny_cross_encoder
from tests.tiny_run import tiny_run

EACH = pytest.mark.parametrize("environment", all_of([OLDEST, MIDDLE, NEWEST]))
PAIRS = [["how to read a file", "open a file and read it"], ["sort a list", "join two strings"]]


@pytest.fixture
def hub(registry: Registry, environment: Environment, tmp_path: Path) -> Hub:
    return Hub(environment, registry.address, tmp_path)


def newest(name: str) -> Version:
    return Version.objects.filter(reranker__name=name).latest("number")


@EACH
def test_a_pushed_cross_encoder_is_a_version_that_loads(
    registry: Registry, hub: Hub, tmp_path: Path
) -> None:
    folder = tiny_run("court-cases").outcome.folder
    here: Any = CrossEncoder(str(folder), device="cpu")
    token = registry.token(registry.cast.manager, "write")
    _, scored = hub.run(
        ("push_cross_encoder", {"folder": str(folder), "repo": "library/theirs"}),
        ("scores", {"repo": "library/theirs", "pairs": PAIRS}),
        token=token,
    )
    version = newest("theirs")
    assert (version.number, version.created_by) == (1, registry.cast.manager)
    assert version.lineage["origin"]["how"] == "push"
    assert "hf_hub/" in version.lineage["origin"]["client"]
    assert not version.reranker.public
    expected = [float(each) for each in here.predict(PAIRS)]
    assert scored["scores"] == pytest.approx(expected, abs=1e-6)


@EACH
def test_another_push_is_the_next_version_and_moves_no_alias(
    registry: Registry, hub: Hub, tmp_path: Path
) -> None:
    folder = tiny_cross_encoder(tmp_path / "tiny", seed=7)
    token = registry.token(registry.cast.manager, "write")
    standing = dict(Alias.objects.values_list("name", "version"))
    (refs,) = hub.run(
        ("refs", {"repo": "library/finder"}),
        token=token,
    )
    hub.run(("push_plain", {"folder": str(folder), "repo": "library/finder"}), token=token)
    third, fourth = Version.objects.filter(number__gte=3).order_by("number")
    kept = dict(fourth.artifacts.values_list("path", "sha256"))
    assert kept["model.safetensors"] == third.artifacts.get(path="model.safetensors").sha256
    assert "tokenizer.json" in kept
    assert "arbiter.json" not in kept  # of the version before, and of another model
    assert dict(Alias.objects.values_list("name", "version")) == standing
    after, scored = hub.run(
        ("refs", {"repo": "library/finder"}),
        ("scores", {"repo": "library/finder", "pairs": PAIRS, "revision": "v4"}),
        token=token,
    )
    assert after["branches"] == refs["branches"]
    here: Any = CrossEncoder(str(folder), device="cpu")
    expected = [float(each) for each in here.predict(PAIRS)]
    assert scored["scores"] == pytest.approx(expected, abs=1e-6)


@EACH
def test_a_name_without_a_version_is_pushed_to_by_transformers_as_well(
    registry: Registry, hub: Hub, tmp_path: Path
) -> None:
    folder = tiny_cross_encoder(tmp_path / "tiny", seed=7)
    token = registry.token(registry.cast.manager, "write")
    _, info, refs, _, after = hub.run(
        ("create", {"repo": "library/fresh"}),
        ("info", {"repo": "library/fresh"}),
        ("refs", {"repo": "library/fresh"}),
        ("push_plain", {"folder": str(folder), "repo": "library/fresh"}),
        ("refs", {"repo": "library/fresh"}),
        token=token,
    )
    assert (info["sha"], info["files"]) == ("0" * 40, {})
    assert refs == {"branches": {}, "tags": {}}
    assert list(after["branches"]) == ["main"]
    assert set(after["tags"]) >= {"v1"}
    assert newest("fresh").artifacts.filter(path="tokenizer.json").exists()
    (unseen,) = hub.refused(
        ("info", {"repo": "library/none"}), token=registry.token(registry.cast.viewer)
    )
    assert unseen[0] == "RepositoryNotFoundError"


@EACH
def test_the_same_push_again_is_the_same_version(
    registry: Registry, hub: Hub, tmp_path: Path
) -> None:
    folder = str(model_folder(tmp_path / "m", seed=9))
    token = registry.token(registry.cast.manager, "write")
    first, second = hub.run(
        ("upload_folder", {"folder": folder, "repo": "library/finder"}),
        ("upload_folder", {"folder": folder, "repo": "library/finder"}),
        token=token,
    )
    assert newest("finder").number == 3
    assert first["oid"] == newest("finder").revision
    assert second["oid"] in (first["oid"], registry.first.revision)  # or what `main` is: no commit


@EACH
def test_large_weights_come_whole_and_are_not_sent_twice(
    registry: Registry, hub: Hub, tmp_path: Path
) -> None:
    large = model_folder(tmp_path / "large")
    weights = np.random.default_rng(3).normal(size=(12_000, 256)).astype(np.float32)
    save_file({"classifier.weight": weights}, large / "model.safetensors")
    token = registry.token(registry.cast.manager, "write")
    readme = tmp_path / "README.md"
    readme.write_text("---\nlicense: mit\n---\n\n# Theirs\n")
    first, again, third = hub.run(
        ("create", {"repo": "library/large"}),
        ("upload_folder", {"folder": str(large), "repo": "library/large"}),
        ("upload_file", {"path": str(readme), "repo": "library/large", "to": "README.md"}),
        token=token,
    )
    assert first.endswith("library/large")
    version = newest("large")
    assert again["oid"] != third["oid"] == version.revision
    assert version.number == 2
    sizes = dict(version.artifacts.values_list("path", "size"))
    assert sizes["model.safetensors"] == (large / "model.safetensors").stat().st_size
    assert sizes["README.md"] == readme.stat().st_size
    assert version.facts["own_card"] == {"license": "mit"}


@EACH
def test_what_may_not_be_published_is_refused_and_nothing_is_kept(
    registry: Registry, hub: Hub, tmp_path: Path
) -> None:
    token = registry.token(registry.cast.manager, "write")
    before = Version.objects.count()
    pickled = model_folder(tmp_path / "pickled")
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    scripted = model_folder(tmp_path / "scripted")
    (scripted / "README.md").write_text("# Card\n\n<script>alert(1)</script>\n")
    coded = model_folder(tmp_path / "coded")
    (coded / "config.json").write_text('{"auto_map": {"AutoModel": "modeling.Mine"}}')
    clean = model_folder(tmp_path / "clean")
    found = hub.tried(
        ("upload_folder", {"folder": str(pickled), "repo": "library/finder"}),
        ("upload_folder", {"folder": str(scripted), "repo": "library/finder"}),
        ("upload_folder", {"folder": str(coded), "repo": "library/finder"}),
        ("upload_folder", {"folder": str(clean), "repo": "library/finder", "revision": "champion"}),
        ("upload_folder", {"folder": str(clean), "repo": "library/finder", "pull": True}),
        ("tag", {"repo": "library/finder", "name": "mine"}),
        ("delete_repo", {"repo": "library/finder"}),
        ("delete_file", {"path": "config.json", "repo": "library/finder"}),
        token=token,
    )
    said = [each["message"] for each in found]
    # Cards are looked at before anything is sent.
    known = {"HfHubHTTPError", "ValueError"}
    assert all(known & set(each["error"]) for each in found), said
    assert "pickles run code" in said[0]
    assert "<script>" in said[1]
    assert "auto_map" in said[2]
    assert "moves no alias" in said[3]
    assert "no pull requests" in said[4]
    assert "never change" in said[5]
    assert "never change" in said[6]
    assert "config.json is missing" in said[7]
    assert Version.objects.count() == before


@EACH
def test_only_who_may_manage_a_project_pushes(registry: Registry, hub: Hub, tmp_path: Path) -> None:
    folder = str(model_folder(tmp_path / "m"))
    cast = registry.cast
    step = ("upload_folder", {"folder": folder, "repo": "library/finder"})
    (reading,) = hub.tried(step, token=registry.token(cast.manager, "read"))
    assert "may only read" in reading["message"]
    (viewing,) = hub.tried(step, token=registry.token(cast.viewer, "write"))
    assert "manage this project" in viewing["message"]
    (foreign, public) = hub.tried(
        step,
        ("upload_folder", {"folder": folder, "repo": "library/open"}),
        token=registry.token(cast.outsider, "write"),
    )
    assert "RepositoryNotFoundError" in foreign["error"]
    assert "RepositoryNotFoundError" in public["error"]
    (create,) = hub.tried(
        ("create", {"repo": "library/mine"}), token=registry.token(cast.outsider, "write")
    )
    assert "HfHubHTTPError" in create["error"]
    assert not Upload.objects.exists()
    assert not Reranker.objects.filter(name="mine").exists()
