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

# Checks of what a colleague has adjudicated. A gold grade alone is no truth: see docs/adr/0008.
_CHECKS: Final = """
    SELECT u.username, count(*) FILTER (WHERE j.grade_id = known.grade_id), count(*)
    FROM annotate_judgment j JOIN annotate_judgment known ON known.candidate_id = j.candidate_id
     AND known.current AND known.action = 'grade' AND known.kind = 'adjudication'
     AND known.person_id <> j.person_id
    JOIN accounts_user u ON u.id = j.person_id
    WHERE j.project_id = %s AND j.current AND j.action = 'grade' AND j.kind = 'check'
    GROUP BY u.username
"""


@dataclass(slots=True)
class Votes:
    """Counted judgments of people as columns, and what is known of the truth.

    `candidates` has an id for each item that people judged, in order; `known` its adjudicated grade
    (a place in `values`, the scheme's grades) or -1, and `deciders` who adjudicated it,
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


def checks_of(project: Project) -> dict[str, tuple[int, int]]:
    """Return how many of each judge's checks hit what a colleague adjudicated, out of how many.

    By user name; only of those who have any.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CHECKS, [project.pk])
        return {name: (right, n) for name, right, n in cursor.fetchall()}
