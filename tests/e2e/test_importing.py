"""A manager imports files in the browser, and sees the counts or what is wrong."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from annotate.models import Candidate
from tests.annotate.import_files import WORKER
from tests.browsers import log_in
from tests.factory import make_cast
from tests.processes import process

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def triplets(path: Path) -> Path:
    rows = [
        {
            "query": f"where is part {n}?",
            "positive_text": f"def part_{n}():\n    return {n}",
            "positive_doc_id": f"parts.py:{n}-{n + 1}",
            "negative_texts": [f"def other_{n}(): ...", "def shared(): ...", "def shared(): ..."],
            "negative_doc_ids": ["a.py:1", "b.py:1", "b.py:1"],
        }
        for n in range(5)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def send(page: Page, base: str, path: Path) -> None:
    page.goto(f"{base}/projects/library/imports/")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Import").click()


def test_counts_and_errors_appear_by_themselves(
    page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    cast = make_cast()
    log_in(page, live_server.url, cast.manager.username)
    send(page, live_server.url, triplets(tmp_path / "triplets.jsonl"))
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    with process(*WORKER):
        expect(page.get_by_text("Succeeded")).to_be_visible(timeout=60_000)
        facts = page.locator("dl.facts").first
        expect(facts).to_contain_text("Read20")
        expect(facts).to_contain_text("Exact repeats, merged5")
        expect(page.locator("main")).to_contain_text("triplets")
        bad = tmp_path / "bad.csv"
        bad.write_text("query,passage,label\nq,p,1\nq,r,excellent\n")
        send(page, live_server.url, bad)
        row = page.locator("tbody tr")
        expect(row).to_contain_text("excellent", timeout=60_000)
        expect(row.locator("td").nth(0)).to_have_text("3")
        expect(row.locator("td").nth(1)).to_have_text("label")
    page.goto(f"{live_server.url}/projects/library/imports/")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody")).to_contain_text("Refused")
    assert Candidate.objects.count() == 15
