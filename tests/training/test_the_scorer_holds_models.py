"""The scorer's process: what it loads and lets go, whom it answers, and what computes for it."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from django.utils.timezone import now
from pytest_django.fixtures import Settings

from models_app.models import Alias, DailyUse, Use, Version
from models_app.promoting import GateRefusedError
from models_app.rerank.base import Asked, Document, Kind, RefusedError
from models_app.rerank.scorer import golden_of, scorer_state, scores_of
from models_app.services.counting import use_count
from models_app.services.rerankers import alias_move
from tests.factory import Cast
from tests.models_app.published import publish
from tests.processes import wait_for
from tests.scorer import scorer_process, scorer_thread
from tests.tiny import tiny_cross_encoder
from tests.tiny_run import tiny_run
from training.ml.backends.choice import Choice
from training.ml.models.golden import GOLDEN, PAIRS
from training.ml.scoring import Forward, torch_forward
from training.scorer import shelf
from training.scorer.app import NOTHING_YET
from training.scorer.loading import Loaded, version_load
from training.scorer.shelf import SPARE, Shelf
from training.services.gates import gate_set

pytestmark = pytest.mark.django_db(transaction=True)

ASKED = Asked(query="read a file", documents=[Document(f"open file {n}") for n in range(40)])


@pytest.fixture
def make(cast: Cast, tmp_path: Path) -> Callable[[int], Version]:
    def made(seed: int) -> Version:
        folder = tiny_cross_encoder(tmp_path / f"model-{seed}", seed=seed)
        return publish(cast.project, folder, saved=True, by=cast.manager)

    return made


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[str]:
    """The revisions that were loaded, one after the other."""
    found: list[str] = []
    load = version_load

    def counted(revision: str) -> Loaded:
        found.append(revision)
        return load(revision)

    settings.SCORER_BACKENDS = False
    monkeypatch.setattr(shelf, "version_load", counted)
    return found


def test_a_model_is_loaded_once_however_many_ask(
    make: Callable[[int], Version], loads: list[str]
) -> None:
    version, held = make(1), Shelf(2)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: held.get(version.revision), range(8)))
    assert len({id(each) for each in found}) == 1
    assert loads == [version.revision]


def test_the_least_recently_used_makes_room(
    make: Callable[[int], Version], loads: list[str]
) -> None:
    first, second, third = (make(seed).revision for seed in (1, 2, 3))
    held = Shelf(2)
    for revision in (first, second, first, third):
        held.get(revision)
    assert [each.revision for each in held.held()] == [first, third]
    held.get(second)
    assert loads == [first, second, third, second]


def test_a_version_that_is_gone_is_told(make: Callable[[int], Version], settings: Settings) -> None:
    version = make(1)
    settings.SCORER_BACKENDS = False
    with scorer_thread(settings):
        assert len(scores_of(version, ASKED).logits) == 40
        missing = Version(revision="0" * 40)
        with pytest.raises(RefusedError, match="deleted") as refused:
            scores_of(missing, ASKED)
        assert refused.value.kind is Kind.NOT_FOUND


def test_a_damaged_version_fails_alone(
    make: Callable[[int], Version], settings: Settings, tmp_path: Path
) -> None:
    good, bad = make(1), make(2)
    settings.SCORER_BACKENDS = False
    digest = bad.artifacts.get(path="model.safetensors").sha256
    (stored,) = (tmp_path / "blobs").rglob(digest)
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    with scorer_thread(settings):
        with pytest.raises(RefusedError, match=r"model\.safetensors .*cannot be read") as refused:
            scores_of(bad, ASKED)
        assert refused.value.kind is Kind.FAILED
        assert len(scores_of(good, ASKED).logits) == 40


def test_only_who_knows_the_key_is_answered(settings: Settings) -> None:
    with scorer_thread(settings):
        at = urlsplit(settings.SCORER_URL)
        for path, method in (("/score", "POST"), ("/models", "GET")):
            link = HTTPConnection(at.hostname or "", at.port)
            link.request(method, path, "{}", {"Authorization": "Bearer guess"})
            response = link.getresponse()
            assert response.status == 401
            assert "models" not in json.loads(response.read())
        assert "models" in scorer_state()


def test_threads_of_people_are_not_taken(
    make: Callable[[int], Version], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models_app.rerank import scorer

    version = make(1)
    settings.SCORER_BACKENDS = False
    with scorer_thread(settings):
        taken = [scorer._FREE.acquire(blocking=False) for _ in range(settings.RERANK_AT_ONCE)]
        try:
            with pytest.raises(RefusedError) as refused:
                scores_of(version, ASKED)
        finally:
            for _ in taken:
                scorer._FREE.release()
        assert (refused.value.kind, refused.value.seconds) == (Kind.BUSY, 1)
        assert len(scores_of(version, ASKED).logits) == 40


@pytest.mark.slow
def test_a_backend_is_chosen_once_while_torch_serves(
    make: Callable[[int], Version], settings: Settings, tmp_path: Path
) -> None:
    if psutil.virtual_memory().available < 2 * SPARE:
        pytest.skip("too little memory is free to try backends")
    version = make(1)
    settings.SCORER_URL = f"unix://{tmp_path}/run/scorer.sock"
    weights = version.artifacts.get(path="model.safetensors").sha256
    kept = tmp_path / "backends" / weights
    with scorer_process():
        first = scores_of(version, ASKED)
        assert (first.backend, scorer_state()["choosing"]) == ("torch", 1)
        wait_for(lambda: not scorer_state()["choosing"], 200)
        (decision,) = kept.rglob("*.json")
        chosen = json.loads(decision.read_text())["backend"]
        second = scores_of(version, ASKED)
        assert second.backend == chosen
        assert second.logits == pytest.approx(first.logits, abs=0.05)
    assert {path.stat().st_mode & 0o77 for path in (tmp_path / "run").iterdir()} <= {0}
    # A new process serves with what was chosen, and asks nothing again.
    written = decision.stat().st_mtime_ns
    with scorer_process():
        third = scores_of(version, ASKED)
        assert (third.backend, scorer_state()["choosing"]) == (chosen, 0)
        assert third.logits == pytest.approx(second.logits, abs=1e-6)
    assert decision.stat().st_mtime_ns == written


def test_golden_pairs_tell_a_version_that_scores_otherwise(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    """A contract is of the version: kept here, broken where its weights are others, else none."""
    settings.SCORER_BACKENDS = False
    run = tiny_run("court-cases").outcome.folder
    kept = publish(cast.project, run, saved=True, by=cast.manager)
    changed = tmp_path / "changed"
    shutil.copytree(run, changed)
    golden = json.loads((changed / GOLDEN).read_text())
    golden["pairs"][3]["score"] += 0.001
    (changed / GOLDEN).write_text(json.dumps(golden))
    broken = publish(cast.project, changed, saved=True, by=cast.manager)
    bare = publish(cast.project, tiny_cross_encoder(tmp_path / "bare"), saved=True, by=cast.manager)
    with scorer_thread(settings):
        found = golden_of(kept)
        assert (found.pairs, found.kept, found.difference < 1e-6) == (len(PAIRS), True, True)
        found = golden_of(broken)
        assert (found.kept, round(found.difference, 5)) == (False, 0.001)
        assert (golden_of(bare).pairs, golden_of(bare).kept) == (0, False)
        gate_set(project=cast.project, alias="champion", changed_by=cast.owner, score_contract=True)
        for version, said in (
            (broken, "It scores its 24 golden pairs not as when it was saved: off by 1.0e-03"),
            (bare, "v3 has no golden pairs: it was not trained here."),
        ):
            with pytest.raises(GateRefusedError, match=said):
                promote(version, cast)
        assert promote(kept, cast).version == kept
    with pytest.raises(GateRefusedError, match="was not checked: The scorer does not answer"):
        promote(broken, cast)


def promote(version: Version, cast: Cast) -> Alias:
    return alias_move(
        reranker=version.reranker, name="champion", version=version, reason="Better.",
        moved_by=cast.manager,
    )  # fmt: skip


def test_a_backend_that_breaks_golden_pairs_does_not_serve(
    cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tiny_run("court-cases").outcome.folder
    version = publish(cast.project, run, saved=True, by=cast.manager)
    settings.SCORER_BACKENDS = True

    def wrong(loaded: Loaded) -> tuple[Choice, Forward]:
        exact = torch_forward(loaded.published.model)
        return Choice("openvino-int8", "it is said to be faithful"), lambda rows: exact(rows) + 3

    monkeypatch.setattr(shelf, "backend_before", wrong)
    monkeypatch.setattr(shelf, "_chosen_by_process", lambda *_: False)
    served = Shelf(1).get(version.revision)
    assert (served.backend, served.contract.kept) == ("torch", True)


def test_what_was_asked_for_lately_is_loaded_at_the_start(
    make: Callable[[int], Version], settings: Settings, tmp_path: Path
) -> None:
    first, second = make(1), make(2)
    settings.SCORER_URL = f"unix://{tmp_path}/run/scorer.sock"
    DailyUse.objects.create(
        version=first, use=Use.RERANK, day=now().date() - timedelta(days=9), count=50
    )
    with scorer_process():
        # Nobody asked for anything of late: not even torch is there.
        assert scorer_state() == {**NOTHING_YET}
    use_count(version=second, use=Use.RERANK)
    with scorer_process():
        wait_for(lambda: bool(scorer_state()["models"]))
        assert [each["revision"] for each in scorer_state()["models"]] == [second.revision]
