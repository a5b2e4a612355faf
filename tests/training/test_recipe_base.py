"""A base comes from the Hub, a folder or the package; what it says of itself is true."""

import json
import shutil
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import CrossEncoder
from transformers import AutoConfig, AutoModelForSequenceClassification

from tests.tiny import tiny_cross_encoder, tiny_edit
from training.ml.errors import BaseModelError
from training.ml.models.find import BaseInfo, BaseRequest, base_find
from training.ml.models.load import base_load
from training.ml.models.names import PACKAGED, PACKAGED_HUB_NAME
from training.paths import paths_hidden

COMMIT = "c0ffee" + "0" * 34


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tiny_cross_encoder(tmp_path / "base")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))


def loaded(
    request: BaseRequest, *, seed: int = 1, max_length: int = 64
) -> tuple[CrossEncoder, BaseInfo]:
    base = base_find(request)
    return base_load(base, seed=seed, max_length=max_length, device="cpu"), base.info


def refusal(request: BaseRequest, max_length: int = 64) -> BaseModelError:
    with pytest.raises(BaseModelError) as caught:
        loaded(request, max_length=max_length)
    assert caught.value.advice
    return caught.value


def test_a_folder_is_named_without_its_path(base: Path) -> None:
    model, info = loaded(BaseRequest(str(base)), max_length=32)
    assert (info.kind, info.requested, info.loaded) == ("folder", "base", "base")
    assert (info.fell_back, info.fresh_head) == (False, False)
    assert info.weights_sha256 == sha256((base / "model.safetensors").read_bytes()).hexdigest()
    assert model.max_seq_length == 32
    assert isinstance(model.activation_fn, torch.nn.Sigmoid)


def test_a_version_is_named_as_the_registry_names_it(base: Path) -> None:
    request = BaseRequest("team/name@v3", revision=COMMIT, folder=base)
    _, info = loaded(request)
    assert (info.loaded, info.revision) == ("team/name@v3", COMMIT)


def test_weights_in_half_precision_are_trained_in_full(base: Path) -> None:
    weights = load_file(base / "model.safetensors")
    halved = {name: value.half() for name, value in weights.items()}
    save_file(halved, base / "model.safetensors", metadata={"format": "pt"})
    tiny_edit(base, dtype="float16")
    model, _ = loaded(BaseRequest(str(base)), max_length=64)
    assert {weights.dtype for weights in model.parameters()} == {torch.float32}


def test_the_package_stands_in_for_an_unreachable_hub_and_says_so(offline: None) -> None:
    asked = "cross-encoder/ms-marco-MiniLM-L6-v2"
    heads = []
    for seed in (1, 1, 2):
        request = BaseRequest(asked, allow_fallback=True)
        model, info = loaded(request, seed=seed, max_length=128)
        heads.append(dict(model.named_parameters())["0.model.classifier.weight"].detach())
    assert (info.requested, info.loaded, info.again) == (asked, PACKAGED_HUB_NAME, PACKAGED)
    assert info.fell_back
    assert info.fresh_head
    assert "cannot be reached" in info.reason
    assert info.revision is not None
    assert info.revision.startswith(f"{PACKAGED}==")
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[1], heads[2])


def test_the_package_is_no_fallback_for_itself(offline: None) -> None:
    for name in (PACKAGED, PACKAGED_HUB_NAME):
        request = BaseRequest(name, allow_fallback=True)
        _, info = loaded(request)
        assert (info.kind, info.fell_back) == ("packaged", False)


def test_without_leave_to_fall_back_an_unreachable_hub_is_a_failure(offline: None) -> None:
    error = refusal(BaseRequest("cross-encoder/ms-marco-MiniLM-L6-v2"))
    assert "cannot be reached" in error.message
    assert PACKAGED in error.advice


class HubHandler(SimpleHTTPRequestHandler):
    """The calls of the Hub that fetching a model makes, over a folder; everything else is 404."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        folder, path = Path(self.directory), self.path.partition("?")[0]
        names = sorted(file.name for file in folder.iterdir())
        if path in ("/api/models/team/tiny", "/api/models/team/tiny/revision/main"):
            siblings = [{"rfilename": name} for name in names]
            self._json({"id": "team/tiny", "sha": COMMIT, "siblings": siblings})
        elif path.startswith(f"/api/models/team/tiny/tree/{COMMIT}"):
            sizes = {name: (folder / name).stat().st_size for name in names}
            entries = [
                {
                    "type": "file",
                    "path": name,
                    "size": size,
                    "oid": sha256(name.encode()).hexdigest(),
                }
                for name, size in sizes.items()
            ]
            self._json(entries)
        elif path.startswith(f"/team/tiny/resolve/{COMMIT}/") and path.rsplit("/")[-1] in names:
            self._bytes((folder / path.rsplit("/")[-1]).read_bytes(), body=body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _json(self, value: object) -> None:
        self._bytes(json.dumps(value).encode(), body=True)

    def _bytes(self, data: bytes, *, body: bool) -> None:
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{sha256(data).hexdigest()}"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def hub(base: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    (base / "pytorch_model.bin").write_bytes(b"a pickle that must not be fetched")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(HubHandler, directory=str(base)))
    Thread(target=server.serve_forever, daemon=True).start()
    cache = tmp_path / "cache"
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", address)
    monkeypatch.setattr(
        huggingface_hub.constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        address + "/{repo_id}/resolve/{revision}/{filename}",
    )
    yield cache
    server.shutdown()
    server.server_close()


def test_a_hub_model_is_fetched_without_pickles_and_its_commit_is_known(hub: Path) -> None:
    _, info = loaded(BaseRequest("team/tiny"), max_length=64)
    assert (info.kind, info.loaded, info.revision) == ("hub", "team/tiny", COMMIT)
    fetched = {path.name for path in hub.rglob("snapshots/*/*")}
    assert "model.safetensors" in fetched
    assert "pytorch_model.bin" not in fetched


def test_a_name_that_the_hub_does_not_know_is_a_failure_even_with_a_fallback(hub: Path) -> None:
    error = refusal(BaseRequest("team/absent", allow_fallback=True))
    assert error.message.startswith("There is no model team/absent")


def test_a_name_that_is_none_is_refused() -> None:
    assert "is no name of a model" in refusal(BaseRequest("a/b/c")).message


def test_a_pickle_is_refused(base: Path) -> None:
    (base / "model.safetensors").rename(base / "pytorch_model.bin")
    assert "comes as a pickle" in refusal(BaseRequest(str(base))).message


def test_code_that_comes_with_a_model_is_refused(base: Path) -> None:
    tiny_edit(base, auto_map={"AutoConfig": "own.Config"})
    assert "such code is never run" in refusal(BaseRequest(str(base))).message


def test_a_module_from_elsewhere_is_refused(base: Path) -> None:
    modules = [{"idx": 0, "name": "0", "path": "", "type": "own_code.Module"}]
    (base / "modules.json").write_text(json.dumps(modules))
    assert "such code is never run" in refusal(BaseRequest(str(base))).message


def test_several_labels_are_refused(base: Path) -> None:
    tiny_edit(base, id2label={"0": "no", "1": "yes", "2": "maybe"})
    assert "gives 3 scores per pair" in refusal(BaseRequest(str(base))).message


def test_a_text_generator_is_refused(base: Path) -> None:
    tiny_edit(base, architectures=["LlamaForCausalLM"])
    assert "generates text" in refusal(BaseRequest(str(base))).message


def test_a_missing_pad_token_is_refused(base: Path) -> None:
    path = base / "tokenizer_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"pad_token": None}))
    assert "has no pad token" in refusal(BaseRequest(str(base))).message


def test_a_length_beyond_the_model_is_refused_with_the_limit(base: Path) -> None:
    error = refusal(BaseRequest(str(base)), max_length=65)
    assert error.advice == "Set max_length to 64 or less."


@pytest.mark.parametrize("kind", ["roberta", "mpnet"])
def test_positions_that_no_token_takes_do_not_count(base: Path, kind: str) -> None:
    size = int(AutoConfig.from_pretrained(base).vocab_size)
    config = AutoConfig.for_model(
        kind, vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=66, num_labels=1, pad_token_id=1,
    )  # fmt: skip
    made: Any = AutoModelForSequenceClassification
    made.from_config(config).save_pretrained(base)
    settings = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps(settings | {"model_max_length": 512}))
    assert refusal(BaseRequest(str(base)), max_length=65).advice == "Set max_length to 64 or less."
    model = base_load(base_find(BaseRequest(str(base))), seed=0, max_length=64)
    assert len(model.predict([("how to read", "open the file " * 200)])) == 1


def test_weights_in_several_files_are_known_by_all_of_them(base: Path, tmp_path: Path) -> None:
    made: Any = AutoModelForSequenceClassification
    model = made.from_pretrained(base)
    digests = []
    for number in (1, 2):
        shutil.copytree(base, folder := tmp_path / f"parts-{number}")
        (folder / "model.safetensors").unlink()
        with torch.no_grad():
            model.classifier.weight.fill_(number)
        model.save_pretrained(folder, max_shard_size="20KB")
        digests.append(base_find(BaseRequest(str(folder))).info.weights_sha256)
    indexes = [p.read_bytes() for p in sorted(tmp_path.glob("parts-*/*.index.json"))]
    assert indexes[0] == indexes[1]
    assert digests[0] != digests[1]


def test_a_folder_that_is_not_there_or_not_a_model_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(BaseRequest(str(tmp_path / "none"))).message
    assert "has no config.json" in refusal(BaseRequest(str(tmp_path))).message


def test_damaged_files_are_refused(base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(base, other)
    (base / "config.json").write_text("{")
    assert "cannot be read" in refusal(BaseRequest(str(base))).message
    weights = other / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:500])
    assert "cannot be loaded" in refusal(BaseRequest(str(other))).message


def test_an_architecture_that_nobody_knows_is_refused(base: Path, tmp_path: Path) -> None:
    tiny_edit(base, model_type="no-such-architecture")
    error = refusal(BaseRequest(str(base)))
    assert "The base model cannot be loaded" in error.message
    assert str(tmp_path) not in paths_hidden(error.message)


def test_files_of_two_models_are_refused(base: Path, tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(50)]
    larger = tiny_cross_encoder(tmp_path / "larger", words=words)
    shutil.copy(larger / "tokenizer.json", base)
    assert "The tokenizer knows" in refusal(BaseRequest(str(base))).message


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("tokenizer_config.json", "{", "tokenizer_config.json of the base model cannot be read"),
        ("tokenizer_config.json", "[]", "tokenizer_config.json of the base model is no object"),
        ("tokenizer_config.json", "\ud800", "cannot be read"),
        ("modules.json", "[{]", "modules.json of the base model cannot be read"),
        ("modules.json", '{"type": 1}', "modules.json of the base model is no list of objects"),
        ("modules.json", '["sentence_transformers.x"]', "no list of objects"),
        ("modules.json", "[" * 200_000, "modules.json of the base model cannot be read"),
        ("config.json", '{"architectures": 5}', "no list of architectures"),
        ("config.json", '{"architectures": ["XForSequenceClassification"], "num_labels": "x"}',
         "no number of labels"),
    ],
)  # fmt: skip
def test_malformed_json_is_told_from_a_fault_of_arbiter(
    base: Path, name: str, text: str, words: str
) -> None:
    (base / name).write_bytes(text.encode(errors="surrogatepass"))
    assert words in refusal(BaseRequest(str(base))).message
