"""One id with two texts, or one pair with two labels: refused with both lines, or resolved."""

from pathlib import Path

import pytest

from annotate.models import Judgment, Passage, Proposal, Query, QueryRevision
from tests.annotate.import_files import pair, places, refused, take, write
from tests.factory import Cast, make_judgment

pytestmark = pytest.mark.django_db


def texts() -> dict[str | None, str]:
    return {row.external_id: row.text.text for row in Passage.objects.select_related("text")}


def test_one_passage_id_with_two_texts_names_both_lines(cast: Cast, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        pair("q", "one", 1, passage_id="p"),
        pair("r", "other", 0, passage_id="p2"),
        pair("q2", "two", 1, passage_id="p"),
    )
    (error,) = refused(cast.project, path)
    assert (error["line"], error["field"]) == (3, "passage")
    assert "passage “p” has another text at line 1" in error["message"]
    take(cast.project, path, on_conflict="first")
    assert texts() == {"p": "one", "p2": "other"}


def test_the_last_text_of_a_file_wins_where_asked(cast: Cast, tmp_path: Path) -> None:
    rows = [pair(f"q{n}", text, 1, passage_id="p") for n, text in enumerate(["A", "B", "A"])]
    take(cast.project, write(tmp_path / "a.jsonl", *rows), on_conflict="last")
    assert texts() == {"p": "A"}
    assert Passage.objects.get().revision == 1


def test_a_text_that_contradicts_the_project_is_refused(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", pair("q", "one", passage_id="p", query_id="1")))
    path = write(
        tmp_path / "b.jsonl",
        pair("q", "two", passage_id="p", query_id="1"),
        pair("changed", "x", passage_id="p2", query_id="1"),
        pair("q", "one", passage_id="p", query_id="1", title="New title"),
    )
    errors = refused(cast.project, path)
    assert {(2, "query"), (2, "passage"), (1, "passage")} >= set(places(errors)[:2])
    assert any("in the project with another text" in error["message"] for error in errors)


def test_the_last_makes_a_revision_and_its_judgments_history(cast: Cast, tmp_path: Path) -> None:
    take(
        cast.project,
        write(
            tmp_path / "a.jsonl",
            pair("q", "old", 1, passage_id="p"),
            pair("q", "kept", 0, passage_id="k"),
        ),
        source_name="labels",
    )
    human = make_judgment(
        Passage.objects.get(external_id="p").candidates.get(), cast.annotator, grade=0
    )
    changed = write(tmp_path / "b.jsonl", pair("q", "new", 1, passage_id="p"))
    done = take(cast.project, changed, source_name="labels", on_conflict="last")
    assert done.created == {
        "texts": 1,
        "passages_changed": 1,
        "judgments_retired": 2,
        "judgments": 1,
    }
    assert (done.rows_created, done.rows_unchanged) == (1, 0)
    passage = Passage.objects.get(external_id="p")
    assert (passage.text.text, passage.revision) == ("new", 2)
    assert [(old.number, old.text.text) for old in passage.revisions.all()] == [(1, "old")]
    human.refresh_from_db()
    assert not human.current
    label = Judgment.objects.get(candidate__passage=passage, current=True)
    assert (label.kind, label.passage_revision, label.replaces_id) == ("imported", 2, None)
    assert Judgment.objects.filter(candidate__passage__external_id="k", current=True).count() == 1
    again = take(cast.project, changed, source_name="labels", on_conflict="last")
    assert (again.created, again.rows_unchanged) == ({}, 1)


def test_the_first_leaves_the_project_as_it_was(cast: Cast, tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", pair("q", "old", 1, passage_id="p", query_id="1", rank=1))
    take(cast.project, first, source_name="labels")
    changed = write(tmp_path / "b.jsonl", pair("r", "new", 0, passage_id="p", query_id="1", rank=2))
    done = take(cast.project, changed, source_name="labels", on_conflict="first")
    assert (done.created, done.rows_unchanged) == ({"labels_of_discarded_wordings": 1}, 1)
    assert texts() == {"p": "old"}
    assert Query.objects.get().text == "q"
    assert Judgment.objects.get().grade is not None
    assert Proposal.objects.get().rank == 1


def test_a_changed_query_keeps_its_old_wording_as_a_revision(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", pair("old", "p", 1, query_id="1")))
    changed = write(tmp_path / "b.jsonl", pair("new", "p", query_id="1"))
    done = take(cast.project, changed, on_conflict="last")
    assert done.created == {"queries_changed": 1, "judgments_retired": 1}
    query = Query.objects.get()
    assert (query.text, query.revision) == ("new", 2)
    assert [(row.number, row.text) for row in QueryRevision.objects.all()] == [(1, "old")]


def test_a_pair_with_two_labels_names_both_lines(cast: Cast, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", pair("q", "p", 1), pair("q", "x", 1), pair("q", "p", 0, rank=4)
    )
    (error,) = refused(cast.project, path)
    assert (error["line"], error["field"]) == (3, "label")
    assert "labelled 0 here and 1 at line 1" in error["message"]
    take(cast.project, path, on_conflict="last")
    labels = Judgment.objects.filter(candidate__passage__text__text="p")
    assert [label.grade.value for label in labels if label.grade] == [0]


def test_another_label_of_the_same_source_replaces_the_old_one(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1)), source_name="labels")
    path = write(tmp_path / "b.jsonl", pair("q", "p", 0))
    (error,) = refused(cast.project, path, source_name="labels")
    assert (error["line"], error["field"]) == (1, "label")
    assert "0 here and 1 by this source in the project" in error["message"]
    done = take(cast.project, path, source_name="labels", on_conflict="last")
    assert done.created == {"judgments": 1, "judgments_replaced": 1}
    old, new = Judgment.objects.order_by("current")
    assert (old.current, new.current, new.replaces_id) == (False, True, old.pk)


def test_another_source_may_say_otherwise(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "one.jsonl", pair("q", "p", 1)))
    take(cast.project, write(tmp_path / "two.jsonl", pair("q", "p", 0)))
    found = Judgment.objects.filter(current=True).values_list("source__name", "grade__value")
    assert sorted(found) == [("one", 1), ("two", 0)]


def test_a_run_with_two_ranks_for_a_pair_is_refused(cast: Cast, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", pair("q", "p", run="bm25", rank=1), pair("q", "p", run="bm25", rank=2)
    )
    (error,) = refused(cast.project, path)
    assert (error["line"], error["field"]) == (2, "rank")
    assert "run “bm25” has this pair with another rank at line 1" in error["message"]
    take(cast.project, path, on_conflict="last")
    assert Proposal.objects.get().rank == 2
    (error,) = refused(
        cast.project, write(tmp_path / "b.jsonl", pair("q", "p", run="bm25", rank=7))
    )
    assert (error["line"], error["field"]) == (1, "rank")
    more = write(tmp_path / "c.jsonl", pair("q", "p", run="dense", rank=7, score=0.5))
    assert take(cast.project, more).created == {"runs": 1, "proposals": 1}
