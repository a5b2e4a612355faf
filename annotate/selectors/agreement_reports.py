"""What was measured of agreement, as pages and the API show it: to whom, and whether it is old."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.db import connection

from accounts.access import Right, role_allows
from accounts.models import Grade, Member, Project, User
from annotate.agreement.meanings import advice_on_all, advice_on_pair
from annotate.models import AgreementReport, Candidate, Judgment, Kind, Source

FORMAT: Final = 2
"""Of what is kept: another number makes all that was kept old."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What agreement would be measured of now: how much of people (grades and preferences that
    count), and how many grades of sources."""

    fingerprint: str
    counted: int
    imported: int


def moment_of(project: Project) -> Moment:
    """Return the state of all that agreement is measured of.

    Counted, since a trigger that kept it would make all judges of a project wait for each other.
    """
    sql = """
        SELECT concat_ws(' ', j.counted, j.imported, j.ever, j.newest, c.gone, c.last, q.gone,
                         q.last, p.gone, p.last, g.scheme, r.runs, r.last, i.last, x.counted,
                         x.ever, x.newest),
               j.counted + x.counted, j.imported
        FROM (SELECT count(*) FILTER (WHERE current AND action = 'grade'
                                      AND kind = 'counted') AS counted,
                     count(*) FILTER (WHERE current AND kind = 'imported') AS imported,
                     count(*) AS ever, max(created_at) AS newest
              FROM annotate_judgment WHERE project_id = %(project)s) j,
             (SELECT count(*) FILTER (WHERE current AND slot IS NOT NULL) AS counted,
                     count(*) AS ever, max(created_at) AS newest
              FROM annotate_preference WHERE project_id = %(project)s) x,
             (SELECT count(*) AS gone, max(withdrawn_at) AS last FROM annotate_candidate
              WHERE project_id = %(project)s AND withdrawn_at IS NOT NULL) c,
             (SELECT count(*) AS gone, max(withdrawn_at) AS last FROM annotate_query
              WHERE project_id = %(project)s AND withdrawn_at IS NOT NULL) q,
             (SELECT count(*) AS gone, max(withdrawn_at) AS last FROM annotate_passage
              WHERE project_id = %(project)s AND withdrawn_at IS NOT NULL) p,
             (SELECT md5(string_agg(concat_ws('/', id, value, name, gain, relevant), '|'
                                    ORDER BY id)) AS scheme
              FROM accounts_grade WHERE project_id = %(project)s) g,
             (SELECT count(*) AS runs, max(id) AS last FROM annotate_run
              WHERE project_id = %(project)s) r,
             (SELECT max(finished_at) AS last FROM annotate_import
              WHERE project_id = %(project)s) i
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk})
        state, counted, imported = cursor.fetchone()
    return Moment(f"{FORMAT} {state}", int(counted), int(imported))


@dataclass(frozen=True, slots=True)
class Judge:
    """Who judged: a person by user name, or an import source; `shown` is how pages name them."""

    name: str
    shown: str
    imported: bool


GONE: Final = Judge("", "somebody who left", imported=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A report as a reader may see it.

    `result` is what was measured, without what names people unless `named`; `judges` are those
    who are compared, by key. `current` says whether the judgments are still those of then.
    """

    report: AgreementReport
    result: Mapping[str, Any] | None
    judges: Mapping[int, Judge]
    current: bool
    named: bool

    @property
    def advice(self) -> list[str]:
        if self.result is None:
            return []
        # Summed over all pairs it names nobody.
        tables = [pair["table"] for pair in (self.report.result or {}).get("pairs", [])]
        return advice_on_all(self.result["figures"], tables, self.grades)

    @property
    def grades(self) -> list[dict[str, Any]]:
        """The scheme that was measured under, worst grade first."""
        scheme = self.result["scheme"] if self.result else {"values": [], "names": []}
        steps = zip(scheme["values"], scheme["names"], strict=True)
        return [{"value": value, "name": name} for value, name in steps]


def report_seen(report: AgreementReport, moment: Moment, *, named: bool) -> Seen:
    """Return a report as managers and reviewers see it (`named`), or all others."""
    result, judges = report.result, {}
    if result:
        judges = judges_of(result["judges"]) if named else {}
        result = {**result, "judges": len(result["judges"])}
        if not named:
            result |= {"pairs": [], "conflicts": []}
    current = report.fingerprint == moment.fingerprint
    return Seen(report, result, judges, current, named)


def judges_of(keys: Iterable[int]) -> dict[int, Judge]:
    """Return people, and import sources, whose keys are below 0."""
    people = User.objects.filter(pk__in=[key for key in keys if key > 0])
    sources = Source.objects.filter(pk__in=[-key for key in keys if key < 0])
    found = {each.pk: _person(each) for each in people}
    return found | {-each.pk: _source(each) for each in sources}


def _person(person: User) -> Judge:
    return Judge(person.username, person.display_name, imported=False)


def _source(source: Source) -> Judge:
    return Judge(source.name, f"{source.name} (imported)", imported=True)


def _author(judgment: Judgment) -> Judge:
    if judgment.source:
        return _source(judgment.source)
    return _person(judgment.person) if judgment.person else GONE


def pair_advice(seen: Seen, pair: Mapping[str, Any]) -> list[str]:
    """Return what two judges should talk about."""
    one, other = (seen.judges.get(pair[side], GONE).shown for side in ("one", "other"))
    return advice_on_pair(pair["table"], seen.grades, one, other)


@dataclass(frozen=True, slots=True)
class Said:
    """A grade that somebody gave."""

    judge: Judge
    grade: Grade


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A candidate of a conflict, with who says what of it now, oldest first."""

    candidate: Candidate
    said: Sequence[Said]


@dataclass(frozen=True, slots=True)
class ConflictShown:
    """The same passage, judged differently: by how much, and where."""

    difference: float
    rows: Sequence[ConflictRow]

    @property
    def passage(self) -> Any:
        return self.rows[0].candidate.passage


def conflicts_shown(
    conflicts: Sequence[Mapping[str, Any]], *, with_imported: bool
) -> list[ConflictShown]:
    """Return measured conflicts with their texts and grades, in four queries.

    One of which nothing is left, since it was judged or withdrawn meanwhile, is left out.
    """
    keys = [key for conflict in conflicts for key in conflict["candidates"]]
    rows = Candidate.objects.filter(pk__in=keys, withdrawn_at=None, query__withdrawn_at=None)
    candidates = rows.select_related("query", "passage__text").in_bulk()
    kinds = [Kind.COUNTED, Kind.IMPORTED] if with_imported else [Kind.COUNTED]
    held = (
        Judgment.objects.current_grades()
        .filter(candidate__in=list(candidates), kind__in=kinds)
        .select_related("person", "source", "grade")
        .order_by("candidate_id", "created_at", "pk")
    )
    said = {
        key: [Said(_author(row), row.grade) for row in group if row.grade]
        for key, group in groupby(held, lambda row: row.candidate_id)
    }
    shown = []
    for conflict in conflicts:
        found = [
            ConflictRow(candidates[key], said[key])
            for key in conflict["candidates"]
            if key in candidates and key in said
        ]
        if len(found) > 1:
            shown.append(ConflictShown(conflict["difference"], found))
    return shown


def named_to(member: Member) -> bool:
    """Say whether a member sees who agrees with whom: managers and reviewers do."""
    return role_allows(member.role, Right.REVIEW)
