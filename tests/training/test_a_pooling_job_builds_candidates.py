"""A pooling job makes candidates of what BM25 and a bi-encoder find, in a process of its own."""

from pathlib import Path

import pytest

from annotate.models import Candidate, Proposal, Run
from tests.factory import Cast, make_candidate, make_passage
from tests.training.jobs import run_job
from tests.training.pools import bi_encoder, make_pool_job, pooled_here, run_of, texts_project
from training.models import EventKind, JobStatus
from training.outcomes import PoolOutcome
from training.process.scratch import work_path

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_job_pools_both_systems_and_a_second_one_finds_nothing_new(
    cast: Cast, tmp_path: Path
) -> None:
    project, base = cast.project, bi_encoder(tmp_path)
    texts_project(project)
    make_passage(project, "open the file number 0", "p0 again")
    known = make_candidate(project.queries.all()[0], project.passages.all()[0])
    depths = {"bm25_depth": 4, "bi_encoder_depth": 3, "max_length": 32}
    job = make_pool_job(cast, base, queries="all", **depths)
    ended = run_job(job)
    job.refresh_from_db()
    assert job.status == JobStatus.SUCCEEDED, f"{ended.stderr}\n{job.error}\n{job.traceback}"

    outcome = PoolOutcome.from_dict(job.outcome)
    lexical, dense = outcome.systems["bm25"], outcome.systems["bi-encoder"]
    assert (outcome.queries, outcome.passages, outcome.duplicates) == (6, 30, 1)
    assert (lexical.proposed, dense.proposed) == (24, 18)
    assert outcome.pairs == 42 - outcome.shared == lexical.alone + dense.alone + outcome.shared
    assert outcome.new == Candidate.objects.exclude(pk=known.pk).count()
    assert outcome.known == outcome.pairs - outcome.new
    assert (outcome.empty_queries, outcome.queries_without_candidates) == (0, 0)
    pooled = Proposal.objects.values("candidate__passage").distinct().count()
    assert outcome.passages_pooled == pooled
    assert set(outcome.seconds) == {"load", "bm25", "encode", "search", "store"}
    assert Proposal.objects.count() == 42
    for query in project.queries.all():
        topic = query.text.split()[-1]
        best = run_of(project, "pool-bm25", query)
        assert [rank for _, rank in best] == [1, 2, 3, 4]
        assert all(topic in passage.text.text for passage, _ in best)
        assert [rank for _, rank in run_of(project, "pool-bi-encoder", query)] == [1, 2, 3]
    told = [row.data["stage"] for row in job.events.filter(kind=EventKind.STAGE)]
    assert told == [stage.value for stage in job.stages]
    assert (job.base_used or {})["kind"] == "folder"

    again = make_pool_job(cast, base, queries="all", **depths)
    before = set(Candidate.objects.values_list("pk", flat=True))
    stored = set(Proposal.objects.values_list("pk", "rank", "score"))
    assert pooled_here(again, tmp_path / "again").new == 0
    assert set(Candidate.objects.values_list("pk", flat=True)) == before
    assert set(Proposal.objects.values_list("pk", "rank", "score")) == stored
    assert Run.objects.count() == 2
    assert not work_path(job.pk).exists()
