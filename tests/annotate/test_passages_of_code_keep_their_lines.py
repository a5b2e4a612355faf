"""Whether a passage is shown as code is told by its metadata, or guessed from its lines."""

import json
import time
from pathlib import PurePosixPath
from typing import Any

import pytest
from django.test import Client

from annotate.texts.code import passage_is_code
from tests.factory import PASSWORD, Cast, make_candidate, make_passage, make_query
from tests.shared import SHARED, needs_shared

CODE = "def merged(a, b):\n    result = dict(a)\n    result.update(b)\n    return result\n"
JAVA = "public static void main() {\n  int x = 1;\n  run(x);\n}\n"
CHUNK = (
    "        'Cards Max',\n        'Maximum number of summary cards to load.',\n        [\n"
    "          ['Overview', '/docs/CARDS.md'],\n        ],\n      ),\n      MODEL: L(\n"
)
KEYS = "    exact: true\n  },\n  {\n    path: '/search',\n    component: Created('/search'),\n"
DOCUMENTED = 'def one(a):\n    """Return one.\n\n    The same for every a.\n    """\n    return 1\n'
SHELL = 'if [ -z "$BIN" ]; then\n  need_python\n  exit 1\nfi\ncd "$ROOT"\n'
YAML = "    - key: PORT\n      type: integer\n      description: Port of the server.\n"
SESSION = ">>> import json\n>>> json.dumps(1)\n'1'\n"
PROSE = (
    "CSV parsing and writing.\n\nThis module provides classes that assist in the reading and "
    "writing\nof files, and implements the interface described by PEP 305.\n\n    If it is so.\n"
)
QUOTING = "Return the dialect of a name.\n\ndialect = csv.get_dialect(name)"
LIST = "We need:\n- milk, eggs and bread\n- (perhaps) some cheese, too\n- nothing else.\n"
LEGAL = "The learned counsel submits:\nthat the appeal is barred;\nand that it fails.\n"


@pytest.mark.parametrize("text", [CODE, JAVA, SESSION, CHUNK, KEYS, DOCUMENTED, SHELL, YAML])
def test_code_is_seen(text: str) -> None:
    assert passage_is_code(text, {})


@pytest.mark.parametrize("text", [PROSE, LEGAL, QUOTING, LIST, "One line: of text;", ""])
def test_prose_is_left_alone(text: str) -> None:
    assert not passage_is_code(text, {})


def test_metadata_decides() -> None:
    assert passage_is_code("plain", {"type": "source code"})
    assert passage_is_code("plain", {"mimetype": "text/x-python"})
    assert not passage_is_code("plain", {"type": "docs", "kind": None})


@pytest.mark.parametrize(
    "piece", ["a", "a: ", "'", "(", "\n", " ", "} ", "A b, ", '""" ', "- a: b\n"]
)
def test_no_passage_takes_long_to_look_at(piece: str) -> None:
    begun = time.perf_counter()
    passage_is_code(piece * 100_000, {})
    assert time.perf_counter() - begun < 0.5


def test_a_querys_page_shows_code_as_code(client: Client, cast: Cast) -> None:
    query = make_query(cast.project, "merge two dictionaries")
    for text in (CODE, PROSE):
        make_candidate(query, make_passage(cast.project, text))
    client.login(username=cast.viewer.username, password=PASSWORD)
    page = client.get(f"/projects/library/queries/{query.pk}/").content.decode()
    cards = page.split('<li class="card">')[1:]
    code, prose = sorted(cards, key=lambda card: "PEP 305" in card)  # in no telling order
    assert '"passage-text code"' in code
    assert '"passage-text"' in prose


@needs_shared
def test_real_code_is_told_from_real_prose() -> None:
    """Chunks of code files, cut anywhere, and functions are code; what courts record is none."""
    functions = {row["candidate"] for row in _rows("cosqa/pairs.jsonl")}
    records = {row["candidate"] for row in _rows("legal/pairs.jsonl")}
    chunks: dict[str, str] = {}
    for row in _rows("agro/triplets.jsonl"):
        names = [row["positive_doc_id"], *row["negative_doc_ids"]]
        chunks |= zip([row["positive_text"], *row["negative_texts"]], names, strict=True)
    kinds = {text: PurePosixPath(name.partition(":")[0]).suffix for text, name in chunks.items()}
    assert _share(functions) == 1
    assert _share(records) == 0
    assert _share({text for text, kind in kinds.items() if kind in {".js", ".ts"}}) > 0.97
    assert _share({text for text, kind in kinds.items() if kind == ".py"}) > 0.92


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (SHARED / "data" / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _share(texts: set[str]) -> float:
    return sum(passage_is_code(text, {}) for text in texts) / len(texts)
