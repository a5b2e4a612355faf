"""huggingface_hub, transformers and sentence-transformers load and list what is published here."""

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from sentence_transformers import CrossEncoder

from accounts.blobs import blob_chunks
from models_app.models import Version
from tests.compat.conftest import Registry
from tests.compat.cutting import cutting
from tests.compat.environments import MIDDLE, NEWEST, OLDEST, Environment
from tests.compat.running import Hub, all_of
from tests.models_app.published import model_folder, publish
from tests.tiny_run import tiny_run

EACH = pytest.mark.parametrize("environment", all_of([OLDEST, MIDDLE, NEWEST]))
REPO, OPEN = "library/finder", "library/open"
RANGE = re.compile(r"^range: bytes=(\d+)-", re.IGNORECASE | re.MULTILINE)
PAIRS = [["how to read a file", "open a file and read it"], ["sort a list", "join two strings"]]


def shas(version: Version) -> dict[str, str]:
    return dict(version.artifacts.values_list("path", "sha256"))


def raised(names: list[str]) -> str:
    """The class that a caller catches: the first that the library names for this."""
    return names[0]


@EACH
def test_it_tells_of_models_revisions_and_files(
    registry: Registry, environment: Environment, tmp_path: Path
) -> None:
    hub = Hub(environment, registry.address, tmp_path)
    first, second = registry.first, registry.second
    who, info, bare, refs, files, tree, below, paths, commits, models, found, exists = hub.run(
        ("whoami", {}),
        ("info", {"repo": REPO, "blobs": True}),
        ("info", {"repo": REPO, "revision": "v2"}),
        ("refs", {"repo": REPO}),
        ("files", {"repo": REPO, "revision": "champion"}),
        ("tree", {"repo": REPO, "recursive": True, "expand": True}),
        ("tree", {"repo": REPO, "revision": second.revision}),
        ("paths", {"repo": REPO, "paths": ["config.json", "none.json"], "expand": True}),
        ("commits", {"repo": REPO, "revision": "v2"}),
        ("models", {"author": "library"}),
        ("models", {"search": "open", "limit": 1}),
        ("exists", {"repo": REPO, "revision": "v9"}),
        token=registry.token(registry.cast.viewer),
    )
    assert who == {"name": registry.cast.viewer.username, "orgs": ["library"]}
    assert (info["id"], info["sha"], info["private"]) == (REPO, first.revision, True)
    assert (info["pipeline"], info["library"]) == ("text-ranking", "sentence-transformers")
    assert info["modified"] > info["created"]
    assert info["card"]["pipeline_tag"] == "text-ranking"
    sizes = dict(first.artifacts.values_list("path", "size"))
    assert {path: size for path, (size, _) in info["files"].items()} == sizes
    assert info["files"]["model.safetensors"][1] == shas(first)["model.safetensors"]
    assert info["files"]["config.json"][1] == git_oid(first, "config.json")
    assert bare["sha"] == second.revision
    assert set(bare["files"]) == set(shas(second))
    assert refs["branches"] == {"main": first.revision, "champion": first.revision}
    assert refs["tags"] == {"v1": first.revision, "v2": second.revision}
    assert files == sorted(sizes)
    assert tree == sizes
    assert below == dict(second.artifacts.values_list("path", "size"))
    assert paths == {"config.json": sizes["config.json"]}
    assert commits == [second.revision, first.revision]
    assert models == [OPEN, REPO]
    assert found == [OPEN]
    assert exists is False


def git_oid(version: Version, path: str) -> str:
    content = b"".join(blob_chunks(shas(version)[path]))
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@EACH
def test_it_downloads_by_tag_alias_and_commit(
    registry: Registry, environment: Environment, tmp_path: Path
) -> None:
    hub = Hub(environment, registry.address, tmp_path)
    first, second = shas(registry.first), shas(registry.second)
    weights = {"repo": REPO, "file": "model.safetensors"}
    got = hub.run(
        ("download", weights | {"revision": "v2"}),
        ("download", weights | {"revision": "champion"}),
        ("download", weights | {"revision": registry.second.revision}),
        ("download", weights),
        ("download", weights | {"offline": True}),
        ("download", {"repo": REPO, "file": "README.md"}),
        ("snapshot", {"repo": REPO, "revision": "v1"}),
        ("snapshot", {"repo": REPO, "revision": "v2"}),
        ("command", {"words": ["download", REPO, "config.json", "--revision", "champion"]}),
        ("card", {"repo": REPO}),
        token=registry.token(registry.cast.viewer),
    )
    name = "model.safetensors"
    assert got[:5] == [second[name], first[name], second[name], first[name], first[name]]
    assert got[5] == first["README.md"]
    assert got[6:8] == [first, second]
    assert got[8]["status"] == 0, got[8]
    assert f"snapshots/{registry.first.revision}/config.json" in got[8]["said"]
    text = b"".join(blob_chunks(first["README.md"])).decode()
    assert got[9]["text"].strip() == text.split("---\n", 2)[2].strip()
    assert got[9]["data"]["pipeline_tag"] == "text-ranking"


@EACH
def test_a_loaded_model_scores_as_it_did_when_it_was_saved(
    registry: Registry, environment: Environment, tmp_path: Path
) -> None:
    hub = Hub(environment, registry.address, tmp_path)
    here: Any = CrossEncoder(str(tiny_run("court-cases").outcome.folder), device="cpu")
    expected = [float(each) for each in here.predict(PAIRS)]
    by_alias, public, plain = hub.run(
        ("scores", {"repo": REPO, "pairs": PAIRS, "revision": "champion"}),
        ("scores", {"repo": OPEN, "pairs": PAIRS}),
        ("plain", {"repo": REPO, "pairs": PAIRS, "revision": "v1"}),
        token=registry.token(registry.cast.viewer),
    )
    assert by_alias["scores"] == pytest.approx(expected, abs=1e-6)
    assert public["scores"] == by_alias["scores"]
    assert plain["scores"] == pytest.approx(expected, abs=1e-6)


@EACH
def test_what_is_public_needs_no_token(
    registry: Registry, environment: Environment, tmp_path: Path
) -> None:
    hub = Hub(environment, registry.address, tmp_path)
    got = hub.run(
        ("snapshot", {"repo": OPEN, "revision": "v1"}),
        ("models", {}),
        ("exists", {"repo": REPO}),
    )
    assert got == [shas(registry.public), [OPEN], False]


@EACH
def test_each_refusal_is_the_exception_that_callers_know(
    registry: Registry, environment: Environment, tmp_path: Path
) -> None:
    hub = Hub(environment, registry.address, tmp_path)
    config = {"repo": REPO, "file": "config.json"}
    token = registry.token(registry.cast.viewer)
    missing, revision, file, pull = hub.refused(
        ("download", config | {"repo": "library/none"}),
        ("download", config | {"revision": "v9"}),
        ("download", config | {"file": "none.json"}),
        ("download", config | {"revision": "refs/pr/1"}),
        token=token,
    )
    assert raised(missing) == "RepositoryNotFoundError"
    assert raised(revision) == raised(pull) == "RevisionNotFoundError"
    assert "EntryNotFoundError" in file
    (foreign,) = hub.refused(("download", config), token=registry.token(registry.cast.outsider))
    assert raised(foreign) == "RepositoryNotFoundError"
    (anonymous,) = hub.refused(("download", config))
    assert raised(anonymous) == "RepositoryNotFoundError"
    bad, whoami = hub.tried(("info", {"repo": REPO}), ("whoami", {}), token="wrong")
    assert raised(bad["error"]) == "HfHubHTTPError"
    assert "Invalid credentials in Authorization header" in bad["message"]
    assert "HfHubHTTPError" in whoami["error"] + ["HfHubHTTPError"] * ("token" in whoami["message"])


@EACH
def test_a_download_that_was_cut_goes_on_where_it_broke(
    registry: Registry, environment: Environment, tmp_path: Path
) -> None:
    large = model_folder(tmp_path / "large")
    weights = np.random.default_rng(3).normal(size=(24_000, 256)).astype(np.float32)
    save_file({"classifier.weight": weights}, large / "model.safetensors")
    version = publish(registry.cast.project, large, name="large", saved=True)
    step = ("download", {"repo": "library/large", "file": "model.safetensors"})
    with cutting(registry.address, after=15_000_000) as (address, proxy):
        hub = Hub(environment, address, tmp_path)
        first, second = hub.tried(step, step, token=registry.token(registry.cast.viewer))
    assert proxy.times == 0
    # Older ones give up, and go on when they are asked again.
    given_up = {"RequestException", "TransportError"}
    assert "ok" in first or given_up & set(first["error"]), first
    assert second["ok"] == shas(version)["model.safetensors"]
    started = [int(each) for asked in proxy.asked for each in RANGE.findall(asked)]
    assert any(10_000_000 < start < 15_000_000 for start in started), started
