"""What is kept for a backend appears whole, is made anew where it is damaged, and goes unused."""

import os
import time
from pathlib import Path

import pytest

from training.ml.backends.kept import Kept, kept_clear

HOST = {"cpu": "one", "libraries": {"torch": "2.13.0"}}


class KilledError(Exception):
    """Stands for the end of the process in the middle of a conversion."""


def write(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"weights")


def names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_half_a_conversion_is_none(tmp_path: Path) -> None:
    kept = Kept(tmp_path, weights="w", host=HOST)

    def killed(folder: Path) -> None:
        write(folder)
        raise KilledError

    with pytest.raises(KilledError):
        kept.conversion("openvino", killed)
    assert names(tmp_path) == []
    folder = kept.conversion("openvino", write)
    assert (folder / "model.bin").read_bytes() == b"weights"
    # Once it is there nobody makes it again: another process, or this one.
    assert Kept(tmp_path, weights="w", host=HOST).conversion("openvino", killed) == folder


def test_a_damaged_file_has_it_made_anew(tmp_path: Path) -> None:
    kept = Kept(tmp_path, weights="w", host=HOST)
    for damage in (lambda path: path.write_bytes(b"weight"), Path.unlink):
        damage(kept.conversion("openvino", write) / "model.bin")
        assert (kept.conversion("openvino", write) / "model.bin").read_bytes() == b"weights"


def test_of_two_that_make_it_at_once_the_first_stays(tmp_path: Path) -> None:
    kept = Kept(tmp_path, weights="w", host=HOST)

    def late(folder: Path) -> None:
        kept.conversion("openvino", write)
        (folder / "model.bin").write_bytes(b"later")

    folder = kept.conversion("openvino", late)
    assert (folder / "model.bin").read_bytes() == b"weights"
    assert [path.name for path in folder.parent.iterdir()] == ["openvino"]


def test_another_host_or_library_sees_nothing_of_it(tmp_path: Path) -> None:
    kept = Kept(tmp_path, weights="w", host=HOST)
    kept.decide("dev-auto", {"backend": "openvino"})
    assert kept.decision("dev-auto") == {"backend": "openvino"}
    assert kept.decisions() == [{"backend": "openvino"}]
    newer = HOST | {"libraries": {"torch": "2.14.0"}}
    assert Kept(tmp_path, weights="w", host=newer).decision("dev-auto") is None
    assert Kept(tmp_path, weights="v", host=HOST).decision("dev-auto") is None
    [path] = tmp_path.rglob("dev-auto.json")
    path.write_text("{", encoding="utf-8")
    assert kept.decision("dev-auto") is None


def test_what_is_not_decided_for_is_removed(tmp_path: Path) -> None:
    kept = Kept(tmp_path, weights="w", host=HOST)
    for name in ("openvino", "onnx"):
        kept.conversion(name, write)
    kept.only({"openvino"})
    assert {path.parent.name for path in tmp_path.rglob("model.bin")} == {"openvino"}


def test_what_nobody_uses_goes(tmp_path: Path) -> None:
    def old(path: Path, days: float) -> None:
        os.utime(path, (time.time() - days * 86400,) * 2)

    folders = {}
    for weights in ("used", "unused", "gone", "gone-now"):
        folders[weights] = Kept(tmp_path, weights=weights, host=HOST).conversion("onnx", write)
    begun = folders["used"].parent / ".making-abc"
    begun.mkdir()
    old(begun, 2)
    old(folders["used"].parent, 29)
    old(folders["unused"].parent, 31)
    old(tmp_path / "gone", 1)
    kept_clear(tmp_path, published=lambda weights: not weights.startswith("gone"))
    there = {name for name, folder in folders.items() if folder.exists()}
    assert there == {"used", "gone-now"}  # whose job may not have stored anything yet
    assert not begun.exists()
    kept_clear(tmp_path / "nowhere", published=lambda weights: True)
