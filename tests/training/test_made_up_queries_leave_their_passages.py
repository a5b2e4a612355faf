"""Queries made from a corpus: what they are made of, what they leave, and what is dropped."""

from collections.abc import Collection

from training.ml.search.tokens import Tokens
from training.ml.silver.queries import (
    FIRST,
    OTHER,
    TITLE,
    Made,
    MadeQueries,
    Passage,
    queries_make,
)

PASSAGE = Passage(
    "json.JSONDecoder(*, strict=True)",
    "Decode a document of the JSON format.\n\nA string that is no JSON raises ValueError. Keys are"
    " strings.",
)


def made(*corpus: Passage, exclude: Collection[str] = (), seed: int = 0) -> MadeQueries:
    return queries_make(corpus, Tokens("en").terms, exclude=exclude, seed=seed)


def by_kind(found: MadeQueries) -> dict[str, Made]:
    return {each.kind: each for each in found.queries}


def test_a_title_becomes_words_and_is_taken_away() -> None:
    title = by_kind(made(PASSAGE))[TITLE]
    assert title.query == "json json decoder"
    assert title.rest == Passage("", PASSAGE.text)


def test_a_sentence_is_taken_out_of_its_passage() -> None:
    found = by_kind(made(PASSAGE))
    first = found[FIRST]
    assert first.query in ("Decode a document of the JSON format", "decode document json format")
    assert "Decode a document" not in first.rest.text
    assert first.rest.title == PASSAGE.title
    assert "strings" in first.rest.text
    if OTHER in found:
        assert found[OTHER].rest.text.startswith("Decode a document")


def test_a_sentence_that_is_repeated_is_taken_out_everywhere() -> None:
    twice = Passage("", "Close an old file. Then open another one, and read it. Close an old file.")
    firsts = [each for each in made(twice).queries if each.kind == FIRST]
    assert [each.rest.text for each in firsts] == ["Then open another one, and read it."]


def test_some_sentences_become_keywords_without_stop_words() -> None:
    corpus = [
        Passage("", f"Remove the item{n} of the list{n}. Say what item it is.") for n in range(60)
    ]
    firsts = [each.query for each in made(*corpus).queries if each.kind == FIRST]
    keywords = [query for query in firsts if " the " not in query]
    assert 10 < len(keywords) < 40
    assert all(query == query.lower() for query in keywords)


def test_trivial_queries_are_dropped_and_counted() -> None:
    found = made(
        Passage("open", "Open."),
        Passage("", "Nothing else stands here."),
        Passage("", " ".join(f"word{n}" for n in range(40)) + ". More of it follows here."),
    )
    assert found.dropped["too short"] >= 2
    assert found.dropped["nothing of its passage is left"] == 1
    assert found.dropped["too long"] == 1


def test_what_several_passages_give_is_no_query() -> None:
    found = made(
        Passage("", "Return a plain value. The alpha version keeps it."),
        Passage("", "Return a plain value. The beta version drops it."),
    )
    assert found.dropped["several passages give it"] == 2
    assert FIRST not in by_kind(found)


def test_a_labelled_query_is_never_made_up_again() -> None:
    free, kept = made(PASSAGE), made(PASSAGE, exclude=["JSON  JSON-Decoder"])
    assert TITLE in by_kind(free)
    assert TITLE not in by_kind(kept)
    assert kept.dropped["is a labelled query"] == 1


def test_the_same_seed_gives_the_same_queries() -> None:
    corpus = [Passage(f"name {n}", f"Copy part {n} of it. Then paste part {n}.") for n in range(9)]
    assert made(*corpus, seed=3) == made(*corpus, seed=3)
    assert made(*corpus, seed=3) != made(*corpus, seed=4)


def test_a_language_without_spaces_gives_queries_too() -> None:
    found = queries_make(
        [Passage("", "文書を並べ替える方法。検索の結果を評価する。")], Tokens("ja").terms
    )
    assert {each.kind for each in found.queries} == {FIRST, OTHER}
