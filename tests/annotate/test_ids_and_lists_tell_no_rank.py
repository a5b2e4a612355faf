"""Who judges blind learns no rank from ids, nor from the order of any list."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project
from annotate.models import Candidate, Proposal
from annotate.services.proposing import Proposed, candidates_propose
from tests.annotate.import_files import take, write
from tests.factory import Cast, bearer, make_passage, make_query

pytestmark = pytest.mark.django_db
API = "/api/v1/projects/library"
QUERIES, DEPTH = 30, 10  # 1,350 pairs of ranks: the share in order strays from a half by 0.02


def ranked() -> list[dict[str, Any]]:
    """Return what a run found, query by query, the best first; a few passages are found twice."""
    return [
        {
            "query_id": f"q{query}", "query": f"question {query}",
            "passage_id": f"d{(query * DEPTH + rank * 7) % 280}",
            "passage": f"text {(query * DEPTH + rank * 7) % 280}",
            "run": "bm25", "rank": rank,
        }
        for query in range(QUERIES)
        for rank in range(1, DEPTH + 1)
    ]  # fmt: skip


def in_order(ranks: Iterable[Sequence[int]]) -> float:
    """Return the share of pairs of a list, of each of the lists, where the better rank is first."""
    told = [a < b for one in ranks for a, b in combinations(one, 2)]
    return sum(told) / len(told)


def by_query(project: Project, order: str) -> list[list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for row in Proposal.objects.filter(candidate__project=project).order_by(order):
        found[Candidate.objects.get(pk=row.candidate_id).query_id].append(row.rank or 0)
    return list(found.values())


@pytest.mark.parametrize("laid_out", ["by query", "by rank", "by chance"])
def test_an_import_draws_ids_in_a_random_order(cast: Cast, tmp_path: Path, laid_out: str) -> None:
    rows = ranked()
    if laid_out == "by rank":
        rows.sort(key=lambda row: int(row["rank"]))
    elif laid_out == "by chance":
        random.Random(7).shuffle(rows)
    take(cast.project, write(tmp_path / "run.jsonl", *rows))
    for order in ("candidate", "candidate__passage"):
        assert in_order(by_query(cast.project, order)) == pytest.approx(0.5, abs=0.08)
    queries = Candidate.objects.order_by("pk").values_list("query", flat=True)
    assert list(queries) == sorted(queries)  # what is read together lies together


def test_a_corpus_comes_in_a_random_order(cast: Cast, tmp_path: Path) -> None:
    lines = [{"_id": f"d{number}", "text": f"text {number}"} for number in range(60)]
    take(cast.project, write(tmp_path / "corpus.jsonl", *lines))
    names = cast.project.passages.order_by("pk").values_list("external_id", flat=True)
    places = [int(str(name)[1:]) for name in names]
    assert in_order([places]) == pytest.approx(0.5, abs=0.15)


def test_what_is_pooled_comes_in_a_random_order(cast: Cast) -> None:
    project = cast.project
    passages = [make_passage(project, f"text {number}") for number in range(DEPTH)]
    queries = [make_query(project, f"question {number}") for number in range(QUERIES)]
    rows = [
        Proposed(query.pk, passage.pk, "bm25", rank, None)
        for query in queries
        for rank, passage in enumerate(passages, 1)
    ]
    candidates_propose(project=project, rows=rows)
    assert in_order(by_query(project, "candidate")) == pytest.approx(0.5, abs=0.08)


def test_no_list_of_the_blind_is_in_the_order_of_ranks(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    take(cast.project, write(tmp_path / "run.jsonl", *ranked()))
    rank = {str(row.candidate_id): row.rank or 0 for row in Proposal.objects.all()}
    where = dict(Candidate.objects.values_list("pk", "query"))
    token = bearer(cast.annotator)

    def told(items: Iterable[dict[str, Any]], name: str) -> float:
        found: dict[int, list[int]] = defaultdict(list)
        for item in items:
            found[where[int(item[name])]].append(rank[item[name]])
        return in_order(found.values())

    for order in ("id", "-id", "created_at", "-created_at"):
        path = f"{API}/candidates/?page_size=500&order={order}"
        rows = client.get(path, **token).json()["results"]
        assert len(rows) == QUERIES * DEPTH
        assert told(rows, "id") == pytest.approx(0.5, abs=0.08)
    leased = client.post(
        f"{API}/tasks/lease/", {"count": 100}, content_type="application/json", **token
    )
    by_id = sorted(leased.json()["items"], key=lambda item: int(item["candidate"]))
    assert len(by_id) == 100
    assert told(by_id, "candidate") == pytest.approx(0.5, abs=0.2)
