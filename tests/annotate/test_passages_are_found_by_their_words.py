"""Candidates are found by the words of their passages: read, not read yet, and edited."""

import pytest
from django.test import Client

from accounts.services import project_delete
from annotate.models import Candidate, Passage, PassageWords, Text
from annotate.models.texts import text_digest
from annotate.selectors import narrowing
from annotate.services.indexing import passages_read
from annotate.texts.words import words_sought
from tests.factory import Cast, bearer, make_candidate, make_passage, make_query

CANDIDATES = "/api/v1/projects/library/candidates/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(cast: Cast) -> dict[str, Candidate]:
    query = make_query(cast.project, "How?", "how")
    texts = {
        "apple": "An apple a day keeps the doctor away.",
        "path": "Call os.path.join(parts) or get_value('x-ray').",
        "accent": "Ein schöner Tag – wirklich!",
        "long": "word " * 90_000 + "end",
    }
    return {
        name: make_candidate(query, make_passage(cast.project, text, name))
        for name, text in texts.items()
    }


def found(client: Client, cast: Cast, rows: dict[str, Candidate], words: str) -> list[str]:
    answer = client.get(CANDIDATES, {"q": words}, **bearer(cast.annotator))
    assert answer.status_code == 200, answer.content
    names = {str(row.pk): name for name, row in rows.items()}
    return [names[row["id"]] for row in answer.json()["results"]]


@pytest.mark.parametrize("read", [False, True])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("APPLE", ["apple"]),
        ("appl", ["apple"]),  # the beginning of a word
        ("ap", []),  # too short to be one
        ("doctor day", ["apple"]),
        ("doctor tag", []),
        ("join", ["path"]),
        ("get_value", ["path"]),
        ("x-ray", ["path"]),
        ("SCHÖNER", ["accent"]),
        ("word", ["long"]),
        ("accent", ["accent"]),  # an id
        ("…", []),
        ("' | !:*", []),
    ],
)
def test_words_beginnings_and_ids(
    client: Client,
    cast: Cast,
    rows: dict[str, Candidate],
    read: bool,
    words: str,
    expected: list[str],
) -> None:
    if read:
        assert passages_read() == len(rows)
    assert found(client, cast, rows, words) == expected


def test_many_passages_are_met_on_the_way(
    client: Client, cast: Cast, rows: dict[str, Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    passages_read()
    monkeypatch.setattr(narrowing, "FEW", 0)
    assert found(client, cast, rows, "apple") == ["apple"]
    make_candidate(rows["apple"].query, make_passage(cast.project, "fresh apples", "fresh"))
    assert found(client, cast, {**rows, "fresh": Candidate.objects.latest("pk")}, "apple") == [
        "apple",
        "fresh",
    ]


def test_an_edited_passage_is_read_again(
    client: Client, cast: Cast, rows: dict[str, Candidate]
) -> None:
    passages_read()
    passage = rows["apple"].passage
    text = Text.objects.create(
        project=cast.project, text="A pear instead.", digest=text_digest("A pear instead.")
    )
    passage.revisions.create(number=1, title=passage.title, text=passage.text)
    Passage.objects.filter(pk=passage.pk).update(text=text, revision=2)
    for _ in range(2):
        assert found(client, cast, rows, "apple") == ["apple"]  # by its id, which it keeps
        assert found(client, cast, rows, "doctor") == []
        assert found(client, cast, rows, "pear") == ["apple"]
        passages_read()
    assert passages_read() == 0


def test_words_leave_with_their_passage(cast: Cast, rows: dict[str, Candidate]) -> None:
    assert passages_read() == len(rows)
    project_delete(project=cast.project)
    assert not PassageWords.objects.exists()


def test_a_question_is_words_and_nothing_else() -> None:
    assert words_sought("a 'quote' & x | !y:*") == "'a' & 'quote':* & 'x' & 'y'"
    assert words_sought("<->") == ""
