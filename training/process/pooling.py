"""What a pooling job does in its process: texts to disk, two searches, their union stored.

All that takes long is kept in the job's work folder, which outlives the process: whoever takes the
job over goes on where it ended. Memory is bounded by blocks, whatever the number of texts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from annotate.models import Query
from annotate.selectors.pooling import (
    passages_stream,
    poolable_of,
    queries_bare,
    queries_named,
    queries_stream,
)
from annotate.services.proposing import Proposed, Stored
from training.kinds import Stage
from training.ml.errors import DataError
from training.ml.models.names import BI_ENCODER, BM25
from training.ml.reporter import Reporter, Stages
from training.ml.search.bm25_disk import Bm25Disk
from training.ml.search.corpus import Corpus, corpus_write
from training.ml.search.tokens import Tokens
from training.ml.search.topk import TopK
from training.ml.search.union import Chunk, chunks_of, rows_found
from training.ml.search.vectors import Shards, vectors_top, vectors_write
from training.models import TrainingJob
from training.outcomes import PoolOutcome, SystemOutcome
from training.process.patience import patiently
from training.process.preparing import base_fetch
from training.services.claims import Claim
from training.services.pooling import pool_store
from training.spec.pool import LISTED, WITHOUT_CANDIDATES, PoolSpec

ROWS_AT_ONCE: Final = 8_000  # stored in one transaction, which takes less than a second


class Pooling:
    """One attempt at a job; `folder` is its work folder, in which an earlier one may have begun."""

    def __init__(self, job: TrainingJob, *, claim: Claim, reporter: Reporter, folder: Path) -> None:
        self._job, self._claim, self._reporter, self._folder = job, claim, reporter, folder
        self._spec = PoolSpec.from_dict(job.recipe)
        self._stages = Stages(reporter)

    def run(self) -> PoolOutcome:
        """Build the candidates and return what came of it.

        Raises DataError where there is no passage, BaseModelError where the bi-encoder cannot be
        had, LostClaimError where the job is to be cancelled or no longer ours.
        """
        spec, found = self._spec, dict[str, TopK]()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        # 1. Texts: copied once, so that both systems and every attempt read the same.
        with self._stages(Stage.LOAD):
            passages, queries = patiently(self._texts)
            self._reporter.log(f"{len(queries):,} queries, {len(passages):,} different passages.")
        connection.close()  # the searches need no database for a long time
        # 2. BM25, by an index on disk.
        if spec.bm25_depth and len(queries):
            with self._stages(Stage.BM25):
                found[BM25] = self._bm25(passages, queries)
        # 3. The bi-encoder: vectors in shards on disk. 4. Their exact products.
        if spec.bi_encoder_depth and len(queries):
            with self._stages(Stage.ENCODE):
                asked, texts, model = self._vectors(passages, queries)
            with self._stages(Stage.SEARCH):
                found[BI_ENCODER] = _once(
                    self._folder / f"bi-encoder-{model}.npz",
                    lambda: vectors_top(
                        asked, texts, spec.bi_encoder_depth, progress=self._reporter.progress
                    ),
                )
        # 5. The union, some queries at a time.
        with self._stages(Stage.STORE):
            self._store(found, passages, queries)
        return patiently(lambda: self._outcome(found, passages))

    def _texts(self) -> tuple[Corpus, Corpus]:
        project = self._job.project
        passages = corpus_write(self._folder / "passages", passages_stream(project))
        if not len(passages):
            raise DataError("This project has no passages.", "Import a corpus first.")
        queries = corpus_write(self._folder / "queries", queries_stream(self._queries()))
        return passages, queries

    def _queries(self) -> QuerySet[Query]:
        project, spec = self._job.project, self._spec
        if spec.queries == LISTED:
            return queries_named(project, spec.query_ids)
        if spec.queries == WITHOUT_CANDIDATES:
            return queries_bare(project)
        return project.queries.filter(withdrawn_at=None)

    def _bm25(self, passages: Corpus, queries: Corpus) -> TopK:
        size = 2 * len(passages)  # read for the index, and again for the search

        def search() -> TopK:
            index = Bm25Disk(
                self._folder / "bm25",
                passages,
                (text for block in queries.blocks() for text in block),
                Tokens(self._spec.language or ""),
                progress=lambda done, _: self._reporter.progress(done, size),
            )
            return index.top(
                self._spec.bm25_depth,
                progress=lambda done, _: self._reporter.progress(len(passages) + done, size),
            )

        return _once(self._folder / "bm25.npz", search)

    def _vectors(self, passages: Corpus, queries: Corpus) -> tuple[Shards, Shards, str]:
        """Encode all texts, and return their vectors with what names the model's weights."""
        base = patiently(lambda: base_fetch(self._job, self._folder / "base"))
        self._reporter.base(base.info.to_dict())
        self._reporter.log(f"Bi-encoder: {base.info.loaded}. {base.info.reason}")
        connection.close()
        from training.ml.models.encoder import (
            encoder_load,  # imports torch, for what has come so far
        )

        encoder = encoder_load(base, max_length=self._spec.max_length)
        model, total = base.info.weights_sha256[:16], len(queries) + len(passages)
        asked = vectors_write(
            self._folder / f"queries-{model}",
            queries,
            lambda texts: encoder.encode_queries(texts, batch_size=self._spec.batch_size),
            progress=lambda done, _: self._reporter.progress(done, total),
        )
        read = vectors_write(
            self._folder / f"passages-{model}",
            passages,
            lambda texts: encoder.encode_passages(texts, batch_size=self._spec.batch_size),
            progress=lambda done, _: self._reporter.progress(len(queries) + done, total),
        )
        return asked, read, model

    def _store(self, found: dict[str, TopK], passages: Corpus, queries: Corpus) -> None:
        done = self._stored().last_query
        start = int(np.searchsorted(queries.ids, done, side="right"))
        size = max(1, ROWS_AT_ONCE // max(1, sum(each.k for each in found.values())))
        for chunk in chunks_of(found, passages, queries, start=start, size=size):
            self._store_chunk(chunk)
            self._reporter.progress(chunk.stop, len(queries))

    def _store_chunk(self, chunk: Chunk) -> None:
        runs = {name: run for name, (run, _) in self._spec.systems.items()}
        rows = [Proposed(row.query, row.passage, runs[row.system], row.rank, row.score)
                for row in chunk.rows]  # fmt: skip
        patiently(
            lambda: pool_store(
                claim=self._claim,
                rows=rows,
                last_query=chunk.last_query,
                tally=lambda outcome, stored: _tally(outcome, self._spec, chunk, stored),
            )
        )

    def _stored(self) -> PoolOutcome:
        rows = TrainingJob.objects.values_list("outcome", flat=True)
        return PoolOutcome.from_dict(patiently(lambda: rows.get(pk=self._job.pk)))

    def _outcome(self, found: dict[str, TopK], passages: Corpus) -> PoolOutcome:
        """Add what is known at the end only: coverage, and the seconds of this attempt."""
        outcome = self._stored()
        there = poolable_of(self._job.project)
        outcome.passages = len(passages)
        outcome.duplicates = max(0, there.passages - len(passages))
        outcome.passages_never_pooled = len(passages) - rows_found(found)
        outcome.queries_without_candidates = there.bare
        outcome.seconds = {name: round(took, 1) for name, took in self._stages.seconds.items()}
        return outcome


def _tally(outcome: PoolOutcome, spec: PoolSpec, chunk: Chunk, stored: Stored) -> None:
    """Count what came of a chunk."""
    outcome.queries += chunk.stop - chunk.start
    outcome.empty_queries += chunk.empty
    outcome.pairs += chunk.pairs
    outcome.shared += chunk.shared
    outcome.new += stored.candidates
    outcome.refused += stored.refused
    for name, (run, depth) in spec.systems.items():
        system = outcome.systems.setdefault(name, SystemOutcome(run=run, depth=depth))
        system.proposed += chunk.proposed[name]
        system.alone += chunk.alone[name]
        system.queries += chunk.answered[name]
        system.new += stored.candidates_by_run.get(run, 0)


def _once(path: Path, search: Callable[[], TopK]) -> TopK:
    """Search, unless an earlier attempt has its result on disk."""
    if not path.exists():
        search().save(path)
    return TopK.load(path)
