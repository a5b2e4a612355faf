"""What Prometheus reads of the accounts room, and the shape of every room's figures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.db.models.functions import Now

from accounts.models import Project, User


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or one for each status; read from the database whenever it is asked for."""

    name: str
    help: str
    value: float | Mapping[str, float]


def figures() -> Iterator[Figure]:
    """Return how many there are of what the accounts room keeps."""
    yield Figure("arbiter_projects", "Projects.", Project.objects.count())
    active = User.objects.filter(is_active=True).count()
    yield Figure("arbiter_users", "Users whose account is active.", active)


def by_status(rows: QuerySet[Any], statuses: list[str]) -> dict[str, float]:
    """Count rows by their status; each known status is there, if only with 0."""
    found = dict(rows.order_by().values_list("status").annotate(n=Count("pk")))
    return {status: found.get(status, 0) for status in statuses}


def oldest_age(rows: QuerySet[Any]) -> float:
    """Return the oldest row's age in seconds on the database's clock; 0 where there is none."""
    whole = rows.aggregate(age=Now() - Min("created_at"))
    return max(whole["age"].total_seconds(), 0.0) if whole["age"] else 0.0
