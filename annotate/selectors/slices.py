"""Reads of the slices that a team has made: what they ask for, and which queries they hold now."""

from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import QuerySet
from django.http import Http404

from accounts.models import Project
from annotate.frozen.naming import named_by
from annotate.models import QuerySlice
from annotate.selectors.qrels import CURRENT, QUERY_KEY

VALUES_SHOWN: Final = 12
_ROWS: Final = 2_000  # read at once
_QUERIES: Final = f"""
    SELECT {QUERY_KEY}, q.text, q.metadata::text, EXISTS (
        SELECT 1 FROM annotate_candidate c
        JOIN annotate_passage p ON p.id = c.passage_id
        JOIN annotate_judgment j ON j.candidate_id = c.id
        WHERE c.query_id = q.id AND {CURRENT}
    )
    FROM annotate_query q WHERE q.project_id = %s AND q.withdrawn_at IS NULL
"""  # noqa: S608 - only constants of other modules are put in


@dataclass(slots=True)
class Counted:
    """A slice with how many queries it holds now, and how many judged ones; None is not told."""

    row: QuerySlice
    queries: int = 0
    judged: int | None = 0


@dataclass(frozen=True, slots=True)
class SlicesNow:
    """The slices of a project, counted, and the metadata that a slice can ask for: key, values."""

    slices: list[Counted]
    keys: dict[str, list[str]]


def slices_of(project: Project) -> QuerySet[QuerySlice]:
    """Return the slices that a project's team has made, by name."""
    return project.slices.select_related("created_by")


def slice_by(project: Project, pk: int) -> QuerySlice:
    """Return a slice of a project. Raises Http404 with a sentence."""
    found = slices_of(project).filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no slice {pk} in this project.")
    return found


def slices_counted(project: Project, rows: list[QuerySlice]) -> SlicesNow:
    """Count the queries of these slices in one look through the project's queries.

    A query is judged where a snapshot would hold it.
    """
    counted = [Counted(row) for row in rows]
    asked = [(each, each.row.asks) for each in counted]
    keys: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_QUERIES, [project.pk])
        while found := cursor.fetchmany(_ROWS):
            for name, text, metadata, judged in found:
                named = named_by(metadata)
                for key, value in (named or {}).items():
                    values = keys.setdefault(key, set())
                    if len(values) <= VALUES_SHOWN:
                        values.add(value)
                for each, conditions in asked:
                    if conditions.hold(name=name, text=text, metadata=named):
                        each.queries += 1
                        each.judged = (each.judged or 0) + judged
    return SlicesNow(counted, {key: sorted(values) for key, values in sorted(keys.items())})
