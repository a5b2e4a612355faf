"""Queries and passages are known by their id, else by their text; texts are stored once."""

from pathlib import Path

import pytest

from annotate.importing.keys import candidate_position
from annotate.models import Candidate, Judgment, Passage, Proposal, Query, Run, Source, Text
from tests.annotate.import_files import pair, places, refused, take, write
from tests.factory import Cast, make_cast

pytestmark = pytest.mark.django_db


def test_without_ids_the_text_decides(cast: Cast, tmp_path: Path) -> None:
    done = take(
        cast.project,
        write(tmp_path / "a.jsonl", pair("q", "p", 1), pair("q", "p2", 0), pair("q", "p", 1)),
    )
    assert (done.rows_read, done.rows_created, done.rows_repeated) == (3, 2, 1)
    assert (Query.objects.count(), Passage.objects.count(), Text.objects.count()) == (1, 2, 2)


def test_two_ids_may_share_a_text_which_is_stored_once(cast: Cast, tmp_path: Path) -> None:
    rows = [pair("q", "same", passage_id=f"p{n}", query_id=f"q{n}") for n in range(3)]
    take(cast.project, write(tmp_path / "a.jsonl", *rows, pair("q", "same")))
    assert (Query.objects.count(), Passage.objects.count(), Text.objects.count()) == (4, 4, 1)
    assert Candidate.objects.count() == 4


def test_an_id_cannot_be_mistaken_for_a_text(cast: Cast, tmp_path: Path) -> None:
    rows = [pair("q", "x", query_id="x", passage_id="q"), pair("x", "q")]
    take(cast.project, write(tmp_path / "a.jsonl", *rows))
    assert (Query.objects.count(), Passage.objects.count()) == (2, 2)


def test_a_title_that_is_left_out_contradicts_nothing(cast: Cast, tmp_path: Path) -> None:
    rows = [
        pair("q", "text", passage_id="p"),
        pair("r", "text", passage_id="p", title="Title"),
        {"query": "s", "passage_id": "p"},
    ]
    take(cast.project, write(tmp_path / "a.jsonl", *rows))
    assert Passage.objects.get().title == "Title"
    errors = refused(
        cast.project,
        write(tmp_path / "b.jsonl", {"query": "s", "passage_id": "p", "title": "Other"}),
    )
    assert places(errors) == [(1, "title")]


def test_rows_by_id_need_what_they_name(cast: Cast, tmp_path: Path) -> None:
    qrels = tmp_path / "judged.qrels"
    qrels.write_text("q1 0 d1 1\nq2 0 d1 0\nq1 0 d9 1\n")
    (tmp_path / "topics.tsv").write_text("q1\tfirst question\n")
    take(cast.project, tmp_path / "topics.tsv", format_name="trec-topics")
    errors = refused(cast.project, qrels, format_name="trec-qrels")
    assert places(errors) == [(1, "passage_id"), (2, "query_id"), (3, "passage_id")]
    assert "there is no passage “d1”" in errors[0]["message"]
    take(
        cast.project,
        write(
            tmp_path / "texts.jsonl",
            *(
                pair("first question", f"text {n}", query_id="q1", passage_id=n)
                for n in ("d1", "d9")
            ),
            pair("second", "text d1", query_id="q2", passage_id="d1"),
        ),
    )
    done = take(cast.project, qrels, format_name="trec-qrels")
    assert done.created == {"judgments": 3}
    assert Source.objects.get().name == "judged"


def test_a_run_by_id_proposes_candidates(cast: Cast, tmp_path: Path) -> None:
    take(
        cast.project,
        write(tmp_path / "a.jsonl", pair("question", "text d1", query_id="q1", passage_id="d1"),
              pair("another", "text d2", query_id="q2", passage_id="d2")),
    )  # fmt: skip
    run = tmp_path / "bm25.run"
    run.write_text("q1 Q0 d1 1 9.5 bm25\nq1 Q0 d2 2 8.25 bm25\n")
    done = take(cast.project, run, format_name="trec-run")
    assert done.created == {"candidates": 1, "runs": 1, "proposals": 2}
    assert done.format == "trec-run"
    assert Run.objects.get().name == "bm25"
    assert not Judgment.objects.exists()
    assert not Source.objects.exists()
    assert Proposal.objects.get(rank=2).score == 8.25


def test_a_beir_folder_with_a_title_alone(cast: Cast, tmp_path: Path) -> None:
    folder = tmp_path / "beir"
    (folder / "qrels").mkdir(parents=True)
    write(folder / "queries.jsonl", {"_id": "q1", "text": "question"})
    write(
        folder / "corpus.jsonl",
        {"_id": "d1", "title": "Only a title", "text": ""},
        {"_id": "d2", "title": "Title", "text": "Text", "metadata": {"url": "x"}},
    )
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\n")
    done = take(cast.project, folder, format_name="beir")
    assert (done.rows_read, done.rows_created) == (5, 5)
    alone = Passage.objects.get(external_id="d1")
    assert (alone.title, alone.text.text) == ("", "Only a title")
    assert Passage.objects.get(external_id="d2").metadata == {"url": "x"}
    assert Judgment.objects.count() == 2
    again = take(cast.project, folder, format_name="beir")
    assert (again.rows_created, again.rows_unchanged) == (0, 5)


def test_the_queue_order_does_not_depend_on_the_order_of_import(cast: Cast, tmp_path: Path) -> None:
    rows = [pair(f"q{n % 3}", f"p{n}", passage_id=f"d{n}" if n % 2 else None) for n in range(12)]
    take(cast.project, write(tmp_path / "a.jsonl", *rows))
    found = {row.passage.text.text: row.position for row in Candidate.objects.all()}
    order = [text for text, _ in sorted(found.items(), key=lambda item: item[1])]
    assert order != sorted(order)
    candidate = Candidate.objects.get(passage__external_id="d1")
    expected = candidate_position("library", candidate.query.key, candidate.passage.key)
    assert candidate.position == expected
    Candidate.objects.all().delete()
    take(cast.project, write(tmp_path / "b.jsonl", *reversed(rows)))
    assert {row.passage.text.text: row.position for row in Candidate.objects.all()} == found


def test_projects_share_nothing(cast: Cast, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", pair("q", "p", 1, passage_id="d", query_id="1"))
    take(cast.project, path)
    other = make_cast("museum").project
    assert take(other, path).rows_created == 1
    assert (Text.objects.count(), Source.objects.count()) == (2, 2)
