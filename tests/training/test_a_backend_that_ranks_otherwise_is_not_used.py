"""The backend is the fastest that is faithful, decided once for weights, host and libraries."""

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import CrossEncoder

from tests.tiny import tiny_cross_encoder
from tests.tiny_run import tiny_pairs, tiny_run
from training.ml.backends import host
from training.ml.backends.choice import Choice
from training.ml.backends.choose import Scored, backend_choose
from training.ml.backends.fidelity import QUERIES_LEAST, Limits, Yardstick
from training.ml.backends.host import kept_for
from training.ml.backends.known import BACKENDS
from training.ml.data import Pair
from training.ml.errors import BackendError
from training.ml.scoring import logits
from training.ml.templates import Templates

TEMPLATES = Templates(query="{query}", passage="{title} {text}")
JUDGED = tiny_pairs("dev", 60)
# The tiny model's scores lie within 0.002 of each other, so that any rounding swaps some.
ROUGH = Limits(spearman=0.8, blind_spearman=0.8)
ANY = Limits(ndcg=2, spearman=-1, difference=1, blind_spearman=-1, blind_difference=1)


@pytest.fixture(scope="module")
def model() -> CrossEncoder:
    folder = tiny_run("quick").outcome.folder
    found: CrossEncoder = CrossEncoder(str(folder), device="cpu", max_length=64)
    return found


class Asked:
    """Asks for a backend as a job does, and keeps what was logged."""

    def __init__(self, model: CrossEncoder, folder: Path) -> None:
        self.model, self.folder = model, folder
        self.lines: list[str] = []

    def choose(
        self,
        wanted: str,
        *,
        judged: Sequence[Pair] = JUDGED,
        pairs: int = 10**9,
        limits: Limits | None = ROUGH,
    ) -> Choice:
        texts = [(pair.query, f"{pair.title} {pair.text}") for pair in tiny_pairs("test", 12)]
        scored = Scored(
            pairs=pairs,
            texts=texts,
            judged=judged,
            of="dev" if judged else "blind",
            templates=TEMPLATES,
        )
        kept = kept_for(self.folder, self.model, weights="w")
        log = self.lines.append
        choice, forward = backend_choose(
            self.model, scored, wanted=wanted, kept=kept, log=log, limits=limits
        )
        assert np.isfinite(logits(self.model, texts, batch_size=4, forward=forward)).all()
        return choice


def test_what_is_faithful_is_used_and_remembered(model: CrossEncoder, tmp_path: Path) -> None:
    asked = Asked(model, tmp_path)
    first = asked.choose("torch-bf16")
    assert (first.backend, first.remembered) == ("torch-bf16", False)
    assert first.trial is not None
    found = first.trial.fidelity
    assert found is not None
    assert found.ndcg is not None
    assert abs(found.ndcg) <= 0.005
    assert (found.queries, found.pairs) == (60, 60 * 6 + 72)
    assert "torch-bf16: " in first.line()
    assert "over 60 judged queries" in first.line()
    assert len(asked.lines) == 1
    # Nothing is measured again, and the figures are those of the first time.
    again = asked.choose("torch-bf16")
    assert again == replace(first, remembered=True)
    assert "as on this host before" in again.line()
    assert len(asked.lines) == 1
    # What was decided with judged pairs is not taken where there are none.
    assert not asked.choose("torch-bf16", judged=()).remembered


def test_a_library_of_another_version_has_it_decided_anew(
    model: CrossEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(model, tmp_path)
    asked.choose("torch-bf16")
    monkeypatch.setattr(host, "versions", lambda names: {"torch": "2.99.0"})
    assert not asked.choose("torch-bf16").remembered
    assert len(list(tmp_path.glob("w/*/dev-torch-bf16.json"))) == 2


def test_what_ranks_otherwise_is_refused(tmp_path: Path) -> None:
    # Scores of an untrained model lie so close together that bfloat16 shuffles them.
    untrained = CrossEncoder(str(tiny_cross_encoder(tmp_path / "m")), device="cpu", max_length=64)
    choice = Asked(untrained, tmp_path).choose("torch-bf16", judged=(), limits=None)
    assert choice.backend == "torch"
    assert choice.measured() is None
    assert "less than 0.995" in choice.trials[0].refused
    assert "less than 0.995" in choice.line()


def test_a_change_of_ndcg_is_refused(model: CrossEncoder, tmp_path: Path) -> None:
    refused = Asked(model, tmp_path).choose("torch-bf16", limits=replace(ANY, ndcg=-1))
    assert refused.backend == "torch"
    assert "nDCG@10 changes by" in refused.trials[0].refused


def test_ndcg_counts_where_enough_queries_are_judged() -> None:
    few, many = tiny_pairs("dev", QUERIES_LEAST - 1), tiny_pairs("dev", QUERIES_LEAST)
    exact = np.array([float(pair.relevant) for pair in many])
    turned = -exact
    assert Yardstick(few).compare(exact[: len(few)], turned[: len(few)]).ndcg is None
    found = Yardstick(many).compare(exact, turned)
    # Two relevant passages of six: last instead of first.
    ideal = 1 + 1 / np.log2(3)
    assert found.ndcg == pytest.approx((1 / np.log2(6) + 1 / np.log2(7)) / ideal - 1)
    assert found.queries == QUERIES_LEAST
    assert found.spearman == pytest.approx(-1)
    assert found.broken(Limits()).startswith("nDCG@10 changes by -")
    assert Yardstick(many).compare(exact, exact).broken(Limits()) == ""
    # One score for all is no ranking, and what is no number is refused.
    assert Yardstick(()).compare(exact, 0 * exact).broken(Limits())
    assert Yardstick(()).compare(exact, exact * np.nan).broken(Limits())


def test_auto_takes_what_is_fastest_and_leaves_the_rest(
    model: CrossEncoder, tmp_path: Path
) -> None:
    choice = Asked(model, tmp_path).choose("auto", limits=ANY)
    rates = {each.backend: each.factor or 0.0 for each in choice.trials if not each.refused}
    assert rates.keys() <= BACKENDS.keys()
    if choice.backend == "torch":
        assert all(factor < 1.1 for factor in rates.values())
    else:
        assert rates[choice.backend] == max(rates.values()) >= 1.1
    left = {path.name for path in tmp_path.glob("w/*/*") if path.is_dir()}
    assert left == {BACKENDS[choice.backend].files} - {""}


def test_auto_stays_with_torch_where_a_choice_does_not_pay(
    model: CrossEncoder, tmp_path: Path
) -> None:
    choice = Asked(model, tmp_path).choose("auto", pairs=10)
    assert (choice.backend, choice.trials) == ("torch", ())
    assert "before another one would pay" in choice.line()
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("name", ["openvino-int8", "onnx"])
def test_what_is_not_installed_is_named(
    model: CrossEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)
    asked = Asked(model, tmp_path)
    with pytest.raises(BackendError, match=r"not installed \(pip install -r requirements-"):
        asked.choose(name)
    # Without any of them torch scores, or torch in bfloat16.
    assert asked.choose("auto").backend in {"torch", "torch-bf16"}
