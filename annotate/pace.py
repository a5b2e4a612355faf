"""How long judging takes and when it ends: pure functions over counted figures."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

# Fewer timed judgments say little about the next ones.
TIMED_LEAST: Final = 20
PACE_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is left, from how long it took so far; None where there is too little to tell.

    `seconds` is the mean active time of an answer that was timed (`timed` of them, grades and
    skips), `hours_spent` that of all `answers`, `hours_left` that of the `remaining` judgments.
    `per_day` is the mean number of judgments over the last 14 days with any, `days_left` and
    `ready_on` follow from it. `cost_spent` and `cost_left` are the hours at the project's price.
    """

    remaining: int
    answers: int
    timed: int
    seconds: float | None
    hours_spent: float | None
    hours_left: float | None
    per_day: float | None
    days_left: int | None
    ready_on: date | None
    cost_spent: Decimal | None
    cost_left: Decimal | None


def forecast(
    *,
    remaining: int,
    answers: int,
    timed: int,
    seconds: float,
    daily: list[tuple[date, int]],
    today: date,
    price: Decimal | None,
) -> Forecast:
    """Say how long the `remaining` judgments take.

    `seconds` is the sum over `timed` of all `answers`; `daily` are judgments per day, days without
    any left out; `price` is that of an hour.
    """
    known = timed >= TIMED_LEAST
    mean = seconds / timed if known else None
    spent = mean * answers / 3600 if mean is not None else None
    left = mean * remaining / 3600 if mean is not None else None
    recent = [n for day, n in daily if day > today - timedelta(days=PACE_DAYS)]
    per_day = sum(recent) / len(recent) if recent else None
    days = -(-remaining // max(1, int(per_day))) if per_day and remaining else None
    if not remaining:
        days = 0
    return Forecast(
        remaining=remaining,
        answers=answers,
        timed=timed,
        seconds=mean,
        hours_spent=spent,
        hours_left=left,
        per_day=per_day,
        days_left=days,
        ready_on=today + timedelta(days=days) if days is not None and days < 36_500 else None,
        cost_spent=_cost(spent, price),
        cost_left=_cost(left, price),
    )


def _cost(hours: float | None, price: Decimal | None) -> Decimal | None:
    if hours is None or price is None:
        return None
    return (Decimal(str(hours)) * price).quantize(Decimal("0.01"))
