"""What people and imports have said elsewhere about a text goes with it, where it quotes it."""

from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Project
from annotate.models import (
    Bulk,
    Change,
    Erasure,
    Gold,
    Import,
    Judgment,
    Kind,
    Preference,
    QuerySlice,
    SavedView,
)
from annotate.models.texts import ERASED
from annotate.quoting import Quotes


def quotes_clear(*, erasure: Erasure, quotes: Quotes) -> int:
    """Take out what quotes an erased text; return in how many rows.

    Prose becomes `(erased)`; a judge's comment becomes empty, unless comments are kept; a saved
    view goes, since without its search it would be another one, and so does a slice; of a slice's
    list of ids only the erased ones go, while others are left.
    """
    project = erasure.project
    others = Erasure.objects.filter(project=project).exclude(pk=erasure.pk)
    cleared = (
        _prose(Change.objects.filter(project=project), "reason", quotes)
        + _prose(others, "reason", quotes)
        + _prose(Gold.objects.filter(project=project), "explanation", quotes)
        + _prose(Bulk.objects.filter(project=project), "reason", quotes)
        + _searches(project, quotes)
        + _slices(project, quotes)
        + _import_errors(project, quotes)
    )
    return cleared if erasure.keep_comments else cleared + _comments(project, quotes)


def _prose(rows: QuerySet[Any], field: str, quotes: Quotes) -> int:
    said = rows.exclude(**{f"{field}__in": ["", ERASED]}).values_list("pk", field)
    quoting = [pk for pk, words in said.iterator() if quotes.in_prose(words)]
    return rows.filter(pk__in=quoting).update(**{field: ERASED}) if quoting else 0


def _comments(project: Project, quotes: Quotes) -> int:
    rows = Judgment.objects.filter(project=project)
    said = rows.filter(~Q(comment__in=["", ERASED]) | ~Q(skip_reason=""))
    quoting = [
        (pk, kind)
        for pk, kind, *words in said.values_list("pk", "kind", "comment", "skip_reason").iterator()
        if any(map(quotes.in_prose, words))
    ]
    decided = [pk for pk, kind in quoting if kind == Kind.ADJUDICATION]
    other = [pk for pk, kind in quoting if kind != Kind.ADJUDICATION]
    rows.filter(pk__in=decided).update(comment=ERASED)
    rows.filter(pk__in=other).update(comment="", skip_reason="")
    return len(quoting) + _comments_on_pairs(project, quotes)


def _comments_on_pairs(project: Project, quotes: Quotes) -> int:
    rows = Preference.objects.filter(project=project)
    said = rows.exclude(comment="", skip_reason="").values_list("pk", "comment", "skip_reason")
    quoting = [pk for pk, *words in said.iterator() if any(map(quotes.in_prose, words))]
    return rows.filter(pk__in=quoting).update(comment="", skip_reason="") if quoting else 0


def _searches(project: Project, quotes: Quotes) -> int:
    cleared = 0
    for view in SavedView.objects.filter(project=project):
        said = [view.name, *map(str, view.parameters.values())]
        if any(map(quotes.in_search, said)):
            view.delete()
            cleared += 1
    for bulk in Bulk.objects.filter(project=project).exclude(parameters={}):
        kept = {
            name: ERASED if quotes.in_search(str(value)) else value
            for name, value in bulk.parameters.items()
        }
        if kept != bulk.parameters:
            cleared += Bulk.objects.filter(pk=bulk.pk).update(parameters=kept)
    return cleared


def _slices(project: Project, quotes: Quotes) -> int:
    cleared = 0
    for row in QuerySlice.objects.filter(project=project):
        asked = row.asks
        said = [row.name, *asked.words, *(part for pair in asked.metadata.items() for part in pair)]
        kept = tuple(name for name in asked.queries if not quotes.in_prose(name))
        if any(map(quotes.in_search, said)) or (asked.queries and not kept):
            row.delete()
            cleared += 1
        elif kept != asked.queries:
            row.conditions = replace(asked, queries=kept).to_dict()
            row.save(update_fields=["conditions"])
            cleared += 1
    return cleared


def _import_errors(project: Project, quotes: Quotes) -> int:
    cleared = 0
    for row in Import.objects.filter(project=project).exclude(errors=[]).only("errors"):
        errors: list[dict[str, Any]] = [
            {**error, "message": ERASED} if quotes.in_prose(error["message"]) else error
            for error in row.errors
        ]
        if errors != row.errors:
            cleared += Import.objects.filter(pk=row.pk).update(errors=errors)
    return cleared
