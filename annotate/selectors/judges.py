"""Each judge's figures, for managers: accuracy on gold, agreement with themselves, and pace."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from accounts.models import Project
from annotate.agreement.consistency import Share, quadratic_kappa, within

DAYS: Final = 7  # that the pace looks back

# Grades by their rank in the scheme, from 0, so that "one grade apart" does not depend on values.
_RANKED: Final = """
WITH step AS (
    SELECT id, (rank() OVER (ORDER BY value) - 1)::integer AS rank
    FROM accounts_grade WHERE project_id = %(project)s
)
"""
# Later answers to a gold candidate measure memory; one that its author took back is none.
_CHECKS: Final = """{ranked}
, first AS (
    SELECT DISTINCT ON (j.person_id, g.id) j.person_id, g.grade_id AS known, j.grade_id AS given
    FROM annotate_judgment j JOIN annotate_gold g ON g.candidate_id = j.candidate_id
    JOIN annotate_candidate c ON c.id = j.candidate_id JOIN annotate_query q ON q.id = c.query_id
    JOIN annotate_passage p ON p.id = c.passage_id
    WHERE j.project_id = %(project)s AND j.kind = 'check' AND j.action = 'grade'
      AND g.removed_at IS NULL AND j.created_at >= (
          SELECT min(h.set_at) FROM annotate_gold h
          WHERE h.candidate_id = g.candidate_id AND h.grade_id = g.grade_id)
      AND (j.query_revision, j.passage_revision) = (q.revision, p.revision)
      AND NOT EXISTS (SELECT FROM annotate_judgment w
                      WHERE w.replaces_id = j.id AND w.action = 'withdraw')
    ORDER BY j.person_id, g.id, j.created_at
)
SELECT first.person_id, known.rank, given.rank, count(*) FROM first
JOIN step known ON known.id = first.known JOIN step given ON given.id = first.given
GROUP BY 1, 2, 3
""".replace("{ranked}", _RANKED)
_REPEATS: Final = """{ranked}
SELECT j.person_id, before.rank, given.rank, count(*)
FROM annotate_judgment j JOIN step given ON given.id = j.grade_id
CROSS JOIN LATERAL (
    SELECT e.grade_id FROM annotate_judgment e
    WHERE e.candidate_id = j.candidate_id AND e.person_id = j.person_id AND e.action = 'grade'
      AND e.kind IN ('counted', 'late') AND e.created_at < j.created_at
    ORDER BY e.created_at DESC LIMIT 1
) earlier
JOIN step before ON before.id = earlier.grade_id
WHERE j.project_id = %(project)s AND j.kind = 'repeat' AND j.current
GROUP BY 1, 2, 3
""".replace("{ranked}", _RANKED)
_PACES: Final = """
SELECT person_id, count(*) FILTER (WHERE fresh), count(seconds) FILTER (WHERE fresh),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE fresh),
       coalesce(sum(seconds) FILTER (WHERE fresh AND seconds > 0), 0),
       count(*) FILTER (WHERE fresh AND seconds > 0), count(*), max(created_at)
FROM (
    SELECT person_id, seconds, created_at,
           created_at > statement_timestamp() - make_interval(days => %(days)s) AS fresh
    FROM annotate_judgment
    WHERE project_id = %(project)s AND current AND person_id IS NOT NULL
      AND kind IN ('counted', 'late', 'check', 'repeat')
) given GROUP BY 1
"""

Pairs = Mapping[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Pace:
    """The last DAYS days: answers, and of the `n` with a time the median of their active seconds,
    and how many of these people make in an hour of active time; None where there are none."""

    answers: int = 0
    n: int = 0
    median_seconds: float | None = None
    per_hour: float | None = None


@dataclass(frozen=True, slots=True)
class JudgeFigures:
    """One judge. `gold` and `near_gold` are the shares of gold candidates whose first check they
    answered with the gold grade, and with it or a neighbour, which of two grades would be all;
    `same` is that of repeats answered as before, `kappa` their agreement with quadratic weights.
    `role` is empty where they have left."""

    username: str
    role: str
    answers: int = 0
    gold: Share = field(default_factory=lambda: Share(0, 0))
    near_gold: Share | None = None
    same: Share = field(default_factory=lambda: Share(0, 0))
    kappa: float | None = None
    pace: Pace = field(default_factory=Pace)
    last_at: Any = None


def project_judges(project: Project) -> list[JudgeFigures]:
    """Return the figures of all who judge or have judged in a project, by user name."""
    checks, repeats = _pairs(_CHECKS, project), _pairs(_REPEATS, project)
    paces = {row[0]: row[1:] for row in _rows(_PACES, project)}
    members = project.members.exclude(role="viewer").values_list("user", "role")
    roles = dict(members)
    people = dict(_rows(_NAMES, project, people=[*roles, *paces]))
    steps = len(project.scheme)
    return [
        _figures(name, roles.get(pk, ""), steps, checks[pk], repeats[pk], paces.get(pk))
        for pk, name in sorted(people.items(), key=lambda item: item[1])
    ]


_NAMES: Final = "SELECT id, username FROM accounts_user WHERE id = ANY (%(people)s)"


def _figures(
    name: str, role: str, steps: int, checks: Pairs, repeats: Pairs, pace: tuple[Any, ...] | None
) -> JudgeFigures:
    answers, timed, median, seconds, worked, total, last = pace or (0, 0, None, 0, 0, 0, None)
    return JudgeFigures(
        username=name,
        role=role,
        answers=total,
        gold=within(checks, 0),
        near_gold=within(checks, 1) if steps > 2 else None,
        same=within(repeats, 0),
        kappa=quadratic_kappa(repeats),
        pace=Pace(answers, timed, median, worked / (seconds / 3600) if seconds else None),
        last_at=last,
    )


def _pairs(sql: str, project: Project) -> dict[int, dict[tuple[int, int], int]]:
    found: dict[int, dict[tuple[int, int], int]] = defaultdict(dict)
    for person, one, other, n in _rows(sql, project):
        found[person][one, other] = n
    return found


def _rows(sql: str, project: Project, people: list[int] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk, "days": DAYS, "people": people})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
