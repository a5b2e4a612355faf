"""The sample's queries and judgments hold together and resolve on this interpreter."""

import sys
from collections import Counter, defaultdict

import pytest

from training.ml.search.bm25 import Bm25
from training.sample import (
    GRADES,
    POOL_DEPTH,
    POOL_PYTHON,
    Judgment,
    Run,
    judgments_resolve,
    passage_text,
    sample_guidelines,
    sample_judgments,
    sample_passages,
    sample_queries,
)
from training.sample.docstrings import Corpus, Passage
from training.sample.pooling import sample_terms

KINDS = {"keyword", "question", "how-to", "symptom", "paraphrase", "no-answer"}


@pytest.fixture(scope="module")
def by_query() -> dict[str, list[Judgment]]:
    grouped: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments_resolve().judgments:
        grouped[judgment.query_id].append(judgment)
    return grouped


def test_there_are_enough_queries_of_every_kind() -> None:
    queries = sample_queries()
    assert len(queries) >= 160
    assert len({query.id for query in queries}) == len(queries)
    assert len({query.text.casefold() for query in queries}) == len(queries)
    kinds = Counter(query.kind for query in queries)
    assert set(kinds) == KINDS
    assert min(kinds.values()) >= 5


def test_every_query_has_ten_judged_candidates(by_query: dict[str, list[Judgment]]) -> None:
    assert not [query.id for query in sample_queries() if len(by_query[query.id]) < 10]
    assert set(by_query) == {query.id for query in sample_queries()}


def test_a_pair_is_judged_once_with_a_grade_of_the_scheme() -> None:
    judgments = sample_judgments()
    assert len({(it.query_id, it.passage) for it in judgments}) == len(judgments)
    assert {it.grade for it in judgments} == set(GRADES)


def test_nearly_all_names_resolve_here() -> None:
    resolved = judgments_resolve()
    assert resolved.share >= 0.95
    total = len(resolved.judgments) + resolved.merged + len(resolved.dropped)
    assert total == len(sample_judgments())


def test_nearly_every_query_has_something_to_find_and_something_to_rank_below_it(
    by_query: dict[str, list[Judgment]],
) -> None:
    answerable = [query for query in sample_queries() if query.kind != "no-answer"]
    found = [query for query in answerable if any(it.grade == 3 for it in by_query[query.id])]
    assert len(found) / len(answerable) >= 0.95
    for query in found:
        grades = [it.grade for it in by_query[query.id]]
        assert sum(grade < 3 for grade in grades) >= 5, query.id
        assert sum(grade == 3 for grade in grades) <= 7, query.id


def test_where_nothing_fits_nothing_is_called_the_thing_to_use(
    by_query: dict[str, list[Judgment]],
) -> None:
    unanswerable = [query for query in sample_queries() if query.kind == "no-answer"]
    assert not [q.id for q in unanswerable if any(it.grade == 3 for it in by_query[q.id])]


def test_a_known_item_is_the_thing_to_use_and_has_no_rank() -> None:
    known = [it for it in sample_judgments() if "known-item" in {run.name for run in it.runs}]
    assert known
    assert {it.grade for it in known} == {3}
    assert {(run.rank, run.score) for it in known for run in it.runs} == {(None, None)}


def test_each_run_ranks_its_top_ten_without_gaps() -> None:
    ranks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for it in sample_judgments():
        for run in it.runs:
            if run.rank is not None:
                ranks[it.query_id, run.name].append(run.rank)
    for (query, name), found in ranks.items():
        assert sorted(found) == list(range(1, len(found) + 1)), (query, name)
        assert len(found) == POOL_DEPTH or name == "bm25", (query, name)


def test_everything_bm25_pools_here_is_judged() -> None:
    passages = sample_passages()
    index = Bm25([passage_text(it) for it in passages], sample_terms)
    judged = {(it.query_id, it.passage) for it in judgments_resolve().judgments}
    pooled = [
        (query.id, passages[row].name)
        for query in sample_queries()
        for row, _ in index.top(query.text, POOL_DEPTH)
    ]
    missing = [pair for pair in pooled if pair not in judged]
    if sys.version_info[:3] == POOL_PYTHON:
        assert not missing
    assert len(missing) <= len(pooled) / 100  # docstrings change a little with every release


def test_twins_have_the_same_grade(by_query: dict[str, list[Judgment]]) -> None:
    texts = {it.name: it.text for it in sample_passages()}
    for query, judgments in by_query.items():
        grades: dict[str, set[int]] = defaultdict(set)
        for it in judgments:
            grades[texts[it.passage]].add(it.grade)
        assert not [text for text, found in grades.items() if len(found) > 1], query


def test_a_name_that_does_not_resolve_is_dropped_and_counted() -> None:
    corpus = Corpus((Passage("a.f", "a.f()", "text"),), {"a.old": "a.f"})
    gone = Judgment("q", "a.gone", 0)
    resolved = judgments_resolve([Judgment("q", "a.f", 3), Judgment("r", "a.old", 1), gone], corpus)
    assert resolved.judgments == (Judgment("q", "a.f", 3), Judgment("r", "a.f", 1))
    assert resolved.dropped == (gone,)
    assert resolved.share == pytest.approx(2 / 3)


def test_of_two_names_of_one_passage_the_one_with_runs_stands() -> None:
    corpus = Corpus((Passage("a.f", "a.f()", "text"),), {"a.old": "a.f"})
    runs = (Run("bm25", 1, 2.5),)
    new, old = Judgment("q", "a.f", 3), Judgment("q", "a.old", 2)
    assert judgments_resolve([old, new], corpus).judgments == (new,)
    pooled = judgments_resolve([new, Judgment("q", "a.old", 2, runs)], corpus)
    assert pooled.judgments == (Judgment("q", "a.f", 2, runs),)
    assert pooled.merged == 1
    assert pooled.share == pytest.approx(1.0)


def test_the_guidelines_explain_every_grade() -> None:
    text = sample_guidelines()
    assert all(f"| {grade} |" in text for grade in GRADES)
