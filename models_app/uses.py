"""How often versions are used: downloads and rerank requests, by the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Final

from django.db.models import Sum
from django.utils import timezone

from models_app.models import DailyUse, Use, Version

DAYS: Final = 30
_BAR: Final = 40  # height of the tallest bar
_STEP: Final = 8  # from one bar to the next


@dataclass(frozen=True, slots=True)
class Day:
    """One day in UTC; its bar stands at `x` and begins at `y`, in a chart of 240 by 40."""

    day: date
    count: int
    x: int
    height: int

    @property
    def y(self) -> int:
        return _BAR - self.height


@dataclass(frozen=True, slots=True)
class Used:
    """One use of a version: in all, in the last 30 days, and each of these, the oldest first."""

    use: Use
    total: int
    recent: int
    days: Sequence[Day]

    @property
    def title(self) -> str:
        return self.use.label

    @property
    def most(self) -> int:
        """Of one of these days."""
        return max(day.count for day in self.days)


def uses_of(version: Version) -> list[Used]:
    """Return how often a version was downloaded, and asked for scores."""
    first = timezone.now().astimezone(UTC).date() - timedelta(days=DAYS - 1)
    counts = {(use, day): n for use, day, n in version.uses.values_list("use", "day", "count")}
    found = []
    for use in Use:
        own = [counts.get((use.value, first + timedelta(days=row)), 0) for row in range(DAYS)]
        most = max(own) or 1
        days = [
            Day(first + timedelta(days=row), count, _STEP * row, round(_BAR * count / most))
            for row, count in enumerate(own)
        ]
        total = sum(count for (each, _), count in counts.items() if each == use.value)
        found.append(Used(use, total, sum(own), days))
    return found


def reranked_lately(most: int) -> list[str]:
    """Return the commits of versions that were asked for scores in the last week, those asked most
    first."""
    since = timezone.now().astimezone(UTC).date() - timedelta(days=7)
    rows = DailyUse.objects.filter(use=Use.RERANK, day__gte=since).order_by()
    counted = rows.values_list("version__revision").annotate(times=Sum("count"))
    return [revision for revision, _ in counted.order_by("-times")[:most]]
