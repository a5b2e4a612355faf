"""A frozen line says whether people agreed and what the query's metadata calls it, by names."""

import json

import pytest

from accounts.blobs import blob_open
from annotate.frozen.naming import named_by
from tests.factory import Cast, make_candidate, make_judgment, make_label, make_passage, make_query
from tests.training.jobs import frozen_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def test_agreement_and_names_are_frozen(cast: Cast) -> None:
    project = cast.project
    project.overlap = 2
    project.save()
    for number in range(12):
        query = make_query(project, f"how to read file number {number}", f"q{number}")
        query.metadata = {"kind": "how", "narrative": "x" * 80, "tags": ["a"], "year": 2020}
        query.save()
        for row, grades in enumerate(((1, 1), (1, 0), (1,))):
            passage = make_passage(project, f"open file {number} row {row}", f"q{number}p{row}")
            candidate = make_candidate(query, passage)
            for slot, grade in enumerate(grades):
                make_judgment(candidate, (cast.annotator, cast.reviewer)[slot], grade, slot + 1)
        imported = make_passage(project, f"close {number}", f"q{number}p9")
        make_label(make_candidate(query, imported), 0)
    snapshot = frozen_snapshot(project)
    lines = [
        json.loads(line)
        for name in ("train", "dev", "test")
        for line in blob_open(snapshot.files[f"{name}.jsonl"]["sha256"])
    ]
    said = {line["passage_id"][-2:]: line["agreed"] for line in lines}
    assert said == {"p0": True, "p1": False, "p2": None, "p9": None}
    assert all(line["query_metadata"] == {"kind": "how", "year": "2020"} for line in lines)


def test_only_short_names_are_taken() -> None:
    assert named_by("{}") is None
    assert named_by('["a"]') is None
    assert named_by('{"said": "' + "a sentence " * 9 + '"}') is None
    assert named_by('{"hard": true, "n": 3, "none": null, "blank": " "}') == {
        "hard": "yes", "n": "3",
    }  # fmt: skip
    assert len(named_by(json.dumps({f"k{n}": "v" for n in range(30)})) or {}) == 10
