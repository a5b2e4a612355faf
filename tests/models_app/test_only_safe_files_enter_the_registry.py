"""Only safe files enter the registry, and every refusal says why."""

import json
import pickle
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from models_app.gate import folder_gate
from models_app.models import ARTIFACT_SUFFIXES, Artifact, Version
from tests.factory import Cast
from tests.models_app.published import model_folder, publish


def refusals(folder: Path) -> str:
    with pytest.raises(ValidationError) as caught:
        folder_gate(folder)
    return "\n".join(caught.value.message_dict["files"])


def test_a_saved_model_passes(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{}")
    (folder / "README.md").write_text("left out")
    assert [file.path for file in folder_gate(folder)] == [
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "vocab.txt",
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pytorch_model.bin", "pickles run code"),
        ("weights.PT", "pickles run code"),
        ("deep/er/state.pkl", "pickles run code"),
        ("modeling_own.py", "code is never published"),
        ("model.onnx", "only safetensors"),
        (".git/config", "hidden files"),
        ("notes.docx", "no part of a model"),
        ("Makefile", "no suffix"),
        ("manifest.json", "kept for the list"),
        ("tab\there.txt", "characters"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    folder = model_folder(tmp_path / "m")
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(pickle.dumps({"a": 1}))
    message = refusals(folder)
    assert name in message
    assert reason in message


def test_a_pickle_in_safetensors_clothing_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(pickle.dumps({"a": 1}))
    assert "not a safetensors file" in refusals(folder)


def test_a_cut_off_weights_file_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "not a safetensors file" in refusals(folder)


def test_a_symbolic_link_is_refused_not_followed(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "vocab2.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "linked").symlink_to(tmp_path)
    message = refusals(folder)
    assert "vocab2.txt: symbolic links" in message
    assert "linked: symbolic links" in message
    assert "linked/secret.txt" not in message


@pytest.mark.parametrize(
    "config",
    [
        {"auto_map": {"AutoModel": "evil--repo.Model"}},
        {"text_config": {"auto_map": {"AutoConfig": "x.Y"}}},
        {"list": [{"auto_map": "x.Y"}]},
    ],
)
def test_a_config_that_names_code_is_refused(tmp_path: Path, config: dict[str, object]) -> None:
    folder = model_folder(tmp_path / "m")
    (folder / "config.json").write_text(json.dumps(config))
    assert "`auto_map`" in refusals(folder)


def test_a_module_class_of_ones_own_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    own = [{"idx": 0, "name": "0", "path": "", "type": "custom_module.Evil"}]
    (folder / "modules.json").write_text(json.dumps(own))
    assert "custom_module.Evil" in refusals(folder)


def test_an_activation_of_ones_own_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    path = folder / "config_sentence_transformers.json"
    path.write_text(json.dumps({"activation_fn": "os.system"}))
    assert "os.system" in refusals(folder)
    path.write_text(json.dumps({"activation_fn": "torch.nn.modules.activation.Sigmoid"}))
    assert folder_gate(folder)


def test_damaged_json_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    (folder / "tokenizer.json").write_text('{"model": ')
    assert "tokenizer.json: not valid JSON" in refusals(folder)


def test_every_reason_is_given_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "a.bin").write_bytes(b"x")
    (folder / "b.py").write_bytes(b"x")
    message = refusals(folder)
    for part in ("a.bin", "b.py", "config.json is missing", "There are no weights"):
        assert part in message
    assert "no such folder" in refusals(tmp_path / "nowhere")


def test_names_that_differ_in_case_only_are_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    (folder / "Vocab.txt").write_text("x")
    assert "in case only" in refusals(folder)


SUFFIXES = [
    *ARTIFACT_SUFFIXES, ".py", ".pyc", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib",
    ".npy", ".npz", ".h5", ".msgpack", ".onnx", ".ot", ".gguf", ".tflite", ".pb", ".so", ".zip",
    ".safetensors.bin", ".json.pkl", ".xtxt", "",
]  # fmt: skip
NAMES = [
    *(f"own{suffix}" for suffix in SUFFIXES),
    *(f"a/OWN{suffix.upper()}" for suffix in SUFFIXES),
    "manifest.json", "a/manifest.json", ".json", ".own.json", "a/.own/b.json", "a\\b.json",
    "a\nb.txt", "a.txt\n", "VOCAB.txt", "it's an own file.txt",
]  # fmt: skip


def passes(folder: Path) -> bool:
    try:
        folder_gate(folder)
    except ValidationError:
        return False
    return True


def stored(version: Version, path: str) -> bool:
    try:
        with transaction.atomic():
            Artifact.objects.create(
                version=version, path=path, sha256="0" * 64, size=1, oid="0" * 40
            )
    except IntegrityError:
        return False
    return True


def test_the_gate_and_the_database_admit_the_same_names(version: Version, tmp_path: Path) -> None:
    admitted = []
    for row, name in enumerate(NAMES):
        folder = model_folder(tmp_path / str(row))
        file = folder / name
        file.parent.mkdir(exist_ok=True, parents=True)
        weights = (folder / "model.safetensors").read_bytes()
        file.write_bytes(weights if name.lower().endswith(".safetensors") else b"{}")
        admitted.append(passes(folder))
    assert [stored(version, name) for name in NAMES] == admitted
    assert sum(admitted) == 2 * len(ARTIFACT_SUFFIXES) + 2


def test_nothing_of_a_refused_folder_is_published(cast: Cast, tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "m")
    (folder / "optimizer.pt").write_bytes(b"x")
    with pytest.raises(ValidationError, match=r"optimizer\.pt"):
        publish(cast.project, folder)
    assert not Version.objects.exists()
    assert not (tmp_path / "blobs").exists()
