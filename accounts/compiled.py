"""Queries of the hottest paths, whose SQL Django makes once instead of at every call.

For a lookup by key the making takes longer than the database. Rows become the same instances as
from the queryset itself, with what `select_related` loads (one step, and never null).
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, QuerySet

from config.database.base import prepared_cursor

M = TypeVar("M", bound=Model)


class Compiled(Generic[M]):
    """A queryset of its arguments, compiled at the first call.

    `examples` has a value for each argument that stands nowhere else in the query, by which its
    places are found.
    """

    def __init__(
        self, build: Callable[..., QuerySet[M]], examples: Mapping[str, int | str]
    ) -> None:
        self._build = build
        self._examples = examples

    def first(self, **given: int | str) -> M | None:
        """Return the first row for these arguments, or None."""
        sql, params, make = self._made
        with prepared_cursor() as cursor:
            cursor.execute(sql, [given[name] if name else value for name, value in params])
            row = cursor.fetchone()
        return None if row is None else make(row)

    @cached_property
    def _made(self) -> tuple[str, list[tuple[str, Any]], Callable[[tuple[Any, ...]], M]]:
        rows = self._build(**self._examples).order_by()[:1]
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, values = compiler.as_sql()
        names = {value: name for name, value in self._examples.items()}
        params = [(names.get(value, ""), value) for value in values]
        missing = set(names.values()) - {name for name, _ in params}
        if missing:
            raise ValueError(f"The query has no place for {', '.join(sorted(missing))}.")
        info, select = compiler.klass_info, compiler.select
        columns = info["select_fields"]
        begin, end = columns[0], columns[-1] + 1
        attributes = [field.target.attname for field, _, _ in select[begin:end]]
        related = [
            (each, [select[at][0].target.attname for at in each["select_fields"]])
            for each in info.get("related_klass_infos", ())
        ]

        def make(row: tuple[Any, ...]) -> M:
            made: M = rows.model.from_db(DEFAULT_DB_ALIAS, attributes, row[begin:end])
            for each, names in related:
                values = [row[at] for at in each["select_fields"]]
                other = each["model"].from_db(DEFAULT_DB_ALIAS, names, values)
                each["local_setter"](made, other)
            return made

        return sql, params, make
