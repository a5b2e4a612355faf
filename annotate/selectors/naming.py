"""Rows that somebody names by their ids: all of them are there, or they are told which are not."""

from collections.abc import Collection
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

_SHOWN: Final = 10


def named(rows: QuerySet[Any], keys: Collection[int], field: str) -> QuerySet[Any]:
    """Return the rows of these ids. Raises ValidationError, on `field`, for ids not among them."""
    strangers = sorted({*keys} - {*rows.filter(pk__in=keys).values_list("pk", flat=True)})
    if strangers:
        shown = ", ".join(map(str, strangers[:_SHOWN])) + (", …" if strangers[_SHOWN:] else "")
        raise ValidationError({field: [f"Not in this project, or not among these rows: {shown}."]})
    return rows.filter(pk__in=keys)
