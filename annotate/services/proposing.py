"""What a ranking system found comes in: candidates, with the ranks and scores of its run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Project
from annotate.importing.locking import texts_lock
from annotate.models import Run

RUN_CHARACTERS: Final = 120


class Proposed(NamedTuple):
    """A run ranks a passage for a query: 1 is the best; `score` is the run's own."""

    query_id: int
    passage_id: int
    run: str
    rank: int | None
    score: float | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What came of it: candidates made, those of them that each run proposed, proposals stored.

    `refused` counts pairs with a query or passage that is withdrawn, or not of the project.
    """

    candidates: int
    candidates_by_run: Mapping[str, int] = field(default_factory=dict)
    proposals: int = 0
    refused: int = 0


def candidates_propose(
    *, project: Project, rows: Iterable[Proposed], replace: bool = False
) -> Stored:
    """Store what runs say of pairs of a project, in one transaction; some ten thousand at a time.

    A pair that is no candidate yet becomes one, at its place in the queue, unless the query has a
    candidate with a passage of the very same title and text: then that one is meant. A pair that
    is a candidate keeps all it has. In each case the run's rank and score are stored with it, in
    place of an earlier rank and score of that run, so that a repeat changes nothing. With
    `replace`, the rows are all that their runs have to say of their queries: other passages lose
    their rank in these runs, and stay candidates. What is withdrawn, or of another project, is
    left out and counted.

    This is the way in for pooled candidates and for the scores of rerankers.
    Raises ValidationError for a run without a name, or with one that is too long.
    """
    given = list(rows)
    with transaction.atomic(), connection.cursor() as cursor:
        texts_lock(project.pk)
        runs = _runs(project, {row.run for row in given})
        _stage(cursor, given, runs)
        values: dict[str, str | int] = {"project": project.pk, "slug": project.slug}
        for statement in (_PAIRS, _TWINS, _FACTS):
            cursor.execute(statement, values)
        cursor.execute("ANALYZE propose_pair; ANALYZE propose_fact")
        made = _count(cursor, _CANDIDATES, values)
        if replace:
            cursor.execute(_FORGET)
        proposals = _count(cursor, _PROPOSALS, values)
        cursor.execute(_MADE_BY_RUN)
        by_id = dict(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM propose_row r WHERE NOT EXISTS ("
                       "SELECT FROM propose_pair p WHERE p.query_id = r.query_id"
                       " AND p.passage_id = r.passage_id)")  # fmt: skip
        refused: int = cursor.fetchone()[0]
    by_run = {name: by_id.get(key, 0) for name, key in runs.items()}
    return Stored(made, by_run, proposals, refused)


def run_check(*, project: Project, name: str, version: str) -> None:
    """Raise ValidationError where a run of this name holds anything but this version's scores."""
    held = Run.objects.filter(project=project, name=name).values_list("version", flat=True).first()
    if held not in (None, version):
        raise ValidationError(
            {"run": f"The run {name} holds the scores of another system; choose another name."}
        )


def run_ensure(*, project: Project, name: str, version: str) -> None:
    """Make the run that holds a version's scores, unless it is there; raises as `run_check`."""
    Run.objects.bulk_create(
        [Run(project=project, name=name, version=version)], ignore_conflicts=True
    )
    run_check(project=project, name=name, version=version)


def _runs(project: Project, names: set[str]) -> dict[str, int]:
    if not all(0 < len(name) <= RUN_CHARACTERS for name in names):
        raise ValidationError({"run": f"A run's name has 1 to {RUN_CHARACTERS} characters."})
    Run.objects.bulk_create(
        [Run(project=project, name=name) for name in sorted(names)], ignore_conflicts=True
    )
    return dict(Run.objects.filter(project=project, name__in=names).values_list("name", "pk"))


def _stage(cursor: CursorWrapper, rows: list[Proposed], runs: Mapping[str, int]) -> None:
    cursor.execute(_CREATE)
    with cursor.copy("COPY propose_row FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(("int8", "int8", "int8", "int4", "float8"))
        for row in rows:
            copy.write_row((row.query_id, row.passage_id, runs[row.run], row.rank, row.score))
    cursor.execute("ANALYZE propose_row")


def _count(cursor: CursorWrapper, statement: str, values: Mapping[str, str | int]) -> int:
    cursor.execute(statement, values)
    return int(cursor.rowcount)


_CREATE: Final = """
SET LOCAL jit = off; SET LOCAL work_mem = '64MB';
DROP TABLE IF EXISTS propose_row, propose_pair, propose_fact;
CREATE TEMP TABLE propose_row (
    query_id bigint, passage_id bigint, run_id bigint, rank integer, score double precision
) ON COMMIT DROP
"""

# Each pair once, with the candidate that it is. The place in the queue is that which an import
# gives (`annotate.importing.keys.candidate_position`). It is random, and new ids are drawn in its
# order, so that they tell no rank to those who judge blind.
_PAIRS: Final = """
CREATE TEMP TABLE propose_pair ON COMMIT DROP AS
SELECT said.query_id, said.passage_id, c.id AS candidate_id, c.id IS NULL AS is_new,
       ('x' || encode(substring(sha256(convert_to(
           %(slug)s || E'\\n' || COALESCE(q.external_id, 'sha256:' || encode(q.digest, 'hex'))
           || E'\\n' || COALESCE(p.external_id, 'sha256:' || encode(x.digest, 'hex')), 'UTF8'
       )) FOR 8), 'hex'))::bit(64)::bigint AS position
FROM (SELECT DISTINCT query_id, passage_id FROM propose_row) said
JOIN annotate_query q ON q.id = said.query_id
JOIN annotate_passage p ON p.id = said.passage_id
JOIN annotate_text x ON x.id = p.text_id
LEFT JOIN annotate_candidate c ON c.query_id = said.query_id AND c.passage_id = said.passage_id
WHERE q.project_id = %(project)s AND p.project_id = %(project)s
  AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
ORDER BY said.query_id, position
"""

# A candidate of the query whose passage reads the same: the first of them.
_TWINS: Final = """
UPDATE propose_pair n SET candidate_id = twin.id, is_new = false
FROM (
    SELECT n.query_id, n.passage_id, min(c.id) AS id
    FROM propose_pair n JOIN annotate_passage p ON p.id = n.passage_id
    JOIN annotate_passage other ON other.text_id = p.text_id AND other.title = p.title
    JOIN annotate_candidate c ON c.query_id = n.query_id AND c.passage_id = other.id
    WHERE n.is_new AND other.withdrawn_at IS NULL GROUP BY n.query_id, n.passage_id
) twin WHERE twin.query_id = n.query_id AND twin.passage_id = n.passage_id AND n.is_new
"""

# New ids are drawn at once, and a run says one thing of a candidate: the best.
_FACTS: Final = """
UPDATE propose_pair SET candidate_id = nextval((
    SELECT pg_get_serial_sequence('annotate_candidate', 'id')::regclass)) WHERE is_new;
CREATE TEMP TABLE propose_fact ON COMMIT DROP AS
SELECT DISTINCT ON (n.candidate_id, r.run_id)
       n.candidate_id, n.query_id, n.is_new, r.run_id, r.rank, r.score
FROM propose_row r JOIN propose_pair n
  ON n.query_id = r.query_id AND n.passage_id = r.passage_id
ORDER BY n.candidate_id, r.run_id, r.rank NULLS LAST, r.score DESC NULLS LAST
"""
_CANDIDATES: Final = """
INSERT INTO annotate_candidate (id, project_id, query_id, passage_id, position, metadata)
SELECT candidate_id, %(project)s, query_id, passage_id, position, '{}'::jsonb
FROM propose_pair WHERE is_new
"""
_FORGET: Final = """
DELETE FROM annotate_proposal e USING annotate_candidate c
WHERE e.candidate_id = c.id AND c.query_id IN (SELECT query_id FROM propose_pair)
  AND e.run_id IN (SELECT run_id FROM propose_row)
  AND NOT EXISTS (SELECT FROM propose_fact f
                  WHERE f.candidate_id = e.candidate_id AND f.run_id = e.run_id)
"""
_PROPOSALS: Final = """
INSERT INTO annotate_proposal AS e (run_id, candidate_id, rank, score)
SELECT run_id, candidate_id, rank, score FROM propose_fact
ON CONFLICT (candidate_id, run_id) DO UPDATE SET rank = excluded.rank, score = excluded.score
WHERE (e.rank, e.score) IS DISTINCT FROM (excluded.rank, excluded.score)
"""
_MADE_BY_RUN: Final = "SELECT run_id, count(*) FROM propose_fact WHERE is_new GROUP BY run_id"
