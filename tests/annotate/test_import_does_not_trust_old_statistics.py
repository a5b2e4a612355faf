"""An import stays linear where the planner was told, before it, that the tables are empty."""

import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from tests.annotate.import_files import pair, take, write
from tests.factory import Cast, make_judgment, make_queue

pytestmark = pytest.mark.django_db
ROWS = 10_000
TABLES = (
    "annotate_query, annotate_passage, annotate_text, annotate_candidate, annotate_proposal,"
    " annotate_judgment, annotate_run, annotate_source"
)


def test_statistics_of_empty_tables_cost_no_squares(cast: Cast, tmp_path: Path) -> None:
    rows = (
        pair(f"q{n // 10}", f"p{n}", n % 2, query_id=f"a{n // 10}", passage_id=f"b{n}", rank=n % 10)
        for n in range(ROWS)
    )
    path = write(tmp_path / "many.jsonl", *rows)
    began = time.monotonic()
    before = transaction.savepoint()
    take(cast.project, path)
    transaction.savepoint_rollback(before)
    plain = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLES}")
    began = time.monotonic()
    done = take(cast.project, path)
    assert done.created["candidates"] == ROWS
    assert time.monotonic() - began < 3 * plain + 2  # without care it is tens of times as long


def test_a_repeat_costs_no_squares_either(cast: Cast, tmp_path: Path) -> None:
    for item in make_queue(cast.project, 10, 10):
        make_judgment(item, cast.annotator, 1)  # of people alone: labels are unheard of
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLES}")
    rows = (
        pair(f"q{n // 10}", f"p{n}", n % 2, query_id=f"a{n // 10}", passage_id=f"b{n}", rank=n % 10)
        for n in range(ROWS)
    )
    path = write(tmp_path / "many.jsonl", *rows)
    began = time.monotonic()
    take(cast.project, path)
    first = time.monotonic() - began
    began = time.monotonic()
    again = take(cast.project, path)
    assert again.rows_unchanged == ROWS
    assert time.monotonic() - began < 3 * first + 2
