"""All votes of a project as columns, in the order in which a snapshot writes its lines."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from django.db import connection, transaction

from accounts.models import Project
from annotate.selectors.qrels import CURRENT, PASSAGE_KEY, QUERY_KEY

_ROWS: Final = f"""
    SELECT c.id, j.kind = 'adjudication', g.value, u.username COLLATE "C" AS username,
           {QUERY_KEY} COLLATE "C" AS query_key, {PASSAGE_KEY} COLLATE "C" AS passage_key
    FROM annotate_judgment j
    JOIN annotate_candidate c ON c.id = j.candidate_id
    JOIN annotate_query q ON q.id = c.query_id
    JOIN annotate_passage p ON p.id = c.passage_id
    JOIN annotate_text t ON t.id = p.text_id
    JOIN accounts_grade g ON g.id = j.grade_id
    JOIN accounts_user u ON u.id = j.person_id
    WHERE j.project_id = %s AND {CURRENT}
    ORDER BY query_key, passage_key, username, j.kind
"""  # noqa: S608 - only constants are put in

# Gold that nobody has adjudicated since.
_GOLD: Final = """
    SELECT g.candidate_id, g.grade_id FROM annotate_gold g
    WHERE g.project_id = %(project)s AND g.removed_at IS NULL AND NOT EXISTS (
        SELECT FROM annotate_judgment a WHERE a.candidate_id = g.candidate_id AND a.current
        AND a.action = 'grade' AND a.kind = 'adjudication'
    )
"""
# Grades that are known to be right, and who said so, if it was a judge.
_KNOWN: Final = f"""
    SELECT candidate_id, grade_id, person_id FROM annotate_judgment
    WHERE project_id = %(project)s AND current AND action = 'grade' AND kind = 'adjudication'
    UNION ALL SELECT candidate_id, grade_id, NULL FROM ({_GOLD}) gold
"""  # noqa: S608 - only constants are put in
_GOLD_VALUES: Final = f"""
    SELECT gold.candidate_id, g.value FROM ({_GOLD}) gold
    JOIN accounts_grade g ON g.id = gold.grade_id
"""  # noqa: S608 - only constants are put in
_CHECKS: Final = f"""
    SELECT u.username, count(*) FILTER (WHERE j.grade_id = known.grade_id), count(*)
    FROM annotate_judgment j JOIN ({_KNOWN}) known ON known.candidate_id = j.candidate_id
    JOIN accounts_user u ON u.id = j.person_id
    WHERE j.project_id = %(project)s AND j.current AND j.action = 'grade' AND j.kind = 'check'
      AND j.person_id IS DISTINCT FROM known.person_id
    GROUP BY u.username
"""  # noqa: S608 - only constants are put in


@dataclass(slots=True)
class Votes:
    """Counted judgments of people as columns, and what is known of the truth.

    `candidates` has an id for each item that people judged, in order; `known` its adjudicated or
    gold grade (a place in `values`, the scheme's grades) or -1, and `deciders` who adjudicated it,
    or -1. Vote n is by `judge[n]` (a place in `judges`) on `item[n]`: the grade `grade[n]`.
    """

    values: tuple[int, ...]
    judges: list[str] = field(default_factory=list)
    candidates: array[int] = field(default_factory=lambda: array("q"))
    known: array[int] = field(default_factory=lambda: array("i"))
    deciders: array[int] = field(default_factory=lambda: array("i"))
    item: array[int] = field(default_factory=lambda: array("i"))
    judge: array[int] = field(default_factory=lambda: array("i"))
    grade: array[int] = field(default_factory=lambda: array("i"))


def votes_of(project: Project) -> Votes:
    """Return the votes that hold; some 24 bytes for each, and 16 for each candidate."""
    votes = Votes(values=tuple(grade.value for grade in project.scheme))
    grades = {value: place for place, value in enumerate(votes.values)}
    judges: dict[str, int] = {}
    decided: dict[int, tuple[int, int]] = {}
    for candidate, adjudicated, value, name in _rows(project):
        person = judges.setdefault(name, len(judges))
        if adjudicated:
            decided[candidate] = (grades[value], person)
            continue
        if not votes.candidates or votes.candidates[-1] != candidate:
            votes.candidates.append(candidate)
        votes.item.append(len(votes.candidates) - 1)
        votes.judge.append(person)
        votes.grade.append(grades[value])
    for candidate, value in _gold(project):
        decided[candidate] = (grades[value], -1)
    for candidate in votes.candidates:
        known, decider = decided.get(candidate, (-1, -1))
        votes.known.append(known)
        votes.deciders.append(decider)
    votes.judges = list(judges)
    return votes


def _rows(project: Project) -> Iterator[tuple[int, bool, int, str]]:
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_ROWS, [project.pk])
        while block := cursor.fetchmany(10_000):
            for candidate, adjudicated, value, name, _, _ in block:
                yield candidate, adjudicated, value, name


def _gold(project: Project) -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_GOLD_VALUES, {"project": project.pk})
        rows: list[tuple[int, int]] = cursor.fetchall()
    return rows


def checks_of(project: Project) -> dict[str, tuple[int, int]]:
    """Return how many of each judge's gold checks hit a grade that is known, and out of how many.

    By user name; only of those who have any.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHECKS, {"project": project.pk})
        return {name: (right, n) for name, right, n in cursor.fetchall()}
