"""How the judging goes: coverage, judged@k, days, judges; counted not long before it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from accounts.models import Project, User
from annotate.keeping import kept
from annotate.pace import Forecast, forecast
from annotate.selectors.pairs import PairProgress, pairs_progress
from annotate.selectors.tally import LIVE, tally_of

DEPTHS: Final = (1, 3, 5, 10, 20)
DAYS: Final = 30
RUNS: Final = 6  # the largest; a table of more is read by nobody

_JUDGED_AT: Final = f"""
SELECT ranked.run_id, ranked.place, count(*), count(judged.id)
FROM (
    SELECT x.run_id, x.rank - first.rank AS place, c.id
    FROM unnest(%(runs)s::bigint[], %(first)s::integer[]) AS first(run_id, rank)
    JOIN annotate_proposal x ON x.run_id = first.run_id AND x.rank < first.rank + %(deepest)s
    JOIN annotate_candidate c ON c.id = x.candidate_id
    WHERE {LIVE}
) ranked LEFT JOIN (
    SELECT DISTINCT candidate_id AS id FROM annotate_judgment j
    WHERE j.project_id = %(project)s AND j.current AND j.action = 'grade'
      AND j.kind IN ('counted', 'adjudication')
) judged ON judged.id = ranked.id
GROUP BY 1, 2
"""  # noqa: S608 - only constants are put in
_RUNS: Final = """
SELECT r.id, r.name, min(x.rank) FROM annotate_run r JOIN annotate_proposal x ON x.run_id = r.id
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
    counted_at: datetime


def dashboard_of(project: Project) -> Dashboard:
    """Count a project's judging; what takes longer than a second is kept for a while."""
    tally, tallied = tally_of(project)
    (rows, judged_at), counted = kept(
        f"dashboard-{project.pk}",
        lambda: (_rows(_ANSWERS, [project.pk]), _judged_at(project)),
    )
    today = timezone.now().date()
    daily: dict[date, int] = {}
    for _, day, judged, *_ in rows:
        daily[day] = daily.get(day, 0) + judged
    return Dashboard(
        coverage=Coverage(
            queries=project.queries.filter(withdrawn_at=None).count(),
            with_candidates=tally.with_candidates,
            begun=tally.begun,
            complete=tally.complete,
            with_relevant=tally.with_relevant,
        ),
        judged_at=judged_at,
        days=[(day, daily.get(day, 0)) for day in _last_days(today)],
        judges=_judges(rows, today),
        forecast=forecast(
            remaining=tally.candidates * project.overlap - tally.met,
            answers=sum(row[5] for row in rows),
            timed=sum(row[6] for row in rows),
            seconds=sum(row[7] for row in rows),
            daily=sorted(daily.items()),
            today=today,
            price=project.hourly_cost,
        ),
        pairs=pairs_progress(project),
        counted_at=min(tallied, counted),
    )


def _rows(sql: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _last_days(today: date) -> list[date]:
    return [date.fromordinal(today.toordinal() - back) for back in range(DAYS - 1, -1, -1)]


def _judged_at(project: Project) -> dict[str, list[JudgedAt]]:
    """Return judged@k of the largest runs; ranks begin where the run's do, at 0 or 1."""
    runs = _rows(_RUNS, [project.pk, RUNS])
    if not runs:
        return {}
    values = {
        "project": project.pk,
        "runs": [run for run, _, _ in runs],
        "first": [first for _, _, first in runs],
        "deepest": max(DEPTHS),
    }
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
        for run, name, _ in runs
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
