"""A browser that hangs costs a run seconds and fails no test: its context is closed for certain."""

import pytest

from tests.browsers import Chromium, ended_if_it_hangs, main_processes

pytestmark = pytest.mark.browser


def test_it_is_ended_and_the_next_test_gets_another(chromium: Chromium) -> None:
    hung = chromium.browser
    context = hung.new_context()
    context.new_page().set_content("<h1>Hello</h1>")
    for process in main_processes():
        process.suspend()
    told = pytest.warns(UserWarning, match="chromium did not close within 1 s")
    with told, ended_if_it_hangs(seconds=1):
        context.close()
    assert not hung.is_connected()
    with ended_if_it_hangs():
        chromium.browser.new_page().close()
    assert chromium.browser.is_connected()
    assert chromium.browser is not hung
