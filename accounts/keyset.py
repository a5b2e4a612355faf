"""Pages of a list by a key, never by an offset: for the API's lists and for long lists on pages.

A page starts behind the (value, id) of the last row of the one before, so that rows which come or
go meanwhile, and many rows with one value, neither repeat nor hide anything. A cursor holds that
value only where it is short, since it is part of an address: a long one is read from its row again.
"""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.utils.urls import remove_query_param, replace_query_param

PAGE: Final = 50
PAGE_MAX: Final = 500
CURSOR, PAGE_SIZE, ORDER = "cursor", "page_size", "order"
PARAMETERS: Final = frozenset({CURSOR, PAGE_SIZE, ORDER})
_SALT: Final = "accounts.pagination"
_SHORT: Final = 64  # characters of a value that a cursor holds: at most 1 KB of an address


class _Place(NamedTuple):
    """Between two rows of a list in an order: which way to go from which row.

    `value` is the row's in that order, None where the cursor does not hold it.
    """

    order: str
    backwards: bool
    value: Any
    pk: Any


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
        self.ends: list[Any] = []
        self.has_next = self.has_previous = False

    def page(self, queryset: QuerySet[Any]) -> list[Any]:
        """Return the rows of the page. Raises ValidationError for a cursor of another list."""
        place = self._place(queryset.model)
        backwards = place is not None and place.backwards
        falling = self.order.startswith("-") != backwards
        rows = queryset if place is None else queryset.filter(_beyond(place, self.field, falling))
        keys = dict.fromkeys((self.field, "pk"))
        signed = [f"-{key}" if falling else key for key in keys]
        found = list(rows.order_by(*signed)[: self.size + 1])
        shown, more = found[: self.size], len(found) > self.size
        if backwards:
            shown.reverse()
        self.ends = shown[:1] + shown[-1:]
        self.has_next, self.has_previous = backwards or more, more if backwards else bool(place)
        return shown

    @property
    def next(self) -> str | None:
        """The address of the next page."""
        return self._link(backwards=False) if self.has_next else None

    @property
    def previous(self) -> str | None:
        """The address of the page before."""
        return self._link(backwards=True) if self.has_previous else None

    @property
    def first(self) -> str:
        """The address of the first page."""
        return remove_query_param(self.url, CURSOR)

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

    def _link(self, *, backwards: bool) -> str | None:
        if not self.ends:
            return None
        row: Model = self.ends[0 if backwards else -1]
        value = attrgetter(self.field.replace("__", "."))(row)
        plain = value.isoformat() if isinstance(value, datetime) else value
        if self.field == "pk" or len(str(plain)) > _SHORT:
            plain = None
        place = [self.order, backwards, plain, str(row.pk)]
        return replace_query_param(self.url, CURSOR, signing.dumps(place, salt=self.salt))


def _beyond(place: _Place, field: str, falling: bool) -> Q:
    """Return the rows behind a place; the first condition is the one that an index can use."""
    way = "lt" if falling else "gt"
    behind = Q((f"pk__{way}", place.pk))
    if field == "pk":
        return behind
    return Q((f"{field}__{way}e", place.value)) & (Q((f"{field}__{way}", place.value)) | behind)


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
