"""Layers that a recipe freezes come out as they went in; too many are refused."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.tiny_run import RecordingReporter, tiny_base, tiny_snapshot, tiny_spec
from training.ml.errors import BaseModelError
from training.ml.recipe.asked import Place
from training.ml.recipe.run import recipe_run


def changed(tmp_path: Path, **recipe: object) -> set[str]:
    """Train, and return the names of the weights that are other ones after it."""
    base, folder = tiny_base(tmp_path / "base"), tmp_path / "model"
    recipe_run(
        snapshot=tiny_snapshot(),
        spec=tiny_spec("agro", max_steps=4, **recipe),
        base=base,
        folder=folder,
        reporter=RecordingReporter(),
        place=Place(device="cpu"),
    )
    before = load_file(base.folder / "model.safetensors")
    after = load_file(folder / "model.safetensors")
    assert before.keys() == after.keys()
    return {name for name in before if not torch.equal(before[name], after[name])}


def test_one_of_two_layers_stands_still_with_what_is_below_it(tmp_path: Path) -> None:
    all_of_them = changed(tmp_path / "all")
    some = changed(tmp_path / "some", frozen_layers=1)
    frozen = all_of_them - some
    assert some < all_of_them
    assert frozen
    assert all("embeddings" in name or ".layer.0." in name for name in frozen)
    assert any(".layer.1." in name for name in some)
    assert not any("embeddings" in name or ".layer.0." in name for name in some)
    assert any("classifier" in name for name in some)


@pytest.mark.parametrize("recipe", [{"frozen_layers": 2}, {"sweep": {"frozen_layers": [1, 2]}}])
def test_a_model_whose_every_layer_is_frozen_is_refused_at_once(
    tmp_path: Path, recipe: dict[str, object]
) -> None:
    reporter = RecordingReporter()
    with pytest.raises(BaseModelError, match="has 2 layers, of which 2 cannot be frozen") as caught:
        recipe_run(
            snapshot=tiny_snapshot(),
            spec=tiny_spec("agro", **recipe),
            base=tiny_base(tmp_path / "base"),
            folder=tmp_path / "model",
            reporter=reporter,
            place=Place(device="cpu"),
        )
    assert caught.value.advice == "Set frozen_layers to 1 at most."
    assert reporter.stages == ["load"]
