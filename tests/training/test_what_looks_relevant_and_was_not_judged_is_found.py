"""Mining keeps aside what is probably relevant, and the new model says of what it would be."""

from dataclasses import replace

from models_app.cards import card_render
from tests.models_app.facts import facts_of
from tests.tiny_run import RecordingReporter, tiny_pairs, tiny_run, tiny_snapshot
from tests.training.test_a_training_set_is_compiled_from_a_snapshot import ENCODERS, corpus, mine
from training.ml.data import Pair, Snapshot
from training.ml.models.find import BaseRequest, base_find
from training.ml.models.load import base_load
from training.ml.recipe.learning import NOTHING
from training.ml.recipe.likely import likely_find
from training.ml.sets.compiling import Example
from training.ml.sets.likely import Likely
from training.ml.sets.mining import Mined, mined_read, mined_written, negatives_mine
from training.spec.train import TrainSpec


def test_what_the_margin_leaves_out_is_kept_with_its_cosine_and_never_mined() -> None:
    mined = mine(relative_margin=0.5)
    judged = {(each.query_id, each.passage_id) for each in corpus().splits["train"]}
    found = [each for own in mined.likely.values() for each in own]
    assert {each.why for each in found} == {"close"}
    taken = {(e.pair.query_id, e.pair.passage_id) for own in mined.examples.values() for e in own}
    for each in found:
        key = (each.pair.query_id, each.pair.passage_id)
        assert key not in judged | taken
        assert each.near is not None
        assert each.near > 0
    assert mined_read(mined_written(mined), corpus()) == mined
    assert mine(relative_margin=0.5) == mined


def test_a_near_copy_of_a_relevant_passage_is_kept_and_the_very_text_of_one_is_judged() -> None:
    answer = " ".join(f"word{n}" for n in range(30))
    train = (own("q0", "p0", answer, relevant=True), own("q0", "p1", "another thing"))
    copies = (own("q1", "c0", answer), own("q1", "c1", f"{answer} indeed"))
    snapshot = tiny_snapshot(train=train, dev=tiny_pairs("dev", 2), test=copies)
    spec = TrainSpec(mine_negatives="bm25", num_negatives=4, relative_margin=None)
    mined = negatives_mine(snapshot, spec, ENCODERS, seed=1)
    (only,) = mined.likely["q0"]
    assert (only.pair.passage_id, only.why) == ("c1", "alike")
    assert mined.alike == 2


def test_what_was_judged_besides_the_snapshot_is_neither_a_negative_nor_likely() -> None:
    found = mine(relative_margin=0.5)
    taken = {query: {e.pair.passage_id for e in own} for query, own in found.examples.items()}
    aside = {query: {e.pair.passage_id for e in own} for query, own in found.likely.items()}
    assert all(taken.values())
    judged = {query: taken[query] | aside.get(query, set()) for query in taken}
    spec = TrainSpec(
        mine_negatives="both", num_negatives=4, random_negatives=2, relative_margin=0.5
    )
    again = negatives_mine(corpus(), spec, ENCODERS, seed=spec.seed, judged=judged)
    for query, known in judged.items():
        assert known.isdisjoint(each.pair.passage_id for each in again.examples[query])
        assert known.isdisjoint(each.pair.passage_id for each in again.likely.get(query, ()))


def own(query: str, passage: str, text: str, *, relevant: bool = False) -> Pair:
    target = float(relevant)
    return Pair(query, "word1 word2 thing", passage, "", text, target, target, target, relevant)


def mined_of(snapshot: Snapshot) -> Mined:
    """Two of another query's passages as mined ones: one is kept aside, one is a negative."""
    first, *_ = snapshot.splits["train"]
    texts = {"aside": "open and read the file number 9", "hard": "close the file number 9",
             "odd": "open and read the file number 8"}  # fmt: skip
    pairs = {
        name: replace(first, passage_id=name, title="", text=text, target=0.0, relevant=False)
        for name, text in texts.items()
    }
    return Mined(
        {first.query_id: [Example(pairs["hard"], "bm25"), Example(pairs["odd"], "bi-encoder"),
                          Example(replace(pairs["odd"], passage_id="drawn"), "random")]},
        1, 0, {first.query_id: [Likely(pairs["aside"], "close", 0.8)]},
    )  # fmt: skip


def test_what_scores_as_relevant_passages_do_is_found_best_first() -> None:
    run = tiny_run("agro")
    base = base_find(BaseRequest("tests/model", folder=run.outcome.folder))
    model = base_load(base, seed=0, max_length=64, device="cpu")
    reporter = RecordingReporter()
    reporter.stage("evaluate")
    # The bar is the median of those: of two alike, the score that both have.
    good = [pair for pair in run.snapshot.splits["train"] if pair.relevant]
    lowered = [replace(good[0], text="read the file")] + [
        pair for pair in run.snapshot.splits["train"] if not pair.relevant
    ]
    snapshot = tiny_snapshot(train=lowered)
    found = likely_find(model, snapshot, run.spec, mined_of(snapshot), reporter)
    assert found is not None
    names = [pair.passage_id for pair in found.pairs]
    assert "hard" not in names
    assert "drawn" not in names
    assert set(names) <= {"aside", "odd"}
    assert [pair.score for pair in found.pairs] == sorted(
        (pair.score for pair in found.pairs), reverse=True
    )
    assert all(pair.score >= found.facts["bar"] for pair in found.pairs)
    assert found.facts["looked_at"] == 3
    assert found.facts["found"] == len(names) > 0
    assert any(line.startswith(f"{len(names)} of 3 mined passages") for line in reporter.lines)
    assert likely_find(model, snapshot, run.spec, NOTHING, reporter) is None


def test_a_card_says_that_labels_may_be_missing() -> None:
    said = "that nobody judged looks relevant to this version"
    assert said not in card_render(facts_of())
    likely = {"looked_at": 9, "found": 1, "kept": 1, "bar": 0.5}
    assert f"1 passage {said}" in card_render({**facts_of(), "likely": likely})
