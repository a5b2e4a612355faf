"""Cursor pagination for every list of the API: by a key, never by an offset.

A page starts behind the (value, id) of the last row of the one before, so that rows which come or
go meanwhile, and many rows with one value, neither repeat nor hide anything. A cursor holds that
value only where it is short, since it is part of an address: a long one is read from its row again.
"""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, ClassVar, Final, NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

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


class NewestFirst:
    """Pages of 50 (at most 500, `?page_size=`), newest first unless `?order=` says otherwise.

    `orders` maps the names that `order` knows to fields that are never null; the id breaks ties.
    A view adds its own names with an attribute `orders`. The methods have the names by which
    drf-spectacular asks a paginator for its schema.
    """

    orders: ClassVar[Mapping[str, str]] = {"created_at": "created_at"}
    default: ClassVar[str] = "-created_at"

    def page(self, queryset: QuerySet[Any], request: Request, view: APIView) -> list[Any]:
        """Return the rows of one page. Raises ValidationError for a bad cursor, order or size."""
        self.url = request.build_absolute_uri()
        self.order = _order(request, self.known(view), self.default)
        self.field = self.known(view)[self.order.lstrip("-")]
        self.salt = f"{_SALT}:{request.path}"  # a cursor is of no use in another list
        size, place = _size(request), self._place(queryset.model, request)
        backwards = place is not None and place.backwards
        falling = self.order.startswith("-") != backwards
        rows = queryset if place is None else queryset.filter(_beyond(place, self.field, falling))
        keys = dict.fromkeys((self.field, "pk"))
        found = list(rows.order_by(*(f"-{key}" if falling else key for key in keys))[: size + 1])
        shown, more = found[:size], len(found) > size
        if backwards:
            shown.reverse()
        self.ends = shown[:1] + shown[-1:]
        self.has_next, self.has_previous = backwards or more, more if backwards else bool(place)
        return shown

    def response(self, data: Any) -> Response:
        """Answer with a page's serialized rows and the addresses of its neighbours."""
        return Response({**self.links(), "results": data})

    def links(self) -> dict[str, str | None]:
        """Return the addresses of a page's neighbours, `next` and `previous`."""
        return {
            "next": self._link(backwards=False) if self.has_next else None,
            "previous": self._link(backwards=True) if self.has_previous else None,
        }

    def known(self, view: APIView) -> Mapping[str, str]:
        """Return the names that `order` knows in a view, with their fields."""
        return {**self.orders, **getattr(view, "orders", {})}

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**link, "description": "The address of the next page."},
                "previous": {**link, "description": "The address of the page before."},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        orders = [sign + name for name in self.known(view) for sign in ("", "-")]
        size = {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE}
        order = {"type": "string", "enum": orders, "default": self.default}
        return [
            _parameter(CURSOR, {"type": "string"}, "Where a page starts; from `next`, `previous`."),
            _parameter(PAGE_SIZE, size, "Rows in a page."),
            _parameter(ORDER, order, "By which field; with `-`, the highest first."),
        ]

    def _place(self, model: type[Model], request: Request) -> _Place | None:
        text = request.query_params.get(CURSOR)
        if text is None:
            return None
        try:
            place = _Place(*signing.loads(text, salt=self.salt))
            rows: QuerySet[Any] = QuerySet(model).filter(pk=str(place.pk))  # refuses no id
        except (signing.BadSignature, ValueError, TypeError, DjangoValidationError) as error:
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


class ById(NewestFirst):
    """In the order of creation, unless `?order=` says otherwise."""

    orders = {"id": "pk"}
    default = "id"


def _beyond(place: _Place, field: str, falling: bool) -> Q:
    """Return the rows behind a place; the first condition is the one that an index can use."""
    way = "lt" if falling else "gt"
    behind = Q((f"pk__{way}", place.pk))
    if field == "pk":
        return behind
    return Q((f"{field}__{way}e", place.value)) & (Q((f"{field}__{way}", place.value)) | behind)


def _order(request: Request, known: Mapping[str, str], default: str) -> str:
    order = request.query_params.get(ORDER, default)
    if order.removeprefix("-") not in known:
        names = ", ".join(known)
        raise ValidationError({ORDER: [f"Order by {names}; with - before it, highest first."]})
    return order


def _size(request: Request) -> int:
    text = request.query_params.get(PAGE_SIZE, str(PAGE))
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= size <= PAGE_MAX:
        raise ValidationError({PAGE_SIZE: [f"A page has from 1 to {PAGE_MAX} rows."]})
    return size


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description,
            "schema": schema}  # fmt: skip
