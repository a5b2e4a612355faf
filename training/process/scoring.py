"""What a scoring job does in its process: a version of a reranker reads a project's candidates.

Nothing is kept outside the database: each chunk of queries is stored whole, with the last query in
the job's row, and whoever takes the job over goes on after it. Memory is bounded by a chunk's
numbers and a slice's texts, whatever the number of candidates.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from time import monotonic
from typing import Final

from annotate.selectors.scoring import Scorable, pair_texts, scorable_count, scorables_after
from annotate.services.proposing import Proposed
from training.kinds import Stage
from training.ml.backends.choice import Choice
from training.ml.models.published import Published, published_load
from training.ml.reporter import Reporter, Stages
from training.ml.scoring import Forward, texts_score
from training.models import TrainingJob
from training.outcomes import ScoreOutcome
from training.process.backends import backend_for
from training.process.patience import patiently
from training.process.preparing import base_fetch
from training.services.claims import Claim
from training.services.scoring import ScoredChunk, score_store, wanted_of
from training.spec.score import TORCH, ScoreSpec

PAIRS: Final = 512  # of a chunk, as far as whole queries go: what a kill costs at most
SLICE: Final = 128  # pairs whose texts are in memory
CHARACTERS: Final = 4_000_000  # of their passages
SAMPLE: Final = 128  # pairs on which backends are tried

Scores = dict[int, float]
"""Candidate -> its score."""


class Scoring:
    """One attempt at a job; `folder` is its process's, for the version's files."""

    def __init__(self, job: TrainingJob, *, claim: Claim, reporter: Reporter, folder: Path) -> None:
        self._job, self._claim, self._reporter, self._folder = job, claim, reporter, folder
        self._spec = ScoreSpec.from_dict(job.recipe)
        self._stages = Stages(reporter)
        self._weights = ""
        self._choice = Choice(TORCH, "")
        self._forward: Forward | None = None

    def run(self) -> ScoreOutcome:
        """Score the candidates, store their scores, and return what came of it.

        Raises BaseModelError where the version is gone or cannot score, LostClaimError where the
        job is to be cancelled or no longer ours, ValidationError where its run was taken.
        """
        # 1. The version: its files, each checked against its sha256, as it was evaluated.
        with self._stages(Stage.LOAD):
            base = patiently(lambda: base_fetch(self._job, self._folder))
            self._reporter.base(base.info.to_dict())
            self._reporter.log(f"Version {self._job.base_model}, {base.info.revision}.")
            self._weights = base.info.weights_sha256
            published = published_load(base)
            # 2. What computes its scores here: the fastest that is faithful, where that pays.
            before = self._stored()
            left = self._left(before)
            self._choice, self._forward = backend_for(
                self._job,
                published,
                weights=self._weights,
                wanted=self._spec.backend,
                before=before.backend,
                pairs=left,
                texts=self._sample(published, before),
                reporter=self._reporter,
            )
        # 3. Its scores, some queries at a time.
        with self._stages(Stage.SCORE):
            self._score(published, before, left)
        return self._stored()

    def _left(self, before: ScoreOutcome) -> int:
        project, wanted, after = self._job.project, wanted_of(self._spec), before.last_query
        return patiently(lambda: scorable_count(project, wanted, after=after))

    def _sample(self, published: Published, before: ScoreOutcome) -> list[tuple[str, str]]:
        """Return texts of every length, of the next queries."""
        queries = next(_chunks(self._queries(before.last_query)), [])
        pairs = sorted((each for own in queries for each in own), key=attrgetter("characters"))
        return [text for _, text in self._texts(published, pairs[:: 1 + len(pairs) // SAMPLE])]

    def _score(self, published: Published, before: ScoreOutcome, left: int) -> None:
        done = before.pairs + before.refused
        after, total = before.last_query, done + left
        if done:
            self._reporter.log(f"{done:,} candidates were scored before; going on after them.")
        self._reporter.progress(done, total)
        for queries in _chunks(self._queries(after)):
            start = monotonic()
            scores: Scores = {}
            for part in _slices([each for own in queries for each in own]):
                scores |= self._scores(published, part)
                done += len(part)
                self._reporter.progress(min(done, total), total)
            self._store(queries, scores, monotonic() - start)

    def _queries(self, after: int | None) -> Iterator[list[Scorable]]:
        """Yield the candidates of one query after the other."""
        project, wanted = self._job.project, wanted_of(self._spec)
        while after is not None:
            found, after = patiently(partial(scorables_after, project, wanted, after=after))
            yield from found

    def _scores(self, published: Published, part: Sequence[Scorable]) -> Scores:
        rows = self._texts(published, part)
        found = texts_score(
            published.model,
            [text for _, text in rows],
            batch_size=self._spec.batch_size,
            forward=self._forward,
        )
        return {candidate: score for (candidate, _), score in zip(rows, found, strict=True)}

    def _texts(
        self, published: Published, part: Sequence[Scorable]
    ) -> list[tuple[int, tuple[str, str]]]:
        """Return each candidate that is still there, with its texts as the version reads them."""
        rows = patiently(lambda: pair_texts([each.candidate_id for each in part]))
        templates = published.templates
        return [
            (row.candidate_id, templates.pair(query=row.query, title=row.title, text=row.text))
            for row in rows
        ]

    def _store(self, queries: Sequence[Sequence[Scorable]], scores: Scores, seconds: float) -> None:
        rows = [row for own in queries for row in _ranked(own, scores, self._spec.run or "")]
        chunk = ScoredChunk(
            rows=rows,
            last_query=queries[-1][0].query_id,
            queries=len(queries),
            left_out=sum(map(len, queries)) - len(rows),
            seconds=seconds,
            weights_sha256=self._weights,
            backend=self._choice.backend,
            fidelity=self._choice.measured(),
        )
        patiently(lambda: score_store(claim=self._claim, chunk=chunk))

    def _stored(self) -> ScoreOutcome:
        rows = TrainingJob.objects.values_list("outcome", flat=True)
        return ScoreOutcome.from_dict(patiently(lambda: rows.get(pk=self._job.pk)))


def _chunks(queries: Iterable[list[Scorable]]) -> Iterator[list[list[Scorable]]]:
    """Yield whole queries together, as many as have `PAIRS` pairs, and at least one."""
    held: list[list[Scorable]] = []
    for own in queries:
        held.append(own)
        if sum(map(len, held)) >= PAIRS:
            yield held
            held = []
    if held:
        yield held


def _slices(pairs: Sequence[Scorable]) -> Iterator[list[Scorable]]:
    """Yield the pairs from the longest to the shortest, as many as memory is meant for."""
    part: list[Scorable] = []
    for each in sorted(pairs, key=lambda pair: -pair.characters):
        full = sum(pair.characters for pair in part) + each.characters > CHARACTERS
        if part and (full or len(part) == SLICE):
            yield part
            part = []
        part.append(each)
    if part:
        yield part


def _ranked(own: Sequence[Scorable], scores: Scores, run: str) -> Iterator[Proposed]:
    """Yield what the run says of a query: 1 is the best, equal scores by passage."""
    scored = [(scores[each.candidate_id], each) for each in own if each.candidate_id in scores]
    scored.sort(key=lambda pair: (-pair[0], pair[1].passage_id))
    for rank, (score, each) in enumerate(scored, start=1):
        yield Proposed(each.query_id, each.passage_id, run, rank, score)
