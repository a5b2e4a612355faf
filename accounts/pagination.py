"""Cursor pagination for every list of the API; see `accounts.keyset`."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.keyset import CURSOR, ORDER, PAGE, PAGE_MAX, PAGE_SIZE, PARAMETERS, Keyset

__all__ = ["PARAMETERS", "ById", "NewestFirst"]


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
        self.keyset = Keyset(
            parameters=request.query_params,
            orders=self.known(view),
            default=self.default,
            url=request.build_absolute_uri(),
            path=request.path,
        )
        return self.keyset.page(queryset)

    def response(self, data: Any) -> Response:
        """Answer with a page's serialized rows and the addresses of its neighbours."""
        around = {"next": self.keyset.next, "previous": self.keyset.previous}
        return Response({**around, "results": data})

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


class ById(NewestFirst):
    """In the order of creation, unless `?order=` says otherwise."""

    orders = {"id": "pk"}
    default = "id"


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description,
            "schema": schema}  # fmt: skip
