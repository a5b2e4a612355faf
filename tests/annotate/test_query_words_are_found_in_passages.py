"""The words of a query are found in passages: stemmed, inside identifiers, in code points."""

import timeit

import pytest
from django.test import Client

from accounts.services import project_update
from annotate.models import Passage
from annotate.templatetags.judging import marked
from annotate.texts.matching import READ, query_terms
from tests.factory import PASSWORD, Cast, bearer, make_candidate, make_passage, make_query


def found(query: str, text: str, language: str = "") -> list[str]:
    return [text[start:end] for start, end in query_terms(query, language).ranges(text)]


@pytest.mark.parametrize(
    ("query", "text", "language", "words"),
    [
        ("How do I read configurations?", "configured to be read, how?", "", "configured read"),
        ("default encoding", "getDefaultEncoding, ENCODINGS", "en", "Default Encoding ENCODINGS"),
        ("parse HTTPResponse", "http_response parsed", "", "http response parsed"),
        ("os.path.join", "os_path joined the path", "", "os path joined path"),
        ("the who", "Who is the best", "", "Who the"),  # nothing but stop words: these, then
        ("C pointers", "a C pointer", "", "C pointer"),
        ("Warum steigen die Ölpreise", "der ÖLPREIS beim Steigen", "de-DE", "ÖLPREIS Steigen"),
        ("cafés", "cafe\u0301 CAFÉ", "fr", "cafe\u0301 CAFÉ"),
        ("हिन्दी", "यह हिन्दी है", "hi", "हिन्दी"),
        ("机器学习", "关于机器学习方法和学习", "zh", "机器学习 学习"),
        ("runs", "run runs", "ja", "runs"),  # no stemmer: the word itself
        ("", "text", "", ""),
        ("word", "", "", ""),
    ],
)
def test_words_are_found(query: str, text: str, language: str, words: str) -> None:
    assert found(query, text, language) == words.split()


def test_ranges_are_code_points_in_order_and_bounded() -> None:
    text = "😀 match 😀😀 matching\r\n matched"
    assert query_terms("matches", "").ranges(text) == [(2, 7), (11, 19), (22, 29)]
    far = "x " * READ + "match"
    assert query_terms("match", "").ranges(far) == []


def test_an_item_brings_its_matches_and_the_page_marks_them_without_a_script(
    client: Client, cast: Cast
) -> None:
    project_update(project=cast.project, language="en")
    query = make_query(cast.project, "parsing <b>")
    passage = make_passage(cast.project, "<b>Parsed</b> & parsers", title="A parser")
    make_candidate(query, passage)
    url = "/api/v1/projects/library/tasks/lease/"
    body = client.post(url, {}, content_type="application/json", **bearer(cast.annotator)).json()
    assert body["items"][0]["matches"] == {
        "title": [],
        "text": [[1, 2], [3, 9], [11, 12]],
    }
    client.login(username=cast.annotator.username, password=PASSWORD)
    page = client.get("/projects/library/judge/").content.decode()
    assert "&lt;<mark>b</mark>&gt;<mark>Parsed</mark>&lt;/" in page
    assert Passage.objects.get().text.text == "<b>Parsed</b> & parsers"


def test_marking_changes_nothing_but_the_marks() -> None:
    assert marked("a<b", []) == "a&lt;b"
    assert marked("a<b>&", [(1, 2), (4, 5)]) == "a<mark>&lt;</mark>b&gt;<mark>&amp;</mark>"


def test_five_passages_take_about_a_millisecond() -> None:
    """Generous: the machine may be busy. `<= 1 ms` was measured on an idle one."""
    texts = [f"{at} costs of an index grow as retrieval pipelines rank " * 10 for at in range(5)]
    terms = query_terms("how do indexes cost retrieval", "en")
    best = min(timeit.repeat(lambda: [terms.ranges(text) for text in texts], number=1, repeat=20))
    assert best < 0.003
