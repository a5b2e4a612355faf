"""Judged pairs first, then mined ones; relevant ones always; the same seed, the same set."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.tiny_run import RecordingReporter, tiny_base, tiny_pairs, tiny_snapshot, tiny_spec
from training.ml.data import Pair, Snapshot
from training.ml.errors import DataError
from training.ml.recipe.asked import Place
from training.ml.recipe.learning import NOTHING, lesson_make
from training.ml.recipe.run import recipe_run
from training.ml.sets.compiling import Example, compile_examples
from training.ml.sets.likeness import Likeness
from training.ml.sets.mining import Mined, mined_read, mined_written, negatives_mine
from training.ml.sets.pools import Encoders
from training.ml.sets.shapes import examples_shape
from training.spec.base import SpecError
from training.spec.train import TrainSpec

NONE: Mapping[str, Sequence[Example]] = {}


def pair(query: int, passage: int, target: float) -> Pair:
    return Pair(
        query_id=f"q{query}",
        query=f"query {query}",
        passage_id=f"p{passage}",
        title="",
        text=f"passage {passage} speaks of thing {passage % 7}",
        grade=target,
        gain=target,
        target=target,
        relevant=target >= 0.5,
    )


pairs_drawn = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 20)),
    st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0]),
    min_size=1,
    max_size=60,
).map(lambda found: tuple(pair(q, p, target) for (q, p), target in sorted(found.items())))

specs_drawn = st.fixed_dictionaries(
    {
        "num_negatives": st.none() | st.integers(1, 5),
        "max_train_pairs": st.none() | st.integers(2, 40),
        "list_size": st.integers(2, 8),
        "seed": st.integers(0, 3),
    }
).map(TrainSpec.from_dict)


@settings(max_examples=150, deadline=None)
@given(pairs=pairs_drawn, spec=specs_drawn)
def test_relevant_pairs_stay_counts_add_up_and_a_seed_gives_the_same(
    pairs: tuple[Pair, ...], spec: TrainSpec
) -> None:
    found = compile_examples(pairs, spec, NONE, seed=spec.seed)
    chosen = [each.pair for each in found.examples]
    relevant = [each for each in pairs if each.relevant]
    assert [each for each in chosen if each.relevant] == relevant
    assert set(chosen) <= set(pairs)
    counted = found.statistics
    assert counted["relevant"] + counted["judged_not_relevant"] == counted["pairs"] == len(chosen)
    assert counted["judged_left_out"] == len(pairs) - len(chosen)
    if spec.max_train_pairs is not None:
        assert len(chosen) <= max(spec.max_train_pairs, len(relevant))
    if spec.num_negatives is not None:
        others = Counter(each.query_id for each in chosen if not each.relevant)
        positives = Counter(each.query_id for each in relevant)
        assert all(n <= spec.num_negatives * positives[query] for query, n in others.items())
    again = compile_examples(pairs, spec, NONE, seed=spec.seed)
    assert again == found


@settings(max_examples=150, deadline=None)
@given(pairs=pairs_drawn, spec=specs_drawn)
def test_lists_hold_what_is_best_and_what_is_not(pairs: tuple[Pair, ...], spec: TrainSpec) -> None:
    examples = compile_examples(pairs, spec, NONE, seed=spec.seed).examples
    told_apart = {
        query
        for query in {each.pair.query_id for each in examples}
        if len({each.pair.target for each in examples if each.pair.query_id == query}) > 1
    }
    if not told_apart:
        with pytest.raises(DataError, match="both a relevant passage and another one"):
            examples_shape(examples, "lists", spec)
        return
    dataset = examples_shape(examples, "lists", spec).dataset
    assert set(dataset["query"]) == {f"query {query[1:]}" for query in told_apart}
    listed = {(row["query"], text) for row in dataset for text in row["docs"]}
    for each in examples:
        if each.pair.relevant and each.pair.query_id in told_apart:
            best = max(e.pair.target for e in examples if e.pair.query_id == each.pair.query_id)
            mixed = any(
                not e.pair.relevant for e in examples if e.pair.query_id == each.pair.query_id
            )
            assert (each.pair.query, each.pair.text) in listed or (
                not mixed and each.pair.target < best
            )
    for row in dataset:
        assert len(set(row["labels"])) > 1
        assert 2 <= len(row["docs"]) == len(row["labels"]) <= spec.list_size
        assert len(set(row["docs"])) == len(row["docs"])
    margins = examples_shape(examples, "margins", spec).dataset
    assert all(label > 0 for label in margins["label"])


def test_a_query_without_others_leaves_the_negatives_of_the_rest_alone() -> None:
    pairs = [pair(0, 0, 1.0), pair(1, 1, 1.0), pair(1, 2, 0.0), pair(1, 3, 0.0), pair(2, 4, 0.0)]
    examples = compile_examples(pairs, TrainSpec(), NONE, seed=1).examples
    shaped = examples_shape(examples, "triplets", TrainSpec())
    (row,) = shaped.dataset
    assert row["anchor"] == "query 1"
    negatives = [text for name, text in row.items() if name.startswith("negative_")]
    assert Counter(negatives) == {pairs[2].text: 2, pairs[3].text: 2}
    assert shaped.left_out == {"no relevant passage": 1, "no other passage": 1}
    alone = [each for each in examples if each.pair.relevant]
    assert examples_shape(alone, "triplets", TrainSpec()).dataset.column_names == [
        "anchor", "positive",
    ]  # fmt: skip


def test_one_percent_of_relevant_pairs_is_thinned_without_losing_one() -> None:
    pairs = [pair(n // 100, n, float(n % 100 == 0)) for n in range(2000)]
    spec = TrainSpec(max_train_pairs=200)
    found = compile_examples(pairs, spec, NONE, seed=1)
    assert found.statistics["pairs"] == 200
    assert found.statistics["relevant"] == 20
    assert len({each.pair.query_id for each in found.examples if not each.pair.relevant}) == 20


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Texts that name the same thing point the same way, all the more the same text."""
    found = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text.split():
            found[row, sum(map(ord, word)) % 64] += 1
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


ENCODERS = Encoders(query=vectors, passage=vectors)


def corpus() -> Snapshot:
    """Two training queries with a relevant passage each, and passages of the other splits."""
    train = (pair(0, 0, 1.0), pair(0, 8, 0.0), pair(1, 1, 1.0))
    copies = (
        replace(pair(2, 90, 0.0), text=train[0].text),
        replace(pair(2, 91, 0.0), text=train[1].text),
    )
    test = (*copies, *(pair(3, n, float(n == 20)) for n in range(20, 40)))
    return tiny_snapshot(train=train, dev=tiny_pairs("dev", 2), test=test)


def mine(**changes: Any) -> Mined:
    values = {"mine_negatives": "both", "num_negatives": 4, "random_negatives": 2, **changes}
    spec = TrainSpec.from_dict(values)
    return negatives_mine(corpus(), spec, ENCODERS, seed=spec.seed)


def test_what_was_judged_or_is_a_copy_of_what_is_relevant_is_never_mined() -> None:
    mined = mine(relative_margin=None)
    assert set(mined.examples) == {"q0", "q1"}  # of the training split alone
    judged = {(each.query_id, each.passage_id) for each in corpus().splits["train"]}
    for query, own in mined.examples.items():
        assert [each.origin for each in own].count("random") == 2
        for each in own:
            assert (query, each.pair.passage_id) not in judged
            assert each.pair.query == f"query {query[1:]}"
            assert (each.pair.target, each.pair.relevant) == (0, False)
        assert query != "q0" or all(each.pair.passage_id != "p90" for each in own)
    assert mined.alike > 0
    texts = {each.text for each in corpus().splits["train"] if each.query_id == "q0"}
    assert not any(each.pair.text in texts for each in mined.examples["q0"])
    assert len(mined.examples["q0"]) == 3 + 2  # one of four was judged


def test_sentences_without_spaces_are_near_copies_by_their_signs() -> None:
    sentence = "北京市第一中级人民法院于二零二五年三月作出判决驳回上诉维持原判"
    likeness = Likeness()
    assert likeness.alike(sentence, f"{sentence}。此判决为终审判决"[:34])
    assert not likeness.alike(sentence, "上海市高级人民法院裁定准许撤回起诉并减半收取案件受理费用")


def test_the_margin_leaves_out_what_is_as_close_as_a_relevant_passage() -> None:
    strict, open_ = mine(relative_margin=0.5), mine(relative_margin=None)
    assert strict.too_close > 0
    assert open_.too_close == 0
    for own in strict.examples.values():
        for each in (each for each in own if each.origin != "random"):
            query = each.pair.query_id
            answer = next(p for p in corpus().splits["train"] if p.query_id == query)
            read = f"{each.pair.title} {each.pair.text}".strip()
            near, limit = vectors([read, answer.text]) @ vectors([each.pair.query])[0]
            assert near <= 0.5 * limit + 1e-6


def test_mined_ones_follow_judged_ones_and_are_counted_by_where_they_come_from() -> None:
    mined = mine(relative_margin=None)
    spec = TrainSpec(mine_negatives="both", num_negatives=4, random_negatives=2)
    found = compile_examples(corpus().splits["train"], spec, mined.examples, seed=1)
    counted = found.statistics
    assert counted["judged_not_relevant"] == 1
    assert counted["mined_bm25"] + counted["mined_bi-encoder"] == 3 + 4
    assert counted["random"] == 4
    own = [each.origin for each in found.examples if each.pair.query_id == "q0"]
    assert own[:2] == ["judged", "judged"]
    assert mined_read(mined_written(mined), corpus()) == mined
    assert mine(relative_margin=None) == mined


def test_a_recipe_says_how_many_it_wants_mined() -> None:
    with pytest.raises(SpecError, match="how many are wanted"):
        TrainSpec.from_dict({"mine_negatives": "bm25"})
    with pytest.raises(SpecError, match="above range_min"):
        TrainSpec.from_dict({"range_min": 10, "range_max": 10})


def test_a_run_mines_trains_on_it_and_says_so(tmp_path: Path) -> None:
    reporter = RecordingReporter()
    outcome = recipe_run(
        snapshot=tiny_snapshot(),
        spec=tiny_spec(
            "agro", mine_negatives="bm25", num_negatives=4, random_negatives=1, max_steps=2,
            relative_margin=None,
        ),
        base=tiny_base(tmp_path / "base"),
        folder=tmp_path / "model",
        reporter=reporter,
        place=Place(device="cpu"),
    )  # fmt: skip
    assert "mine" in reporter.stages
    found = outcome.facts["training_set"]
    assert found["random"] == found["relevant"]
    assert found["mined_bm25"] > 0
    assert found["pairs"] == outcome.facts["dataset"]["size"]
    assert any(line.startswith("Mined ") for line in reporter.lines)


@pytest.mark.parametrize(
    ("loss", "unread"),
    [("BinaryCrossEntropyLoss", 0), ("ListNetLoss", 36), ("MultipleNegativesRankingLoss", 84)],
)
def test_judged_pairs_for_which_a_row_has_no_room_are_counted(loss: str, unread: int) -> None:
    """Twelve queries of one relevant passage and eleven others; lists of nine, four negatives."""
    train = [
        pair(query, 20 * query + row, float(row == 0)) for query in range(12) for row in range(12)
    ]
    snapshot = tiny_snapshot(train=train)
    spec = tiny_spec("agro", loss=loss, list_size=9)
    lesson = lesson_make(snapshot, spec, NOTHING)
    assert lesson.statistics["judged_in_no_row"] == unread
    assert lesson.statistics["judged_left_out"] == 0
