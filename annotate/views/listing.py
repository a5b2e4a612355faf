"""What the pages of long lists share: one page of rows that answers soon, and their number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from accounts.keyset import CURSOR, Keyset
from accounts.middleware import PageRequest
from annotate.selectors.counting import count_soon

COUNT = "count"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. `number` is known where the page holds all of it."""

    rows: list[Any]
    keyset: Keyset
    stretch: int

    @property
    def whole(self) -> bool:
        return self.keyset.before is None and self.keyset.after is None

    @property
    def number(self) -> int | None:
        return len(self.rows) if self.whole else None


def listing_of(
    request: HttpRequest,
    *,
    rows: QuerySet[Any],
    whole: QuerySet[Any],
    orders: Mapping[str, str],
    stretch: int,
) -> Listing:
    """Return the page that a request asks for; an order or a place that there is not starts anew.

    `whole` is the list before it was narrowed to `rows`, and is looked through so many
    rows at a time where few of them match.
    """
    for parameters in (request.GET, QueryDict()):
        try:
            keyset = Keyset(
                parameters=parameters.dict(),
                orders={**orders, "id": "pk"},
                default="id",
                url=request.get_full_path(),
                path=request.path,
            )
            return Listing(keyset.page_soon(rows, whole, stretch=stretch), keyset, stretch)
        except ValidationError:
            continue
    raise AssertionError("a list without parameters has a first page")


def narrowing(request: HttpRequest) -> str:
    """Return a list's parameters without the place in it, as an address has them."""
    kept = request.GET.copy()
    for name in (CURSOR, COUNT):
        kept.pop(name, None)
    return kept.urlencode()


def number_answer(request: PageRequest, rows: QuerySet[Any], noun: str) -> HttpResponse:
    """Answer with the number of rows, or that counting takes too long."""
    context = {"number": count_soon(rows), "noun": noun}
    return render(request, "annotate/browse/_number.html", context)
