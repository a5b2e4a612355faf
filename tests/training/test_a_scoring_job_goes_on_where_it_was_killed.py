"""A scoring job that is killed goes on with the next queries, and scores none of them twice."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from annotate.models import Proposal
from annotate.services.erasing import erasure_create
from tests.factory import Cast
from tests.tiny_run import RecordingReporter
from tests.training.scores import (
    make_score_job,
    pairs_project,
    scored_here,
    scores_of,
    tiny_version,
)
from training.ml.scoring import texts_score
from training.outcomes import ScoreOutcome
from training.process import scoring
from training.services.claims import Claim, LostClaimError
from training.services.erasing import erasure_run
from training.services.jobs import job_cancel
from training.services.moves import job_lose
from training.services.scoring import ScoredChunk, score_store

pytestmark = pytest.mark.django_db(transaction=True)


class KilledError(Exception):
    """Stands for SIGKILL: nothing that comes after it runs."""


class Killer(RecordingReporter):
    """Ends the process while the model scores, once so many pairs are through."""

    def __init__(self, done: int) -> None:
        super().__init__()
        self.at = done

    def progress(self, done: int, total: int) -> None:
        super().progress(done, total)
        if done >= self.at:
            raise KilledError


def test_stored_queries_are_not_scored_again(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[int] = []
    real = texts_score

    def counted(model: Any, texts: Sequence[tuple[str, str]], **options: Any) -> list[float]:
        scored.append(len(texts))
        return real(model, texts, **options)

    monkeypatch.setattr(scoring, "texts_score", counted)
    monkeypatch.setattr(scoring, "PAIRS", 10)  # two queries of five pairs
    monkeypatch.setattr(scoring, "SLICE", 4)
    rows = pairs_project(cast.project, queries=6)
    job = make_score_job(cast, tiny_version(cast.project, tmp_path))
    with pytest.raises(KilledError):
        scored_here(job, tmp_path, Killer(18))
    assert scored == [4, 4, 2, 4, 4]
    stored = scores_of(cast.project, "finder@v1")
    assert stored.keys() == {row.pk for row in rows[:10]}
    assert job_lose(claim=Claim(job.pk, 1), reason="It was killed.")
    job.refresh_from_db()
    assert (ScoreOutcome.from_dict(job.outcome).pairs, job.status) == (10, "queued")

    # What is erased meanwhile is neither read nor scored.
    erasure = erasure_create(subject=rows[12].passage, by=cast.owner, reason="Asked for.")
    erasure_run(erasure_id=erasure.pk)
    last = RecordingReporter()
    outcome = scored_here(job, tmp_path, last)
    assert scored[5:] == [4, 4, 4, 2, 4, 1]
    assert last.done[0] == ("score", 10, 29)
    assert last.done[-1] == ("score", 29, 29)
    assert (outcome.queries, outcome.pairs) == (6, 29)
    found = scores_of(cast.project, "finder@v1")
    assert found.keys() == {row.pk for row in rows} - {rows[12].pk}
    assert stored.items() <= found.items()


def test_who_lost_the_job_stores_nothing_more(cast: Cast, tmp_path: Path) -> None:
    pairs_project(cast.project, queries=1)
    job = make_score_job(cast, tiny_version(cast.project, tmp_path))
    with pytest.raises(KilledError):
        scored_here(job, tmp_path, Killer(0))
    job.refresh_from_db()
    job_cancel(job=job, by=cast.manager)
    chunk = ScoredChunk([], 1, 1, 0, 0.1, "0" * 64, "torch")
    for attempt in (0, 1):
        with pytest.raises(LostClaimError):
            score_store(claim=Claim(job.pk, attempt), chunk=chunk)
    assert not Proposal.objects.exists()
