"""Whether a passage is shown as code is told by its metadata, or guessed from its lines."""

import pytest

from annotate.selectors.items import passage_is_code

CODE = "def merged(a, b):\n    result = dict(a)\n    result.update(b)\n    return result\n"
JAVA = "public static void main() {\n  int x = 1;\n  run(x);\n}\n"
SESSION = ">>> import json\n>>> json.dumps(1)\n'1'\n"
PROSE = (
    "CSV parsing and writing.\n\nThis module provides classes that assist in the reading and "
    "writing\nof files, and implements the interface described by PEP 305.\n\n    If it is so.\n"
)
LEGAL = "The learned counsel submits:\nthat the appeal is barred;\nand that it fails.\n"


@pytest.mark.parametrize("text", [CODE, JAVA, SESSION])
def test_code_is_seen(text: str) -> None:
    assert passage_is_code(text, {})


@pytest.mark.parametrize("text", [PROSE, LEGAL, "One line: of text;", ""])
def test_prose_is_left_alone(text: str) -> None:
    assert not passage_is_code(text, {})


def test_metadata_decides() -> None:
    assert passage_is_code("plain", {"type": "source code"})
    assert passage_is_code("plain", {"mimetype": "text/x-python"})
    assert not passage_is_code("plain", {"type": "docs", "kind": None})
