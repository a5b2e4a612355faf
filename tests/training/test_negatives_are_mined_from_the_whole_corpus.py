"""The corpus of a project is copied, searched on disk as the snapshot is in memory, and named."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from annotate.models import Passage
from annotate.selectors.pooling import passages_keyed
from annotate.services.erasing import erasure_create
from annotate.services.golding import GoldWish, golds_set
from annotate.services.withdrawing import passages_withdraw
from models_app.models import Version
from tests.factory import Cast, make_candidate, make_judgment, make_label, make_passage
from tests.models_app.published import facts_made, publish
from tests.training.jobs import (
    RECIPE,
    frozen_snapshot,
    label_project,
    make_job,
    run_job,
    tiny_base,
)
from tests.training.test_a_training_set_is_compiled_from_a_snapshot import ENCODERS, corpus, mine
from training.ml.sets.compiling import by_query
from training.ml.sets.corpus_pool import CorpusPool, Passages, corpus_copy, corpus_facts
from training.ml.sets.mining import Mined, mined_read, mined_written, negatives_mine
from training.models import LikelyPair, TrainingJob
from training.process.preparing import corpus_fetch, judged_fetch, snapshot_fetch
from training.selectors.jobs import last_mined
from training.services.claims import job_claim
from training.services.erasing import erasure_run
from training.spec.base import SpecError
from training.spec.train import TrainSpec

CORPUS = {"mine_from": "corpus", "mine_negatives": "bm25", "num_negatives": 8}


def own_passages() -> list[tuple[str, str, str]]:
    """The passages of the snapshot of these tests."""
    pairs = [pair for split in corpus().splits.values() for pair in split]
    found = {pair.passage_id: (pair.title, pair.text) for pair in pairs}
    return [(name, *found[name]) for name in sorted(found)]


def mined_on_disk(
    folder: Path, passages: Sequence[tuple[str, str, str]], **changes: object
) -> Mined:
    spec = TrainSpec.from_dict(
        {"mine_negatives": "both", "num_negatives": 4, "random_negatives": 2, **changes}
    )
    corpus_copy(folder / "corpus", passages)
    snapshot = corpus()
    pool = CorpusPool(
        folder / "corpus",
        folder / "work",
        by_query(snapshot.splits["train"]),
        spec,
        ENCODERS,
        language="english",
        progress=lambda _done, _total: None,
    )
    return negatives_mine(snapshot, spec, ENCODERS, seed=spec.seed, pool=pool)


@pytest.mark.parametrize("margin", [None, 0.5])
def test_the_same_passages_give_the_same_negatives_as_in_memory(
    tmp_path: Path, margin: float | None
) -> None:
    found = mined_on_disk(tmp_path, own_passages(), relative_margin=margin)
    known = mine(relative_margin=margin)
    assert found.examples == known.examples
    assert (found.too_close, found.alike) == (known.too_close, known.alike)
    assert {query: [each.pair for each in own] for query, own in found.likely.items()} == {
        query: [each.pair for each in own] for query, own in known.likely.items()
    }
    again = mined_on_disk(tmp_path, [], relative_margin=margin)  # what was copied stays
    assert again == found


def test_passages_that_nobody_judged_are_mined_with_their_texts(tmp_path: Path) -> None:
    new = [(f"new{n}", f"Title {n}", f"query 1 and thing {n}") for n in range(3)]
    found = mined_on_disk(tmp_path, [*own_passages(), *new], mine_negatives="bm25",
                          relative_margin=None)  # fmt: skip
    texts = {each.pair.passage_id: each.pair.title for each in found.examples["q1"]}
    assert texts["new0"] == "Title 0"
    named = replace(found, corpus=corpus_facts(tmp_path / "corpus"))
    assert mined_read(mined_written(named), corpus()) == named
    assert named.corpus is not None
    assert named.corpus["passages"] == len(own_passages()) + 3
    corpus_copy(tmp_path / "other", [*own_passages(), *new[:2]])
    assert corpus_facts(tmp_path / "other")["digest"] != named.corpus["digest"]


def test_a_recipe_without_mining_has_no_corpus() -> None:
    with pytest.raises(SpecError, match="Needs mine_negatives"):
        TrainSpec.from_dict({"mine_from": "corpus"})


def corpus_job(cast: Cast, folder: Path, **recipe: object) -> TrainingJob:
    return make_job(
        cast, tiny_base(folder), {**RECIPE, **CORPUS, "max_steps": 2, **recipe}, reranker="finder"
    )


@pytest.mark.django_db(transaction=True)
def test_a_job_mines_what_no_snapshot_holds_and_tells_a_changed_corpus(
    cast: Cast, tmp_path: Path
) -> None:
    label_project(cast.project, queries=12)
    for number in range(6):
        make_passage(cast.project, f"how to read a file number {number} again", f"new{number}")
    gone = make_passage(cast.project, "how to read a file number 7 again", "gone")
    passages_withdraw(
        passages=[gone.pk], project=cast.project, by=cast.manager, reason="Off topic."
    )
    earlier = {"passages": 3, "digest": "0d" * 32}
    facts = facts_made() | {"training_set": {"corpus": earlier}}
    before = publish(cast.project, tmp_path / "v1", name="finder", facts=facts)
    job = corpus_job(cast, tmp_path, mine_negatives="both", max_steps=24)
    assert run_job(job).returncode == 0
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    version = Version.objects.get(job=job.pk)
    found = version.facts["training_set"]
    corpus_now = corpus_fetch(job, TrainSpec.from_dict(job.recipe), tmp_path / "corpus")
    assert corpus_now is not None
    assert found["corpus"] == corpus_facts(corpus_now)
    assert found["corpus"]["passages"] == 12 * 6 + 6
    assert found["mined_bm25"] + found["mined_bi-encoder"] > 0
    lines = [event.data["line"] for event in job.events.filter(kind="log")]
    said = f"The corpus has changed since {before} mined it: 0d0d0d0d0d0d, 3 passages."
    assert said in lines
    assert last_mined(version.reranker) == (version, found["corpus"])
    # What looks relevant though nobody judged it is kept, with the bar that it has passed.
    likely = version.facts["likely"]
    rows = list(LikelyPair.objects.filter(job=job))
    assert len(rows) == likely["kept"] > 0
    for row in rows:
        assert not row.query.candidates.filter(passage=row.passage).exists()
        assert row.score >= likely["bar"]
        assert row.offered_at is None


@pytest.mark.django_db(transaction=True)
def test_what_was_judged_after_the_freeze_or_is_gold_is_known(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project, queries=12)
    snapshot = frozen_snapshot(cast.project)
    mining = {"mine_negatives": "bm25", "num_negatives": 8}
    job = make_job(cast, tiny_base(tmp_path), mining, snapshot=snapshot)
    frozen = snapshot_fetch(snapshot, tmp_path / "snapshot")
    name = frozen.splits["train"][0].query_id
    query = cast.project.queries.get(external_id=name)
    later = make_candidate(query, make_passage(cast.project, "judged later", "later"))
    make_judgment(later, cast.annotator, 1)
    known = make_candidate(query, make_passage(cast.project, "known", "known"))
    golds_set(project=cast.project, wishes=[GoldWish(known.pk, 1, "")], by=cast.manager)
    make_candidate(query, make_passage(cast.project, "nobody judged it", "new"))
    spec = TrainSpec.from_dict(job.recipe)
    judged = judged_fetch(job, frozen, spec)
    own = {pair.passage_id for pair in frozen.splits["train"] if pair.query_id == name}
    assert judged[name] == {*own, "later", "known"}
    assert set(judged) <= {pair.query_id for name in ("train", "dev") for pair in
                           frozen.splits[name]}  # fmt: skip
    assert judged_fetch(job, frozen, TrainSpec()) == {}


@pytest.mark.django_db(transaction=True)
def test_a_job_mines_nothing_where_all_was_judged_since_the_freeze(
    cast: Cast, tmp_path: Path
) -> None:
    label_project(cast.project, queries=12)
    job = corpus_job(cast, tmp_path, mine_negatives="both", relative_margin=0.5)
    for query in cast.project.queries.all():
        for passage in cast.project.passages.exclude(candidates__query=query):
            make_label(make_candidate(query, passage), 1)
    assert run_job(job).returncode == 0
    job.refresh_from_db()
    assert job.status == "succeeded", job.error
    found = Version.objects.get(job=job.pk).facts["training_set"]
    assert (found["mined_bm25"], found["mined_bi-encoder"]) == (0, 0)
    assert (found["too_close"], found["alike"]) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_an_erasure_cancels_whoever_holds_a_copy(cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project, queries=20)
    passage = make_passage(cast.project, "nobody judged this", "alone")
    waits = corpus_job(cast, tmp_path / "1")
    runs = corpus_job(cast, tmp_path / "2")
    assert job_claim(job_id=runs.pk, worker="host:1")
    copied = corpus_fetch(runs, TrainSpec.from_dict(runs.recipe), tmp_path / "corpus")
    assert copied is not None
    assert "nobody judged this" in "".join(Passages(copied).texts(0, 1000))
    erasure = erasure_create(subject=passage, by=cast.owner, reason="Asked for.")
    erasure_run(erasure_id=erasure.pk)
    for job, status in ((waits, "queued"), (runs, "cancelling")):
        job.refresh_from_db()
        assert job.status == status
    assert "nobody judged this" not in {text for _, _, text in passages_keyed(cast.project)}
    assert Passage.objects.get(pk=passage.pk).erased_at is not None
