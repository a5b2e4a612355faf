"""A scoring job keeps a version's scores as a run, and the queue's order then follows them."""

from itertools import pairwise
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from sentence_transformers import CrossEncoder

from annotate.models import Candidate, Ordering, Proposal, Queue, Run, Strategy
from annotate.selectors.qrels import first_stage_of
from annotate.services.arranging import queue_arrange
from annotate.services.withdrawing import passages_withdraw
from tests.annotate.checks import set_queue
from tests.factory import Cast, make_judgment, make_proposal
from tests.training.scores import (
    LENGTH,
    make_score_job,
    pairs_project,
    scored_here,
    scores_of,
    tiny_version,
)
from training.ml.errors import BaseModelError

pytestmark = pytest.mark.django_db(transaction=True)


def order(cast: Cast) -> list[int]:
    queue_arrange(project_id=cast.project.pk)
    rows = Candidate.objects.filter(project=cast.project).order_by("position", "pk")
    return list(rows.values_list("pk", flat=True))


def test_scores_are_the_models_own_and_order_the_queue(cast: Cast, tmp_path: Path) -> None:
    rows = pairs_project(cast.project)
    gone = rows.pop(7)
    passages_withdraw(
        project=cast.project, passages=[gone.passage_id], by=cast.manager, reason="Off topic."
    )
    version = tiny_version(cast.project, tmp_path / "one")
    outcome = scored_here(make_score_job(cast, "library/finder@v1"), tmp_path)
    found = scores_of(cast.project, "finder@v1")

    # As anybody reads the version who loads its files with the library and applies its templates.
    model = CrossEncoder(str(tmp_path / "one" / "saved"), max_length=LENGTH, device="cpu")
    texts = [
        (
            f"Find: {row.query.text}",
            f"{row.passage.title} | {row.passage.text.text}"
            if row.passage.title
            else row.passage.text.text,
        )
        for row in rows
    ]
    expected = model.predict(texts, show_progress_bar=False).tolist()
    assert found.keys() == {row.pk for row in rows}
    assert [found[row.pk][1] for row in rows] == pytest.approx(expected, abs=1e-5)
    assert len(set(expected)) == len(rows)
    assert all(0 <= score <= 1 for score in expected)
    for query in {row.query_id for row in rows}:
        own = sorted(found[row.pk] for row in rows if row.query_id == query)
        assert [rank for rank, _ in own] == list(range(1, len(own) + 1))
        assert all((a or 0) > (b or 0) for (_, a), (_, b) in pairwise(own))
    assert (outcome.queries, outcome.pairs, outcome.refused) == (4, 19, 0)
    assert (outcome.version, outcome.revision) == ("library/finder@v1", version.revision)
    weights = version.artifacts.get(path="model.safetensors").sha256
    assert (outcome.weights_sha256, outcome.run) == (weights, "finder@v1")
    assert outcome.pairs_per_second > 0

    # Where the model is unsure comes first, and what has no score last.
    run = Run.objects.get(project=cast.project)
    assert run.version == version.revision
    set_queue(cast.project, strategy=Strategy.UNCERTAINTY, run=run)
    unsure = sorted(rows, key=lambda row: abs((found[row.pk][1] or 0) - 0.5))
    assert order(cast) == [*(row.pk for row in unsure), gone.pk]

    # A repeat stores nothing anew, and has the queue arranged that looks at this run.
    held = list(Proposal.objects.order_by("pk").values_list())
    assert Queue.objects.get().status == Ordering.DONE
    scored_here(make_score_job(cast, version), tmp_path)
    assert list(Proposal.objects.order_by("pk").values_list()) == held
    assert Queue.objects.get().status == Ordering.QUEUED
    order(cast)

    # Another version's run is another run; the pairs first whose places are farthest apart.
    other = tiny_version(cast.project, tmp_path / "two", seed=5)
    scored_here(make_score_job(cast, other), tmp_path)
    assert Queue.objects.get().status == Ordering.DONE
    second = Run.objects.get(project=cast.project, name="finder@v2")
    set_queue(cast.project, strategy=Strategy.DISAGREEMENT, run=run, other_run=second)
    after = scores_of(cast.project, "finder@v2")
    sizes = {row.query_id: sum(each.query_id == row.query_id for each in rows) for row in rows}
    apart = {
        row.pk: abs((found[row.pk][0] or 0) - (after[row.pk][0] or 0)) / (sizes[row.query_id] - 1)
        for row in rows
    }
    got = [apart[pk] for pk in order(cast) if pk != gone.pk]
    assert got == pytest.approx(sorted(apart.values(), reverse=True))
    assert got[0] > 0


def test_who_is_scored_may_be_narrowed(cast: Cast, tmp_path: Path) -> None:
    rows = pairs_project(cast.project, queries=2, passages=4)
    for place, row in enumerate(rows):
        make_proposal(row, "first", rank=4 - place % 4)
    make_judgment(rows[3], cast.annotator, grade=1)
    version = tiny_version(cast.project, tmp_path)
    job = make_score_job(cast, version, candidates="unjudged", per_query=2, run="my run")
    assert scored_here(job, tmp_path).pairs == 4
    assert scores_of(cast.project, "my run").keys() == {rows[at].pk for at in (2, 1, 7, 6)}
    # Of a snapshot it is the first stage only where it is named, however large it is.
    scored_here(make_score_job(cast, version), tmp_path)
    Proposal.objects.filter(run__name="first", candidate=rows[0]).delete()
    for name, expected in ((None, "first"), ("finder@v1", "finder@v1")):
        stage = first_stage_of(cast.project, name)
        assert stage is not None
        assert stage.name == expected


def test_a_run_holds_one_versions_scores(cast: Cast, tmp_path: Path) -> None:
    rows = pairs_project(cast.project, queries=1, passages=2)
    make_proposal(rows[0], "bm25", rank=1)
    first = tiny_version(cast.project, tmp_path / "one")
    second = tiny_version(cast.project, tmp_path / "two", seed=1)
    waits = make_score_job(cast, second, run="mine")
    scored_here(make_score_job(cast, first, run="mine"), tmp_path)
    for name in ("bm25", "mine"):
        with pytest.raises(ValidationError, match="holds the scores of another system"):
            make_score_job(cast, second, run=name)
    with pytest.raises(ValidationError, match="holds the scores of another system"):
        scored_here(waits, tmp_path)
    assert len(scores_of(cast.project, "mine")) == 2


def test_a_version_that_does_not_say_how_it_was_evaluated_scores_nothing(
    cast: Cast, tmp_path: Path
) -> None:
    pairs_project(cast.project, queries=1, passages=1)
    version = tiny_version(cast.project, tmp_path, metadata={"max_length": LENGTH})
    with pytest.raises(BaseModelError, match=r"does not say in arbiter\.json"):
        scored_here(make_score_job(cast, version), tmp_path)
    assert not Proposal.objects.exists()
