"""Every strategy gives the order that it says, the same for the same seed."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from annotate.importing.keys import candidate_position
from annotate.models import Candidate, Ordering, Queue, Run, Strategy
from annotate.services import arranging
from annotate.services.arranging import queue_arrange, queue_of, queues_requeue
from annotate.services.importing import import_file
from tests.annotate.checks import set_queue
from tests.annotate.import_files import pair, write
from tests.factory import Cast, make_cast, make_judgment, make_proposal, make_queue

pytestmark = pytest.mark.django_db


def order(cast: Cast) -> list[int]:
    rows = Candidate.objects.filter(project=cast.project).order_by("position", "pk")
    return list(rows.values_list("pk", flat=True))


def arranged(cast: Cast, **fields: object) -> list[int]:
    """Set the queue, arrange it as a worker does, and return the order."""
    set_queue(cast.project, **fields)
    queue_arrange(project_id=cast.project.pk)
    assert Queue.objects.get(project=cast.project).status == Ordering.DONE
    return order(cast)


def score(run: str, rows: Sequence[Candidate], scores: Sequence[float | None]) -> Run:
    for rank, (row, value) in enumerate(zip(rows, scores, strict=True), start=1):
        make_proposal(row, run, rank, value)
    return Run.objects.get(project=rows[0].project, name=run)


def test_random_is_seeded_and_that_of_imports(cast: Cast) -> None:
    rows = make_queue(cast.project, 3, 4)
    set_queue(cast.project, seed=7)
    first = arranged(cast, seed=8)
    assert first != arranged(cast, seed=9)
    assert first == arranged(cast, seed=8)
    arranged(cast, seed=0)
    for row in Candidate.objects.select_related("query", "passage__text"):
        key = candidate_position(cast.project.slug, row.query.key, row.passage.key)
        assert row.position == key
    assert order(cast) != [row.pk for row in rows]


def test_by_query_keeps_a_querys_candidates_together(cast: Cast) -> None:
    rows = {row.pk: row.query_id for row in make_queue(cast.project, 6, 5)}
    queries = [rows[pk] for pk in arranged(cast, strategy=Strategy.QUERY)]
    assert [queries[at] for at in range(0, 30, 5)] == list(dict.fromkeys(queries))
    assert queries != sorted(queries)


@pytest.mark.parametrize(
    ("scores", "first"),
    [
        ([0.9, 0.55, 0.1, 0.3, None, 1.0], [1, 3, 0, 2, 5, 4]),  # |p - 1/2|: .05 .2 .4 .4 .5
        ([8.0, -0.5, 1.0, -6.0, None, 2.0], [1, 2, 5, 3, 0, 4]),  # logits: |s|
        ([40.0, 30.0, 20.0, 10.0, None, 0.0], [2, 1, 3, 0, 5, 4]),  # the middle rank
    ],
)
def test_uncertain_pairs_come_first(
    cast: Cast, scores: list[float | None], first: list[int]
) -> None:
    rows = make_queue(cast.project, 2, 3)
    run = score("model", rows, scores)
    got = arranged(cast, strategy=Strategy.UNCERTAINTY, run=run)
    places = [next(at for at, row in enumerate(rows) if row.pk == pk) for pk in got]

    def share(at: int) -> float | None:
        return None if scores[at] is None else round(_uncertainty(scores, at), 9)

    assert [share(at) for at in places] == [share(at) for at in first]  # ties fall by the dice


def _uncertainty(scores: Sequence[float | None], at: int) -> float:
    known = sorted(value for value in scores if value is not None)
    value = scores[at]
    assert value is not None
    if known[0] >= 0 and known[-1] <= 1:
        return abs(value - 0.5)
    return abs(value) if known[0] < 0 else abs(known.index(value) / (len(known) - 1) - 0.5)


def test_pairs_that_two_runs_rank_apart_come_first(cast: Cast) -> None:
    rows = make_queue(cast.project, 1, 5)
    one = score("one", rows[:4], [0.9, 0.8, 0.7, 0.6])
    other = score("other", [rows[0], rows[3], rows[2], rows[1]], [9.0, 8.0, 7.0, 6.0])
    got = arranged(cast, strategy=Strategy.DISAGREEMENT, run=one, other_run=other)
    assert {got[0], got[1]} == {rows[1].pk, rows[3].pk}
    assert got[4] == rows[4].pk  # in neither run


def test_unjudged_top_ranks_come_first(cast: Cast) -> None:
    rows = make_queue(cast.project, 2, 4)
    for query in (rows[:4], rows[4:]):
        for rank, row in enumerate(query):
            make_proposal(row, "bm25", rank)
    make_judgment(rows[0], cast.annotator, 1)
    got = arranged(cast, strategy=Strategy.UNJUDGED, depth=2)
    assert got[0] == rows[4].pk  # the other first rank is judged
    assert set(got[1:3]) == {rows[1].pk, rows[5].pk}


def test_new_imports_are_ordered_the_same_way(cast: Cast, tmp_path: Path) -> None:
    make_queue(cast.project, 1, 2)
    import_file(project=cast.project, path=write(tmp_path / "a.jsonl", pair("q", "p")))
    assert not Queue.objects.exists()  # the default order is what imports give
    arranged(cast, strategy=Strategy.QUERY)
    import_file(project=cast.project, path=write(tmp_path / "b.jsonl", pair("q", "p2")))
    queue = Queue.objects.get()
    assert queue.status == Ordering.QUEUED
    queues_requeue()
    queue_arrange(project_id=cast.project.pk)
    rows = dict(Candidate.objects.values_list("pk", "query_id"))
    queries = [rows[pk] for pk in order(cast)]
    assert len(list(dict.fromkeys(queries))) == sum(
        a != b for a, b in zip([0, *queries], queries, strict=False)
    )


def test_a_worker_that_dies_leaves_the_rest_to_the_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_queue(cast.project, 4, 5)
    monkeypatch.setattr(arranging, "_BATCH", 6)
    set_queue(cast.project, strategy=Strategy.QUERY)
    move = arranging._MOVE
    monkeypatch.setattr(arranging, "_MOVE", "SELECT 1 / (%(after)s - %(batch)s * 0)")
    with pytest.raises(Exception, match="division by zero"):
        queue_arrange(project_id=cast.project.pk)
    assert Queue.objects.get().status == Ordering.RUNNING
    monkeypatch.setattr(arranging, "_MOVE", move)
    queue_arrange(project_id=cast.project.pk)
    queue = Queue.objects.get()
    assert (queue.status, queue.arranged, queue.total) == (Ordering.DONE, 20, 20)
    assert queue.arranged_at is not None
    queue_arrange(project_id=cast.project.pk)  # there is nothing to do


def test_it_gives_up_in_the_end(cast: Cast) -> None:
    set_queue(cast.project, seed=5)
    Queue.objects.update(attempts=3, status=Ordering.RUNNING)
    queue_arrange(project_id=cast.project.pk)
    assert queue_of(cast.project).status == Ordering.FAILED


def test_what_a_strategy_needs_is_asked_for(cast: Cast) -> None:
    other = make_cast("archive")
    stranger = Run.objects.create(project=other.project, name="theirs")
    run = Run.objects.create(project=cast.project, name="ours")
    for fields, fault in (
        ({"strategy": "uncertainty"}, "run"),
        ({"strategy": "disagreement", "run": run}, "other_run"),
        ({"strategy": "disagreement", "run": run, "other_run": run}, "other_run"),
        ({"run": stranger}, "run"),
        ({"strategy": "alphabetical"}, "strategy"),
        ({"gold_rate": 0.3, "repeat_rate": 0.3}, "gold_rate"),
        ({"repeat_after": 0}, "__all__"),
    ):
        with pytest.raises(ValidationError) as caught:
            set_queue(cast.project, **fields)
        assert fault in caught.value.message_dict, fields
    assert queue_of(cast.project).strategy == Strategy.RANDOM
