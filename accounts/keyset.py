"""Pages of a list by a key, never by an offset: for the API's lists and for long lists on pages.

A page starts behind the (value, id) of the last row of the one before, so that rows which come or
go meanwhile, and many rows with one value, neither repeat nor hide anything. A cursor holds that
value only where it is short, since it is part of an address: a long one is read from its row again.

Where the rows that a filter lets through are few among many, and no index knows them, `page_soon`
looks through a stretch of the list at a time: a page may be short while there is a next one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q, QuerySet
from psycopg.errors import QueryCanceled
from rest_framework.utils.urls import remove_query_param, replace_query_param

PAGE: Final = 50
PAGE_MAX: Final = 500
CURSOR, PAGE_SIZE, ORDER = "cursor", "page_size", "order"
PARAMETERS: Final = frozenset({CURSOR, PAGE_SIZE, ORDER})
_SALT: Final = "accounts.pagination"
_SOON_MS: Final = 150  # what one page may take before its list is looked through by stretches
_SHORT: Final = 64  # characters of a value that a cursor holds: at most 1 KB of an address


class _Place(NamedTuple):
    """Between two rows of a list in an order: which way to go from which row.

    `value` is the row's in that order, None where the cursor does not hold it. `stretches` says
    that the list is looked through by them.
    """

    order: str
    backwards: bool
    value: Any
    pk: Any
    stretches: bool = False


class Keyset:
    """One page of a list: what a caller's parameters ask for, and the addresses of its neighbours.

    `orders` maps the names that `order` knows to fields, or annotations, that are never null; the
    id breaks ties. `path` is where the list lives: a cursor is of no use in another one.
    """

    def __init__(
        self,
        *,
        parameters: Mapping[str, str],
        orders: Mapping[str, str],
        default: str,
        url: str,
        path: str,
    ) -> None:
        self.url = url
        self.salt = f"{_SALT}:{path}"
        self.order = _order(parameters, orders, default)
        self.field = orders[self.order.lstrip("-")]
        self.size = _size(parameters)
        self.cursor = parameters.get(CURSOR)
        self.before: _Place | None = None
        self.after: _Place | None = None
        self.stretches = self.unfinished = False

    def page(self, queryset: QuerySet[Any]) -> list[Any]:
        """Return the rows of the page. Raises ValidationError for a cursor of another list."""
        return self._page(queryset, self._place(queryset.model))

    def page_soon(
        self, queryset: QuerySet[Any], whole: QuerySet[Any], *, stretch: int
    ) -> list[Any]:
        """Return the rows of the page, or those of them in the next stretch of `whole`.

        `whole` is the list before it was narrowed to `queryset`. Stretches of so many rows are for
        what takes longer than 150 ms at once; `unfinished` says that one has ended before the page
        was full. Raises ValidationError as `page` does.
        """
        place = self._place(queryset.model)
        self.stretches = place is not None and place.stretches
        if not self.stretches:
            try:
                with _by_indexes(_SOON_MS):
                    return self._page(queryset, place)
            except OperationalError as error:
                if not isinstance(error.__cause__, QueryCanceled):
                    raise
            self.stretches = True
        with _by_indexes(0):
            return self._page(queryset, place, self._stretch_end(whole, place, stretch))

    @property
    def next(self) -> str | None:
        """The address of the next page."""
        return self._link(self.after)

    @property
    def previous(self) -> str | None:
        """The address of the page before."""
        return self._link(self.before)

    @property
    def first(self) -> str:
        """The address of the first page."""
        return remove_query_param(self.url, CURSOR)

    def _page(
        self, rows: QuerySet[Any], place: _Place | None, end: _Place | None = None
    ) -> list[Any]:
        """Return the rows behind `place`, up to `end`, and note where the pages around start."""
        backwards, falling = self._ways(place)
        if place is not None:
            rows = rows.filter(_beyond(place, self.field, falling))
        if end is not None:
            rows = rows.filter(_until(end, self.field, falling))
        found = list(rows.order_by(*self._keys(falling))[: self.size + 1])
        shown, more = found[: self.size], len(found) > self.size
        self.unfinished = end is not None and not more
        ahead = self._place_of(shown[-1], backwards) if more else end
        behind = self._place_of(shown[0], not backwards) if place and shown else None
        if backwards:
            shown.reverse()
        self.before, self.after = (ahead, behind) if backwards else (behind, ahead)
        return shown

    def _stretch_end(
        self, whole: QuerySet[Any], place: _Place | None, stretch: int
    ) -> _Place | None:
        """Return the last place of the next stretch, None where that is the list's end."""
        backwards, falling = self._ways(place)
        if place is not None:
            whole = whole.filter(_beyond(place, self.field, falling))
        found = list(whole.order_by(*self._keys(falling))[stretch - 1 : stretch + 1])
        return self._place_of(found[0], backwards) if len(found) > 1 else None

    def _ways(self, place: _Place | None) -> tuple[bool, bool]:
        """Say whether the page goes backwards, and whether its values fall on the way."""
        backwards = place is not None and place.backwards
        return backwards, self.order.startswith("-") != backwards

    def _keys(self, falling: bool) -> list[str]:
        return [f"-{key}" if falling else key for key in dict.fromkeys((self.field, "pk"))]

    def _place_of(self, row: Any, backwards: bool) -> _Place:
        value = attrgetter(self.field.replace("__", "."))(row)
        return _Place(self.order, backwards, value, row.pk, self.stretches)

    def _place(self, model: type[Model]) -> _Place | None:
        if self.cursor is None:
            return None
        try:
            place = _Place(*signing.loads(self.cursor, salt=self.salt))
            rows: QuerySet[Any] = QuerySet(model).filter(pk=str(place.pk))  # refuses no id
        except (signing.BadSignature, ValueError, TypeError, ValidationError) as error:
            message = "Take it from `next` or `previous` of this list."
            raise ValidationError({CURSOR: [message]}) from error
        if place.order != self.order:
            raise ValidationError({CURSOR: [f"It belongs to a list in the order {place.order}."]})
        if place.value is None and self.field != "pk":
            place = place._replace(value=rows.values_list(self.field, flat=True).first())
            if place.value is None:
                message = "The row it starts from is gone: begin anew without it."
                raise ValidationError({CURSOR: [message]})
        return place

    def _link(self, place: _Place | None) -> str | None:
        if place is None:
            return None
        value = place.value.isoformat() if isinstance(place.value, datetime) else place.value
        if self.field == "pk" or len(str(value)) > _SHORT:
            value = None
        held = place._replace(value=value, pk=str(place.pk))
        return replace_query_param(self.url, CURSOR, signing.dumps(held, salt=self.salt))


@contextmanager
def _by_indexes(limit: int) -> Iterator[None]:
    """Read through indexes rather than whole tables, each statement for at most `limit` ms.

    A plan for a page costs what it touches; one that begins with all rows never answers soon.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true),"
            " set_config('enable_seqscan', 'off', true),"
            " set_config('random_page_cost', '1.1', true)",
            [str(limit)],
        )
        yield


def _beyond(place: _Place, field: str, falling: bool) -> Q:
    """Return the rows behind a place; the first condition is the one that an index can use."""
    way = "lt" if falling else "gt"
    behind = Q((f"pk__{way}", place.pk))
    if field == "pk":
        return behind
    return Q((f"{field}__{way}e", place.value)) & (Q((f"{field}__{way}", place.value)) | behind)


def _until(place: _Place, field: str, falling: bool) -> Q:
    """Return the rows up to a place, and the one at it."""
    way = "gt" if falling else "lt"
    before = Q((f"pk__{way}e", place.pk))
    if field == "pk":
        return before
    return Q((f"{field}__{way}e", place.value)) & (Q((f"{field}__{way}", place.value)) | before)


def _order(parameters: Mapping[str, str], known: Mapping[str, str], default: str) -> str:
    order = parameters.get(ORDER, default)
    if order.removeprefix("-") not in known:
        names = ", ".join(known)
        raise ValidationError({ORDER: [f"Order by {names}; with - before it, highest first."]})
    return order


def _size(parameters: Mapping[str, str]) -> int:
    text = parameters.get(PAGE_SIZE, str(PAGE))
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= size <= PAGE_MAX:
        raise ValidationError({PAGE_SIZE: [f"A page has from 1 to {PAGE_MAX} rows."]})
    return size
