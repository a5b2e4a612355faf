"""Scores of the systems that a model is measured against, on the same judged candidates."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf

from training.ml.data import Pair
from training.ml.measures.judged import SystemScores
from training.ml.search.bm25 import Bm25
from training.ml.search.languages import DEFAULT
from training.ml.search.tokens import Tokens


def first_stage_scores(pairs: Sequence[Pair]) -> SystemScores | None:
    """The first-stage order: by `Pair.rank`, and by the run's own `Pair.score` within a rank.

    Scores are -rank, less a part of 1 for each better score of the same rank. None where no pair
    has a rank. What shares both is tied, see `first_stage_ties`. Candidates that the run did not
    rank come after the ranked ones of their query. A query for which it proposed nothing keeps its
    candidates, all tied: scoring it 0 while the reranker is handed the same candidates would report
    as lift what the reranker did not do.
    """
    if all(pair.rank is None for pair in pairs):
        return None
    queries: dict[str, list[Pair]] = {}
    for pair in pairs:
        queries.setdefault(pair.query_id, []).append(pair)
    return {query_id: _by_rank_and_score(own) for query_id, own in queries.items()}


def first_stage_ties(pairs: Sequence[Pair]) -> int:
    """Count the ranked pairs that share rank and score with another one of their query."""
    places = Counter((p.query_id, p.rank, p.score) for p in pairs if p.rank is not None)
    return sum(count for count in places.values() if count > 1)


def _by_rank_and_score(pairs: Sequence[Pair]) -> dict[str, float]:
    """The scores of one query's candidates."""
    last = max(pair.rank or 0 for pair in pairs) + 1
    places = {
        pair.passage_id: (pair.rank or last, -inf if pair.score is None else pair.score)
        for pair in pairs
    }
    levels: dict[int, set[float]] = {}
    for rank, score in places.values():
        levels.setdefault(rank, set()).add(score)
    position = {
        (rank, score): -(rank + step / len(scores))
        for rank, scores in levels.items()
        for step, score in enumerate(sorted(scores, reverse=True))
    }
    return {name: position[place] for name, place in places.items()}


def bm25_scores(
    pairs: Sequence[Pair],
    passages: Mapping[str, str] | None = None,
    *,
    language: str = DEFAULT,
) -> SystemScores:
    """BM25 scores of exactly the judged candidates; the order of every query's own text.

    Words are stemmed as pooling stems them, by `language`, one of `LANGUAGES`.
    Document frequencies and lengths come from the distinct passages of `pairs` (title and text), or
    from `passages`, passage id -> full text, where the whole corpus is at hand. Raises ValueError
    for a judged passage that `passages` lacks.
    """
    if passages is None:
        passages = {pair.passage_id: f"{pair.title} {pair.text}".strip() for pair in pairs}
    rows = {passage_id: row for row, passage_id in enumerate(passages)}
    missing = next((pair.passage_id for pair in pairs if pair.passage_id not in rows), None)
    if missing is not None:
        raise ValueError(f"passage {missing!r} is judged but not in the corpus given for BM25")
    judged: dict[tuple[str, str], list[str]] = {}
    for pair in pairs:
        judged.setdefault((pair.query_id, pair.query), []).append(pair.passage_id)
    index = Bm25(list(passages.values()), Tokens(language).terms)
    scores: dict[str, dict[str, float]] = {}
    for (query_id, query), names in judged.items():
        values = index.scores(query)
        own = scores.setdefault(query_id, {})
        own.update((name, float(values[rows[name]])) for name in names)
    return scores


def oracle_scores(pairs: Sequence[Pair]) -> SystemScores:
    """The ideal order, by gain and then by relevance: the ceiling that any system can reach.

    Below 1 where queries have no relevant passage, or more than ten.
    """
    steps = {step: row for row, step in enumerate(sorted({(p.gain, p.relevant) for p in pairs}))}
    scores: dict[str, dict[str, float]] = {}
    for pair in pairs:
        own = scores.setdefault(pair.query_id, {})
        own[pair.passage_id] = float(steps[pair.gain, pair.relevant])
    return scores
