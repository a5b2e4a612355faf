"""Preferences are exported with both candidates, and their cells run in no spreadsheet."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from annotate.exporting import export_blocks
from annotate.formats.exported import COLUMNS
from annotate.models import Pair
from annotate.services.withdrawing import candidates_withdraw
from tests.annotate.import_files import refused, write
from tests.annotate.pairing import compare, make_pairs, offered, prefer, skip, tie, withdraw
from tests.factory import Cast, bearer, make_candidate, make_passage, make_query

pytestmark = pytest.mark.django_db


def exported(cast: Cast, format_name: str = "jsonl") -> bytes:
    blocks = export_blocks(cast.project, format_name=format_name, what="preferences")
    return b"".join(blocks)


def nasty(cast: Cast) -> Pair:
    """Compare two candidates whose every text a spreadsheet would run."""
    query = make_query(cast.project, "=1+1", "@q")
    for text in ("=cmd", "+1"):
        make_candidate(query, make_passage(cast.project, text, f"-{text}", title=f"@{text}"))
    [pair] = offered(cast.project)
    answer = prefer(pair, first=False, comment="=HYPERLINK()", seconds=2.5, flagged=True)
    compare(cast.project, cast.annotator, answer)
    return pair


def test_a_row_says_who_preferred_what_and_what_was_on_the_left(cast: Cast) -> None:
    pair = nasty(cast)
    row = json.loads(exported(cast))
    assert tuple(row) == COLUMNS["preferences"]
    chosen = {name: row[name] for name in ("kind", "action", "preferred", "tie", "left", "counted")}
    assert chosen == {
        "kind": "preference", "action": "prefer", "preferred": "second", "tie": False,
        "left": "first", "counted": True,
    }  # fmt: skip
    assert (row["query_id"], row["first_id"], row["second_id"]) == ("@q", "-=cmd", "-+1")
    assert (row["query"], row["first"], row["second"]) == ("=1+1", "=cmd", "+1")
    assert (row["annotator"], row["seconds"], row["flagged"]) == ("library-annotator", 2.5, True)
    assert (row["first_revision"], row["query_revision"]) == (1, 1)
    assert pair.preferences.get().comment == row["comment"] == "=HYPERLINK()"
    table = pq.read_table(io.BytesIO(exported(cast, "parquet")))
    assert table.column_names == list(COLUMNS["preferences"])
    assert table.to_pylist()[0]["tie"] is False


def test_csv_is_neutralised(cast: Cast) -> None:
    nasty(cast)
    [row] = csv.DictReader(io.StringIO(exported(cast, "csv").decode()))
    for name in ("query", "first_id", "first", "second_title", "second", "comment"):
        assert row[name].startswith("'"), name
    assert (row["tie"], row["counted"], row["preferred"]) == ("false", "true", "second")


def test_what_holds_goes_out_and_nothing_else(cast: Cast) -> None:
    first, second, third = make_pairs(cast.project, passages=4)
    undone = prefer(first)
    answers = (undone, tie(second), skip(third, "The query is unclear"))
    compare(cast.project, cast.annotator, *answers, withdraw(undone.id))
    rows = [json.loads(line) for line in exported(cast).splitlines()]
    assert [(row["action"], row["tie"]) for row in rows] == [("tie", True), ("skip", False)]
    assert rows[1]["skip_reason"] == "The query is unclear"
    candidates_withdraw(
        project=cast.project, by=cast.manager, reason="Off.", candidates=[second.first_id]
    )
    [row] = [json.loads(line) for line in exported(cast).splitlines()]
    assert row["action"] == "skip"


def test_other_formats_have_no_place_for_them_and_no_import_takes_them(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    nasty(cast)
    with pytest.raises(ValidationError, match="no preferences; choose what=qrels"):
        export_blocks(cast.project, format_name="beir", what="preferences")
    path = "/api/v1/projects/library/export/?what=preferences&format=csv"
    answer = client.get(path, **bearer(cast.reviewer))
    assert (answer.status_code, b"".join(answer)) == (200, exported(cast, "csv"))
    assert client.get(path, **bearer(cast.annotator)).status_code == 403  # the project is blind
    file = write(tmp_path / "back.jsonl", json.loads(exported(cast)))
    assert "not imported" in refused(cast.project, file)[0]["message"]
