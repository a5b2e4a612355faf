"""Pool the sample's candidates on this interpreter: how judgments.jsonl was made and is kept.

`python -m training.sample.pool` lists the pooled pairs that nobody has judged; with `--write` it
also stores the ranks and scores of this interpreter's runs. Encoding the corpus takes minutes.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from training.ml.models.encoder import BiEncoder
from training.sample import (
    POOL_DEPTH,
    POOL_MAX_LENGTH,
    Judgment,
    Query,
    Run,
    passage_text,
    sample_judgments,
    sample_passages,
    sample_queries,
)
from training.sample.pooling import PooledCandidate, candidates_pool


def sample_pool() -> dict[tuple[str, str], PooledCandidate]:
    """Return the pooled candidates of every query, by query id and passage name."""
    passages, queries = sample_passages(), sample_queries()
    texts = [passage_text(passage) for passage in passages]
    encoder = BiEncoder(max_length=POOL_MAX_LENGTH)
    pools = candidates_pool(
        [query.text for query in queries],
        texts,
        query_vectors=encoder.encode([query.text for query in queries]),
        passage_vectors=encoder.encode(texts),
        depth=POOL_DEPTH,
    )
    return {
        (query.id, passages[candidate.row].name): candidate
        for query, pool in zip(queries, pools, strict=True)
        for candidate in pool
    }


def judgments_with_runs(
    judgments: Sequence[Judgment], pool: dict[tuple[str, str], PooledCandidate]
) -> list[Judgment]:
    """Return the judgments with the runs of `pool`; known items that it lacks stay known items."""
    return [
        Judgment(it.query_id, it.passage, it.grade, _runs(it, pool.get((it.query_id, it.passage))))
        for it in judgments
    ]


def judgments_write(path: Path, judgments: Sequence[Judgment]) -> None:
    """Write one JSON line per judgment, by query and passage name; scores to four decimals."""
    ordered = sorted(judgments, key=lambda it: (it.query_id, it.passage))
    path.write_text("".join(_line(it) for it in ordered), encoding="utf-8")


def _runs(judgment: Judgment, candidate: PooledCandidate | None) -> tuple[Run, ...]:
    if candidate is not None:
        return tuple(Run(it.run, it.rank, round(it.score, 4)) for it in candidate.proposals)
    return tuple(run for run in judgment.runs if run.name == "known-item")


def _line(judgment: Judgment) -> str:
    row: dict[str, object] = {
        "query": judgment.query_id,
        "passage": judgment.passage,
        "grade": judgment.grade,
    }
    if judgment.runs:
        row["runs"] = {run.name: [run.rank, run.score] for run in judgment.runs}
    return json.dumps(row) + "\n"


def _report(queries: Sequence[Query], missing: Sequence[tuple[str, str]]) -> None:
    texts = {query.id: query.text for query in queries}
    for query, passage in sorted(missing):
        sys.stdout.write(f"{query}\t{texts[query]}\t{passage}\n")
    sys.stdout.write(f"{len(missing)} pooled pairs are not judged\n")


def main() -> None:
    """List what is pooled and not judged; with --write, store this interpreter's runs."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    judgments, pool = sample_judgments(), sample_pool()
    judged = {(it.query_id, it.passage) for it in judgments}
    _report(sample_queries(), [pair for pair in pool if pair not in judged])
    if write:
        path = Path(__file__).with_name("judgments.jsonl")
        judgments_write(path, judgments_with_runs(judgments, pool))


if __name__ == "__main__":
    main()
