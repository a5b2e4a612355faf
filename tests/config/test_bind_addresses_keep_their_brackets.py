"""An address to bind comes back as servers want it written."""

import pytest

from config.env import EnvError, read_bind


@pytest.mark.parametrize("address", ["127.0.0.1:8000", "[::1]:8000", "0.0.0.0:80", "localhost:1"])
def test_what_is_right_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ARBITER_TEST_VALUE", address)
    assert read_bind("ARBITER_TEST_VALUE") == address


def test_what_is_wrong_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARBITER_TEST_VALUE", "::1:8000")
    with pytest.raises(EnvError, match="HOST:PORT"):
        read_bind("ARBITER_TEST_VALUE")
