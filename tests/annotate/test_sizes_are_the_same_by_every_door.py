"""What is too long to be added by hand is refused by an import, with its line and field."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from annotate.formats.records import METADATA_CHARACTERS, TEXT_CHARACTERS, TITLE_CHARACTERS
from annotate.models import Passage, Query
from tests.annotate.import_files import pair, refused, take, write
from tests.factory import Cast, bearer

pytestmark = pytest.mark.django_db(transaction=True)
TEXT, TITLE = "字" * TEXT_CHARACTERS, "é" * TITLE_CHARACTERS
EMPTY = len(json.dumps({"m": ""}))
METADATA = "数" * (METADATA_CHARACTERS - EMPTY)
API = "/api/v1/projects/library"


def test_what_just_fits_is_taken_by_both(client: Client, cast: Cast, tmp_path: Path) -> None:
    fits = pair("q", TEXT, 1, title=TITLE, m=METADATA, **{"query.m": METADATA})
    take(cast.project, write(tmp_path / "fits.jsonl", fits))
    wish = {"text": TEXT[:-1] + "!", "title": TITLE, "metadata": {"m": METADATA}}
    answer = client.post(f"{API}/passages/", wish, "application/json", **bearer(cast.manager))
    assert answer.status_code == 201
    assert Passage.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"query": f"{TEXT}!"}, "query"),
        ({"passage": f"{TEXT}!"}, "passage"),
        ({"title": f"{TITLE}!"}, "title"),
        ({"m": f"{METADATA}!"}, "metadata"),
        ({"query.m": f"{METADATA}!"}, "query_metadata"),
        ({"passage.m": f"{METADATA}!"}, "passage_metadata"),
    ],
)
def test_a_character_more_is_refused_and_all_such_lines_are_told(
    cast: Cast, tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    row = {**pair("q", "p", 1), **change}
    path = write(tmp_path / "long.jsonl", pair("a", "b", 0), row, pair("c", "d", 7), row)
    errors = refused(cast.project, path)
    assert [(error["line"], error["field"]) for error in errors] == [
        (2, field), (3, "label"), (4, field),
    ]  # fmt: skip
    assert "characters" in errors[0]["message"]


def test_a_character_more_is_refused_by_hand(client: Client, cast: Cast) -> None:
    headers = bearer(cast.manager)
    for path, wish in (
        ("queries", {"text": f"{TEXT}!"}),
        ("passages", {"text": f"{TEXT}!"}),
        ("passages", {"text": "p", "title": f"{TITLE}!"}),
        ("passages", {"text": "p", "metadata": {"m": f"{METADATA}!"}}),
    ):
        answer = client.post(f"{API}/{path}/", wish, "application/json", **headers)
        assert answer.status_code == 400, (path, answer.content[:200])
    assert not Query.objects.exists()


def test_a_title_alone_is_a_text(cast: Cast, tmp_path: Path) -> None:
    folder = tmp_path / "beir"
    folder.mkdir()
    write(folder / "queries.jsonl", {"_id": "q", "text": "q"})
    write(folder / "corpus.jsonl", {"_id": "d", "title": f"{TITLE}!", "text": ""})
    take(cast.project, folder, format_name="beir")
    write(folder / "corpus.jsonl", {"_id": "e", "title": f"{TITLE}!", "text": "e"})
    [error] = refused(cast.project, folder, format_name="beir")
    assert (error["line"], error["field"]) == (1, "title")
