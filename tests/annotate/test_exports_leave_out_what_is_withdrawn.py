"""What is withdrawn, be it a candidate, a passage or a query, is in no export until it is back."""

import csv
import io
import json
import re
import zipfile

import pyarrow.parquet as pq
import pytest

from accounts.models import User
from annotate.exporting import FORMATS, export_blocks
from annotate.models import Candidate, Judgment, Passage, Query
from annotate.services.withdrawing import (
    candidates_restore,
    candidates_withdraw,
    passages_restore,
    passages_withdraw,
    queries_restore,
    queries_withdraw,
)
from tests.factory import Cast, make_judgment, make_queue

pytestmark = pytest.mark.django_db
# Of three queries with four passages each, in pairs.
THERE = {f"q{query}p{passage}" for query in range(3) for passage in range(4)}
GONE = {"q0p0", "q0p1", "q2p0", "q2p1", "q2p2", "q2p3"}
EVERY = [
    (name, what) for name, kind in FORMATS.items() for what in kind.whats if what != "preferences"
]


@pytest.fixture
def queue(cast: Cast) -> list[Candidate]:
    """A project whose every candidate is judged, each second one as relevant."""
    rows = make_queue(cast.project, queries=3, passages=4)
    for number, row in enumerate(rows):
        make_judgment(row, cast.annotator, number % 2)
    return rows


def withdraw(cast: Cast) -> None:
    """Withdraw the candidate q0p0, the passage q0p1 and the query q2."""
    by: User = cast.manager
    project, reason = cast.project, "Not of this corpus."
    one = Candidate.objects.filter(passage__external_id="q0p0")
    candidates_withdraw(project=project, by=by, reason=reason, candidates=one)
    passage = Passage.objects.filter(external_id="q0p1")
    passages_withdraw(project=project, by=by, reason=reason, passages=passage)
    query = Query.objects.filter(external_id="q2")
    queries_withdraw(project=project, by=by, reason=reason, queries=query)


def restore(cast: Cast) -> None:
    project, by, reason = cast.project, cast.manager, "It is."
    everything = Candidate.objects.filter(withdrawn_at__isnull=False)
    candidates_restore(project=project, by=by, reason=reason, candidates=everything)
    passages = Passage.objects.filter(withdrawn_at__isnull=False)
    passages_restore(project=project, by=by, reason=reason, passages=passages)
    queries = Query.objects.filter(withdrawn_at__isnull=False)
    queries_restore(project=project, by=by, reason=reason, queries=queries)


def judged(cast: Cast, format_name: str, what: str) -> list[str]:
    """Return the passages that an export has a label for, in order."""
    body = b"".join(export_blocks(cast.project, format_name=format_name, what=what))
    if format_name == "parquet":
        return sorted(pq.read_table(io.BytesIO(body))["passage_id"].to_pylist())
    if format_name == "beir":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            [name] = [name for name in packed.namelist() if name.endswith(".tsv")]
            return sorted(
                line.split("\t")[1] for line in packed.read(name).decode().split("\n")[1:-1]
            )
    text = body.decode()
    if format_name == "csv":
        return sorted(row["passage_id"] for row in csv.DictReader(io.StringIO(text)))
    if format_name == "jsonl":
        return sorted(json.loads(line)["passage_id"] for line in text.splitlines())
    return sorted(re.findall(r"\bq\dp\d\b", text))


@pytest.mark.parametrize(("format_name", "what"), EVERY)
def test_labels_go_and_come_back(
    cast: Cast, queue: list[Candidate], format_name: str, what: str
) -> None:
    assert judged(cast, format_name, what) == sorted(THERE)
    withdraw(cast)
    assert judged(cast, format_name, what) == sorted(THERE - GONE)
    restore(cast)
    assert judged(cast, format_name, what) == sorted(THERE)
    assert Judgment.objects.filter(current=True).count() == len(queue)


def test_texts_of_a_beir_folder_go_with_their_passage_and_query(
    cast: Cast, queue: list[Candidate]
) -> None:
    withdraw(cast)
    body = b"".join(export_blocks(cast.project, format_name="beir"))
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        ids = {
            name: [json.loads(line)["_id"] for line in packed.read(name).splitlines()]
            for name in ("corpus.jsonl", "queries.jsonl")
        }
    # A candidate that is withdrawn leaves its passage, a query its passages, where they are.
    assert sorted(ids["corpus.jsonl"]) == sorted(THERE - {"q0p1"})
    assert ids["queries.jsonl"] == ["q0", "q1"]
    assert queue
