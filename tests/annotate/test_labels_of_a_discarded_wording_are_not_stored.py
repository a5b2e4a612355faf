"""A label is of the wording that its row gives: where another one is kept, it is only counted."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from annotate.models import Import, Judgment, Source
from tests.annotate.import_files import pair, take, write
from tests.factory import Cast, bearer

pytestmark = pytest.mark.django_db
KIND = "labels_of_discarded_wordings"


def labels(source: str = "other") -> list[tuple[str, str, int]]:
    """(query, passage, grade) of a source's current labels."""
    rows = Judgment.objects.filter(current=True, source__name=source)
    return sorted(
        rows.values_list("candidate__query__text", "candidate__passage__text__text", "grade__value")
    )


def beir(folder: Path, text: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    write(folder / "corpus.jsonl", {"_id": "p", "text": text})
    write(folder / "queries.jsonl", {"_id": "q1", "text": "q"})
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tp\t1\n")
    return folder


def test_the_first_in_the_project_is_kept_and_labels_of_others_are_not(
    cast: Cast, tmp_path: Path
) -> None:
    take(
        cast.project,
        write(tmp_path / "a.jsonl", pair("q", "old", passage_id="p"), pair("r", "x", query_id="1")),
    )
    path = write(
        tmp_path / "b.jsonl",
        pair("q", "new", 1, passage_id="p"),
        pair("s", "old", 1, passage_id="p"),
        pair("r, reworded", "y", 1, query_id="1"),
        pair("r", "y", 0, query_id="1"),
        pair("q", "z", 1),
    )
    done = take(cast.project, path, source_name="other", on_conflict="first")
    assert labels() == [("q", "z", 1), ("r", "y", 0), ("s", "old", 1)]
    assert done.created[KIND] == 2
    assert done.created["judgments"] == 3


def test_nothing_but_discarded_labels_makes_no_source(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", pair("q", "old", passage_id="p")))
    path = write(tmp_path / "b.jsonl", pair("q", "new", 1, passage_id="p"))
    done = take(cast.project, path, on_conflict="first")
    assert done.created == {KIND: 1}
    assert not Source.objects.exists()


def test_another_title_is_another_wording(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", pair("q", "text", passage_id="p", title="T")))
    path = write(
        tmp_path / "b.jsonl",
        pair("q", "text", 1, passage_id="p", title="U"),
        pair("r", "text", 1, passage_id="p", title="T"),
        pair("s", "text", 1, passage_id="p"),
    )
    done = take(cast.project, path, source_name="other", on_conflict="first")
    assert [row[0] for row in labels()] == ["r", "s"]
    assert done.created[KIND] == 1


@pytest.mark.parametrize(
    ("on_conflict", "kept", "grades"),
    [("first", "A", [("q0", 0), ("q2", 0)]), ("last", "B", [("q1", 1), ("q3", 1)])],
)
def test_of_two_wordings_in_one_file_only_the_kept_one_is_labelled(
    cast: Cast, tmp_path: Path, on_conflict: str, kept: str, grades: list[tuple[str, int]]
) -> None:
    rows = [pair(f"q{n}", "AB"[n % 2], n % 2, passage_id="p") for n in range(4)]
    path = write(tmp_path / "a.jsonl", *rows)
    done = take(cast.project, path, source_name="other", on_conflict=on_conflict)
    assert labels() == [(query, kept, grade) for query, grade in grades]
    assert (done.created[KIND], done.created["judgments"]) == (2, 2)


def test_the_same_pair_labelled_on_both_wordings_keeps_the_label_of_the_kept_one(
    cast: Cast, tmp_path: Path
) -> None:
    rows = [pair("q", "A", 0, passage_id="p"), pair("q", "B", 1, passage_id="p")]
    done = take(
        cast.project,
        write(tmp_path / "a.jsonl", *rows),
        source_name="other",
        on_conflict="last",
    )
    assert labels() == [("q", "B", 1)]
    assert done.created[KIND] == 1


def test_labels_by_id_are_of_the_wording_their_file_gives(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", pair("q", "old", passage_id="p", query_id="q1")))
    done = take(
        cast.project, beir(tmp_path / "first", "new"), source_name="other", on_conflict="first"
    )
    assert (done.created, labels()) == ({KIND: 1}, [])
    same = take(
        cast.project, beir(tmp_path / "same", "old"), source_name="same", on_conflict="first"
    )
    assert (same.created, labels("same")) == ({"judgments": 1}, [("q", "old", 1)])
    by_id = write(tmp_path / "ids.jsonl", {"query_id": "q1", "passage_id": "p", "label": 1})
    take(cast.project, by_id, source_name="ids", on_conflict="first")
    assert labels("ids") == [("q", "old", 1)]
    last = take(
        cast.project, beir(tmp_path / "last", "new"), source_name="last", on_conflict="last"
    )
    assert KIND not in last.created
    assert labels("last") == [("q", "new", 1)]


def test_a_reference_after_a_discarded_wording_means_the_kept_one(
    cast: Cast, tmp_path: Path
) -> None:
    rows: list[dict[str, Any]] = [
        pair("q", "A", passage_id="p"),
        pair("r", "B", 1, passage_id="p"),
        {"query": "s", "passage_id": "p", "label": 1},
        {"query": "t", "passage_id": "p", "label": 1},
    ]
    path = write(tmp_path / "a.jsonl", *rows)
    take(cast.project, path, source_name="other", on_conflict="first")
    assert labels() == [("s", "A", 1), ("t", "A", 1)]


def test_page_api_and_command_say_how_many(client: Client, cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", pair("q", "old", passage_id="p")))
    path = write(tmp_path / "b.jsonl", pair("q", "new", 1, passage_id="p"))
    out = StringIO()
    call_command("import_data", "library", str(path), "--on-conflict", "first", stdout=out)
    assert "labels of discarded wordings: 1" in out.getvalue()
    row = Import.objects.latest("pk")
    answer = client.get(f"/api/v1/projects/library/imports/{row.pk}/", **bearer(cast.manager))
    assert answer.json()["created"] == {KIND: 1}
    client.force_login(cast.manager)
    page = client.get(f"/projects/library/imports/{row.pk}/").content.decode()
    assert "1 label was not stored" in page
