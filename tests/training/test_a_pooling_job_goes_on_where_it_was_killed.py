"""A pooling job that is killed goes on with the next shard and the next queries, once each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from annotate.models import Candidate, Proposal
from tests.factory import Cast, make_passage, make_query
from tests.tiny_run import RecordingReporter
from tests.training.pools import bi_encoder, make_pool_job, pooled_here, texts_project
from training.ml.models.encoder import BiEncoder
from training.ml.search import vectors
from training.models import TrainingJob
from training.outcomes import PoolOutcome
from training.process import pooling
from training.services.claims import Claim, LostClaimError
from training.services.jobs import job_cancel
from training.services.moves import job_lose
from training.services.pooling import pool_store

pytestmark = pytest.mark.django_db(transaction=True)


class KilledError(Exception):
    """Stands for SIGKILL: nothing that comes after it runs."""


class Killer(RecordingReporter):
    """Ends the process in a stage, once so much of it is done."""

    def __init__(self, stage: str, done: int) -> None:
        super().__init__()
        self.at = (stage, done)

    def progress(self, done: int, total: int) -> None:
        super().progress(done, total)
        if (self.stages[-1], done) == self.at:
            raise KilledError


def kill(job: TrainingJob, folder: Path, stage: str, done: int) -> None:
    """Run the job until it is killed, and put it back as the sweep does."""
    with pytest.raises(KilledError):
        pooled_here(job, folder, Killer(stage, done))
    job.refresh_from_db()
    assert job_lose(claim=Claim(job.pk, job.attempt), reason="It was killed.")
    job.refresh_from_db()


def test_shards_and_stored_queries_are_not_done_again(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts_project(cast.project)
    encoded: list[int] = []
    real = BiEncoder.encode_passages

    def counted(self: BiEncoder, texts: Sequence[str], **options: Any) -> Any:
        encoded.append(len(texts))
        return real(self, texts, **options)

    monkeypatch.setattr(BiEncoder, "encode_passages", counted)
    monkeypatch.setattr(vectors.vectors_write, "__kwdefaults__",
                        {**(vectors.vectors_write.__kwdefaults__ or {}), "shard": 8})  # fmt: skip
    monkeypatch.setattr(pooling, "ROWS_AT_ONCE", 14)  # two queries of seven rows
    job = make_pool_job(
        cast, bi_encoder(tmp_path), bm25_depth=4, bi_encoder_depth=3, max_length=32
    )  # fmt: skip
    folder = tmp_path / "work"
    kill(job, folder, "encode", 6 + 16)
    assert encoded == [8, 8]
    # What is imported meanwhile belongs to the next job: this one keeps the texts that it copied.
    make_query(cast.project, "how to read a file again", "late")
    make_passage(cast.project, "open the file again", "late")
    kill(job, folder, "store", 4)
    assert encoded == [8, 8, 8, 6]
    held = set(Candidate.objects.values_list("pk", flat=True))
    assert PoolOutcome.from_dict(job.outcome).queries == 4

    last = RecordingReporter()
    outcome = pooled_here(job, folder, last)
    assert encoded == [8, 8, 8, 6]
    assert last.done[-1] == ("store", 6, 6)
    assert held < set(Candidate.objects.values_list("pk", flat=True))
    assert (outcome.queries, outcome.passages) == (6, 30)
    assert outcome.new == outcome.pairs == Candidate.objects.count()
    assert sum(each.proposed for each in outcome.systems.values()) == Proposal.objects.count() == 42


def test_who_lost_the_job_stores_nothing_more(cast: Cast, tmp_path: Path) -> None:
    texts_project(cast.project, queries=2)
    job = make_pool_job(cast)
    with pytest.raises(KilledError):
        pooled_here(job, tmp_path / "work", Killer("bm25", 30))
    job.refresh_from_db()
    for claim in (Claim(job.pk, job.attempt), Claim(job.pk, job.attempt - 1)):
        job_cancel(job=job, by=cast.manager)
        with pytest.raises(LostClaimError):
            pool_store(claim=claim, rows=[], last_query=1, tally=lambda *_: None)
    assert not Candidate.objects.exists()
