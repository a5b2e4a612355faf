"""How the judging goes: coverage, judged@k, days, judges; counted when it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from accounts.models import Project, User
from annotate.pace import Forecast, forecast
from annotate.selectors.pairs import PairProgress, pairs_progress
from annotate.selectors.progress import project_progress

DEPTHS: Final = (1, 3, 5, 10, 20)
DAYS: Final = 30
RUNS: Final = 6  # the largest; a table of more is read by nobody

_LIVE: Final = "c.withdrawn_at IS NULL AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL"
_COUNTED: Final = "j.current AND j.action = 'grade' AND j.kind IN ('counted', 'adjudication')"
_COVERAGE: Final = f"""
WITH judged AS (
    SELECT j.candidate_id, bool_or(g.relevant) AS relevant FROM annotate_judgment j
    JOIN accounts_grade g ON g.id = j.grade_id
    WHERE j.project_id = %(project)s AND {_COUNTED} GROUP BY 1
), per_query AS (
    SELECT c.query_id, count(*) AS candidates, count(*) FILTER (WHERE c.wanted) AS wanted,
           count(judged.candidate_id) AS judged, bool_or(judged.relevant) AS relevant
    FROM annotate_candidate c JOIN annotate_query q ON q.id = c.query_id
    JOIN annotate_passage p ON p.id = c.passage_id
    LEFT JOIN judged ON judged.candidate_id = c.id
    WHERE c.project_id = %(project)s AND {_LIVE} GROUP BY 1
)
SELECT (SELECT count(*) FROM annotate_query
        WHERE project_id = %(project)s AND withdrawn_at IS NULL),
       count(*), count(*) FILTER (WHERE judged > 0), count(*) FILTER (WHERE wanted = 0),
       count(*) FILTER (WHERE relevant)
FROM per_query
"""  # noqa: S608 - only constants of this module are put in
_JUDGED_AT: Final = f"""
WITH judged AS (
    SELECT DISTINCT j.candidate_id FROM annotate_judgment j
    WHERE j.project_id = %(project)s AND {_COUNTED}
), ranked AS (
    SELECT x.run_id, x.rank - (min(x.rank) OVER (PARTITION BY x.run_id)) AS place,
           judged.candidate_id IS NOT NULL AS judged
    FROM annotate_proposal x JOIN annotate_candidate c ON c.id = x.candidate_id
    JOIN annotate_query q ON q.id = c.query_id JOIN annotate_passage p ON p.id = c.passage_id
    LEFT JOIN judged ON judged.candidate_id = c.id
    WHERE x.run_id = ANY(%(runs)s) AND x.rank IS NOT NULL AND {_LIVE}
)
SELECT run_id, place, count(*), count(*) FILTER (WHERE judged) FROM ranked
WHERE place < %(deepest)s GROUP BY 1, 2
"""  # noqa: S608 - only constants of this module are put in
_RUNS: Final = """
SELECT r.id, r.name FROM annotate_run r JOIN annotate_proposal x ON x.run_id = r.id
WHERE r.project_id = %s AND x.rank IS NOT NULL
GROUP BY r.id ORDER BY count(*) DESC, r.name LIMIT %s
"""
# Answers are what people hold now; what a check or a repeat took is time, too.
_ANSWERS: Final = """
SELECT j.person_id, (j.created_at AT TIME ZONE 'UTC')::date AS day,
       count(*) FILTER (WHERE j.action = 'grade' AND j.kind = 'counted'),
       count(*) FILTER (WHERE j.action = 'skip'), count(*) FILTER (WHERE j.flagged),
       count(*), count(j.seconds), coalesce(sum(j.seconds), 0), max(j.created_at)
FROM annotate_judgment j
WHERE j.project_id = %s AND j.person_id IS NOT NULL AND j.current
  AND j.kind <> 'adjudication'
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Queries that are not withdrawn: all, with candidates, with a judgment, with all judgments
    that the overlap asks for, and with a passage found relevant by people."""

    queries: int
    with_candidates: int
    begun: int
    complete: int
    with_relevant: int


@dataclass(frozen=True, slots=True)
class JudgedAt:
    """Of a run's candidates down to rank `depth`, how many people have judged."""

    depth: int
    candidates: int
    judged: int

    @property
    def percent(self) -> float | None:
        return 100 * self.judged / self.candidates if self.candidates else None


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """What one person has done: grades that count, skips, flags, and their active time.

    `seconds` is the mean over the `timed` of the person's `answers`.
    """

    person: User
    judged: int
    skipped: int
    flagged: int
    answers: int
    timed: int
    seconds: float | None
    hours: float
    last_week: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A project's judging; `days` are judgments per day of the last 30, days without any too.

    `pairs` is None where none are compared.
    """

    coverage: Coverage
    judged_at: Mapping[str, Sequence[JudgedAt]]
    days: Sequence[tuple[date, int]]
    judges: Sequence[JudgeRow]
    forecast: Forecast
    pairs: PairProgress | None


def dashboard_of(project: Project) -> Dashboard:
    """Count a project's judging; some seconds at a million judgments."""
    rows = _rows(_ANSWERS, [project.pk])
    today = timezone.now().date()
    daily: dict[date, int] = {}
    for _, day, judged, *_ in rows:
        daily[day] = daily.get(day, 0) + judged
    progress = project_progress(project)
    return Dashboard(
        coverage=Coverage(*_rows(_COVERAGE, {"project": project.pk})[0]),
        judged_at=_judged_at(project),
        days=[(day, daily.get(day, 0)) for day in _last_days(today)],
        judges=_judges(rows, today),
        forecast=forecast(
            remaining=progress.remaining,
            answers=sum(row[5] for row in rows),
            timed=sum(row[6] for row in rows),
            seconds=sum(row[7] for row in rows),
            daily=sorted(daily.items()),
            today=today,
            price=project.hourly_cost,
        ),
        pairs=pairs_progress(project),
    )


def _rows(sql: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _last_days(today: date) -> list[date]:
    return [date.fromordinal(today.toordinal() - back) for back in range(DAYS - 1, -1, -1)]


def _judged_at(project: Project) -> dict[str, list[JudgedAt]]:
    """Return judged@k of the largest runs; ranks begin where the run's do, at 0 or 1."""
    names = dict(_rows(_RUNS, [project.pk, RUNS]))
    if not names:
        return {}
    values = {"project": project.pk, "runs": list(names), "deepest": max(DEPTHS)}
    counts: dict[int, list[tuple[int, int, int]]] = {}
    for run, place, candidates, judged in _rows(_JUDGED_AT, values):
        counts.setdefault(run, []).append((place, candidates, judged))
    return {
        name: [
            JudgedAt(
                depth,
                sum(n for place, n, _ in counts.get(run, ()) if place < depth),
                sum(n for place, _, n in counts.get(run, ()) if place < depth),
            )
            for depth in DEPTHS
        ]
        for run, name in names.items()
    }


def _judges(rows: Sequence[tuple[Any, ...]], today: date) -> list[JudgeRow]:
    """Return one row per person, who has judged most first."""
    people = User.objects.in_bulk({row[0] for row in rows})
    found = []
    for person in people.values():
        own = [row for row in rows if row[0] == person.pk]
        judged, skipped, flagged, answers, timed = (sum(r[at] for r in own) for at in range(2, 7))
        seconds = sum(row[7] for row in own)
        found.append(
            JudgeRow(
                person=person,
                judged=judged,
                skipped=skipped,
                flagged=flagged,
                answers=answers,
                timed=timed,
                seconds=seconds / timed if timed else None,
                hours=seconds / 3600,
                last_week=sum(row[2] for row in own if (today - row[1]).days < 7),
                last_at=max(row[8] for row in own),
            )
        )
    return sorted(found, key=lambda row: (-row.judged, row.person.username))
