"""Cursor pagination for every list of the API."""

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Pages of 50 (at most 500, `?page_size=`), newest first."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    ordering: str | tuple[str, ...] = ("-created_at", "-pk")


class ById(NewestFirst):
    """In the order of creation."""

    ordering = ("pk",)
