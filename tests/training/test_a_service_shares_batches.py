"""Requests that come at the same time are computed together, and each gets its own scores."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder

from tests.tiny import tiny_cross_encoder
from training.ml.models.find import BaseRequest, base_find
from training.ml.models.published import served_load
from training.ml.scoring import logits
from training.ml.serving.asked import Answer, Ask, BusyError, Document, LateError, TooLongError
from training.ml.serving.engine import Engine
from training.ml.serving.sharing import Sharing
from training.ml.tokenised import Features

WORDS = (
    "how",
    "to",
    "read",
    "a",
    "file",
    "write",
    "list",
    "sort",
    "string",
    "join",
    "find",
    "text",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross_encoder(tmp_path_factory.mktemp("served"))


@pytest.fixture
def engine(folder: Path) -> Engine:
    return Engine(served_load(base_find(BaseRequest("served", folder=folder))))


def documents(count: int, *, words: int = 6, seed: int = 0) -> list[Document]:
    chosen = np.random.default_rng(seed).choice(WORDS, size=(count, words))
    return [Document(" ".join(each)) for each in chosen]


def answered(engine: Engine, sharing: Sharing, ask: Ask, within: float = 30) -> Answer:
    work = engine.work(ask)
    return work.answer(sharing.compute(engine, work, within=within))


def held(engine: Engine) -> tuple[Callable[[], None], list[int]]:
    """Hold the first batch back until the returned function is called; list the batches' sizes."""
    free, sizes, exact = threading.Event(), list[int](), engine.exact

    def forward(features: Features) -> NDArray[np.float32]:
        sizes.append(len(features["input_ids"]))
        free.wait(30)
        return exact(features)

    engine.forward = forward
    return free.set, sizes


def test_an_answer_is_what_the_model_predicts(engine: Engine) -> None:
    own = [*documents(40, seed=1), *documents(3, words=15, seed=2)]
    found = answered(engine, Sharing(limit=100), Ask(query="read a file", documents=own))
    model: CrossEncoder = engine.model
    texts = [("read a file", each.text) for each in own]
    assert found.logits == pytest.approx(logits(model, texts, batch_size=8).tolist(), abs=1e-6)
    scores = 1 / (1 + np.exp(-np.array(found.logits)))
    assert scores == pytest.approx(model.predict(texts), abs=1e-6)
    # Special tokens and the query are read with every document.
    assert found.tokens == sum(
        len(model.tokenizer(*text)["input_ids"]) for text in texts
    )  # fmt: skip


def test_callers_share_batches_and_get_their_own_scores(engine: Engine) -> None:
    sharing = Sharing(limit=1000)
    release, sizes = held(engine)
    asks = [Ask(query=f"find {word}", documents=documents(5, seed=at)) for at, word in
            enumerate(WORDS[:8])]  # fmt: skip
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(answered, engine, sharing, asks[0])
        while not sizes:
            time.sleep(0.01)
        others = [pool.submit(answered, engine, sharing, ask) for ask in asks[1:]]
        while sharing.pairs_waiting < 7 * 5:
            time.sleep(0.01)
        release()
        found = [each.result() for each in [first, *others]]
    assert sizes == [5, 35]  # the first had come alone; seven others are one batch
    assert (sharing.counts.batches, sharing.counts.shared, sharing.counts.pairs) == (2, 1, 40)
    alone = [answered(engine, Sharing(limit=10), ask) for ask in asks]
    for together, own in zip(found, alone, strict=True):
        assert together.logits == pytest.approx(own.logits, abs=1e-6)
        assert together.tokens == own.tokens


def test_what_is_much_shorter_joins_no_batch(engine: Engine) -> None:
    sharing = Sharing(limit=1000)
    release, sizes = held(engine)
    long, short = documents(4, words=40, seed=1), documents(6, words=2, seed=2)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(answered, engine, sharing, Ask(query="a", documents=short[:1]))
        while not sizes:
            time.sleep(0.01)
        second = pool.submit(answered, engine, sharing, Ask(query="a", documents=long))
        while sharing.pairs_waiting < 4:
            time.sleep(0.01)
        third = pool.submit(answered, engine, sharing, Ask(query="a", documents=short))
        while sharing.pairs_waiting < 10:
            time.sleep(0.01)
        release()
        for each in (first, second, third):
            each.result()
    assert sizes == [1, 4, 6]


def test_too_much_at_once_is_told_when_to_come_again(engine: Engine) -> None:
    sharing = Sharing(limit=10)
    release, sizes = held(engine)
    ask = Ask(query="sort", documents=documents(8))
    with ThreadPoolExecutor(2) as pool:
        # More than the limit, where nothing waits, is done.
        first = pool.submit(answered, engine, sharing, Ask(query="a", documents=documents(11)))
        while not sizes:
            time.sleep(0.01)
        second = pool.submit(answered, engine, sharing, ask)
        while sharing.pairs_waiting < 8:
            time.sleep(0.01)
        with pytest.raises(BusyError) as refused:
            answered(engine, sharing, Ask(query="join", documents=documents(3)))
        assert refused.value.seconds >= 1
        release()
        assert len(first.result().logits) == 11
        assert len(second.result().logits) == 8


def test_who_waits_too_long_leaves_nothing_behind(engine: Engine) -> None:
    sharing = Sharing(limit=10)
    release, sizes = held(engine)
    with pytest.raises(LateError):
        answered(engine, sharing, Ask(query="a", documents=documents(2)), within=0.2)
    with pytest.raises(LateError):
        answered(engine, sharing, Ask(query="b", documents=documents(2)), within=0.2)
    assert sharing.pairs_waiting == 0
    release()
    assert len(answered(engine, sharing, Ask(query="c", documents=documents(2))).logits) == 2
    assert sizes == [2, 2]  # nothing was computed for the second, which nobody waits for


def test_a_model_that_fails_fails_whom_it_concerns(engine: Engine) -> None:
    sharing = Sharing(limit=100)
    exact, engine.forward = (
        engine.exact,
        lambda features: np.full(len(features["input_ids"]), np.nan),
    )
    with pytest.raises(ArithmeticError):
        answered(engine, sharing, Ask(query="a", documents=documents(2)))
    engine.forward = exact
    assert len(answered(engine, sharing, Ask(query="a", documents=documents(2))).logits) == 2


def test_equal_documents_tie_to_the_last_bit(engine: Engine) -> None:
    copy = Document("split a string " * 3)
    own = [each for other in documents(40, words=20) for each in (other, copy)]
    found = answered(engine, Sharing(limit=100), Ask(query="split", documents=own))
    assert len(set(found.logits[1::2])) == 1
    assert len(set(found.logits[::2])) == 40


def test_a_long_document_is_as_good_as_its_best_part(engine: Engine) -> None:
    sharing = Sharing(limit=1000)
    words = documents(1, words=300, seed=3)[0].text.split()
    ask = {"query": "find text", "documents": [Document(" ".join(words))]}

    def score(**options: int | bool) -> float:
        return answered(engine, sharing, Ask(**ask, **options)).logits[0]  # type: ignore[arg-type]

    def alone(text: str) -> float:
        return float(logits(engine.model, [("find text", text)], batch_size=1)[0])

    # The model reads 64 tokens: 3 special ones, 2 of the query, 59 of the document.
    begin, end = " ".join(words[:59]), " ".join(words[-59:])
    assert score() == pytest.approx(alone(begin), abs=1e-6)
    assert score(keep_end=True) == pytest.approx(alone(end), abs=1e-6)
    assert score(tokens=20) == pytest.approx(alone(" ".join(words[:20])), abs=1e-6)
    starts = [45 * part for part in range(6)]
    parts = [alone(" ".join(words[at : at + 59])) for at in (*starts, 300 - 59)]
    assert score(chunks=10) == pytest.approx(max(parts), abs=1e-6)
    assert score(chunks=3) == pytest.approx(max(parts[:3]), abs=1e-6)
    with pytest.raises(TooLongError, match=r"305 tokens together; this model reads 64"):
        score(truncate=False)
    short = answered(engine, sharing, Ask(query="a", documents=documents(1), truncate=False))
    assert len(short.logits) == 1
