"""Results of the silver stage on disk: whole, checked, and no more than fit."""

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from training.ml.silver.cache import SilverCache, key_of

FACTS = {"seconds": 7.0}


def layer(value: float) -> nn.Module:
    found = nn.Linear(4, 4)
    nn.init.constant_(found.weight, value)
    return found


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    cache, model = SilverCache(tmp_path / "cache"), layer(0)
    cache.store("aa", layer(2), FACTS)
    found = cache.load("aa", model)
    assert found is not None
    assert found["seconds"] == 7.0
    assert float(model.state_dict()["weight"][0, 0]) == 2
    assert cache.load("bb", model) is None


@pytest.mark.parametrize("name", ["weights.safetensors", "facts.json"])
def test_a_damaged_entry_is_removed_and_leaves_the_model_alone(tmp_path: Path, name: str) -> None:
    cache, model = SilverCache(tmp_path), layer(0)
    cache.store("aa", layer(2), FACTS)
    path = tmp_path / "aa" / name
    path.write_bytes(path.read_bytes()[:-3] + b"\0\0\0")
    assert cache.load("aa", model) is None
    assert torch.equal(model.state_dict()["weight"], layer(0).state_dict()["weight"])
    assert not (tmp_path / "aa").exists()


def test_an_entry_of_another_architecture_is_not_used(tmp_path: Path) -> None:
    cache = SilverCache(tmp_path)
    cache.store("aa", nn.Linear(2, 2), FACTS)
    assert cache.load("aa", layer(0)) is None


def test_the_first_of_two_stays_and_nothing_half_made_is_left(tmp_path: Path) -> None:
    cache, model = SilverCache(tmp_path), layer(0)
    cache.store("aa", layer(1), FACTS)
    cache.store("aa", layer(2), FACTS)
    assert cache.load("aa", model)
    assert float(model.state_dict()["weight"][0, 0]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["aa"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    cache = SilverCache(tmp_path)
    with pytest.raises(TypeError):
        cache.store("aa", layer(1), {"seconds": object()})
    assert list(tmp_path.iterdir()) == []


def test_what_was_unused_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    SilverCache(tmp_path).store("aa", layer(1), FACTS)
    size = sum(path.stat().st_size for path in (tmp_path / "aa").iterdir())
    cache = SilverCache(tmp_path, bound=2 * size + size // 2)
    cache.store("bb", layer(1), FACTS)
    for name, at in (("aa", 1_000), ("bb", 2_000)):
        os.utime(tmp_path / name / "facts.json", (at, at))
    assert cache.load("aa", layer(0)), "which is a use"
    cache.store("cc", layer(1), FACTS)
    assert {path.name for path in tmp_path.iterdir()} == {"aa", "cc"}


def test_one_that_is_larger_than_the_bound_is_kept_alone(tmp_path: Path) -> None:
    cache = SilverCache(tmp_path, bound=1)
    cache.store("aa", layer(1), FACTS)
    cache.store("bb", layer(1), FACTS)
    assert {path.name for path in tmp_path.iterdir()} == {"bb"}


def test_a_key_names_its_parts_in_any_order() -> None:
    assert key_of({"a": 1, "b": [2]}) == key_of({"b": [2], "a": 1}) != key_of({"a": 1, "b": [3]})
