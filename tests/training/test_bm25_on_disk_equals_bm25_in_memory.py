"""BM25 on disk has the scores of bm25s, whatever its blocks, and reads what the baseline reads."""

import random
from pathlib import Path

import bm25s
import numpy as np
import pytest

from training.ml.data import Pair
from training.ml.measures.systems import bm25_scores
from training.ml.search.bm25 import K1, VARIANT, B
from training.ml.search.bm25_disk import Bm25Disk
from training.ml.search.corpus import corpus_write
from training.ml.search.tokens import Tokens
from training.ml.search.topk import TopK

WORDS = [f"{start}{end}" for start in ("sort", "read", "pars", "split") for end in "aeiouxyz"]


def written(folder: Path, queries: list[str], passages: list[str], block: int) -> TopK:
    corpus = corpus_write(folder / "passages", enumerate(passages))
    return Bm25Disk(folder / f"b{block}", corpus, queries, Tokens("none"), block=block).top(10)


def test_scores_are_those_of_bm25s_and_do_not_depend_on_blocks(tmp_path: Path) -> None:
    draw = random.Random(5)
    passages = [" ".join(draw.choices(WORDS, k=draw.randint(0, 12))) for _ in range(300)]
    queries = [" ".join(draw.choices(WORDS, k=3)) for _ in range(40)] + [
        "unknown",
        "",
        "sorta " * 3,
    ]
    found = written(tmp_path, queries, passages, 1000)
    for block in (7, 64, 300):
        blocked = written(tmp_path, queries, passages, block)
        assert np.array_equal(blocked.rows, found.rows)
        assert np.array_equal(blocked.scores, found.scores)
    known = bm25s.BM25(k1=K1, b=B, method=VARIANT)
    known.index([Tokens("none").terms(text) for text in passages], show_progress=False)
    for at, query in enumerate(queries):
        terms = [term for term in query.split() if term in known.vocab_dict]
        if not terms:
            assert (found.rows[at] == -1).all()
            continue
        scores = known.get_scores(terms)
        kept = found.rows[at] >= 0
        assert found.scores[at][kept] == pytest.approx(scores[found.rows[at][kept]], rel=1e-5)
        wanted = np.sort(scores[scores > 0])[::-1][:10]
        assert found.scores[at][kept] == pytest.approx(wanted, rel=1e-5)


def test_equal_passages_come_in_their_order_also_across_blocks(tmp_path: Path) -> None:
    found = written(tmp_path, ["sorta"], ["other words", *["sorta"] * 30], 4)
    assert found.rows[0].tolist() == list(range(1, 11))


def test_a_corpus_is_read_back_from_any_place(tmp_path: Path) -> None:
    texts = ["one", "", "zwei äöü", "三"]
    corpus = corpus_write(tmp_path / "c", zip([3, 5, 8, 9], texts, strict=True))
    assert corpus.ids.tolist() == [3, 5, 8, 9]
    assert [text for block in corpus.blocks(3) for text in block] == texts
    assert corpus.texts(2, 4) == texts[2:]
    assert len(corpus_write(tmp_path / "c", [(1, "ignored: it is there")])) == 4
    assert len(corpus_write(tmp_path / "empty", [])) == 0


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("en", "Sorting the lists, sorted", ["sort", "list", "sort"]),
        ("de", "Die Häuser der Städte", ["haus", "stadt"]),
        ("none", "Sorting a list", ["sorting", "list"]),
        ("en", "readCsvFile", ["readcsvfil", "read", "csv", "file"]),
        ("none", "read_csv HTTPServer2x", ["read_csv", "read", "csv", "httpserver2x", "http",
                                           "server"]),
        ("none", "東京都 検索 字", ["東京", "京都", "検索", "字"]),
        ("none", "", []),
    ],
)  # fmt: skip
def test_words_are_cut_by_language(language: str, text: str, terms: list[str]) -> None:
    assert Tokens(language).terms(text) == terms


@pytest.mark.parametrize(
    ("language", "query", "found"),
    [
        ("en", "read csv", "readCsv(path)"),
        ("de", "Häuser kaufen", "Ein Haus wurde gekauft."),
        ("none", "数据库", "数据库连接"),
    ],
)
def test_the_baseline_of_an_evaluation_reads_as_the_pool_does(
    tmp_path: Path, language: str, query: str, found: str
) -> None:
    texts = {"p0": found, "p1": "something else", "p2": "nothing at all"}
    corpus = corpus_write(tmp_path / "passages", enumerate(texts.values()))
    pooled = Bm25Disk(tmp_path / "index", corpus, [query], Tokens(language)).top(3)
    pairs = [pair(query, name, text) for name, text in texts.items()]
    scores = bm25_scores(pairs, language=language)["q"]
    assert pooled.rows[0].tolist() == [0, -1, -1]
    assert scores["p0"] == pytest.approx(float(pooled.scores[0][0]), rel=1e-5)
    assert (scores["p1"], scores["p2"]) == (0, 0)


def pair(query: str, name: str, text: str) -> Pair:
    return Pair(query_id="q", query=query, passage_id=name, title="", text=text,
                grade=0, gain=0, target=0, relevant=False)  # fmt: skip
