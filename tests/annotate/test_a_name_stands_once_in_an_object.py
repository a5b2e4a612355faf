"""JSON Lines with a name twice in one object are refused: nobody knows which value is meant."""

from pathlib import Path

import pytest

from tests.annotate.import_files import refused
from tests.factory import Cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('{"query": "a", "query": "b", "passage": "p"}', "query"),
        ('{"query": "a", "passage": "p", "topic": 1, "topic": 1}', "topic"),
        ('{"query": "a", "passage": "p", "m": {"k": [{"x": 1, "y": 2, "x": 3}]}}', "x"),
    ],
)
def test_the_line_and_the_name_are_told(cast: Cast, tmp_path: Path, line: str, field: str) -> None:
    path = tmp_path / "twice.jsonl"
    path.write_text(f'{{"query": "a", "passage": "p"}}\n{line}\n')
    [error] = refused(cast.project, path)
    assert (error["line"], error["field"]) == (2, field)
    assert "twice" in error["message"]
