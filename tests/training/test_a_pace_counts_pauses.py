"""Time left follows the steps of late, and what evaluations on the way have added to each."""

import pytest

from training.process.pace import Pace


def paced(*intervals: float, units: int = 1) -> Pace:
    pace, now = Pace(), 100.0
    pace.mark(now, 0)
    for place, interval in enumerate(intervals, start=1):
        now += interval
        pace.mark(now, place * units)
    return pace


def test_nothing_is_told_of_too_little() -> None:
    assert Pace().seconds is None
    assert paced(1.0, 1.0).seconds is None
    assert paced(1.0, 1.0, 1.0).seconds == 1.0


def test_one_slow_step_does_not_move_it() -> None:
    assert paced(*[0.5] * 9, 2.0, *[0.5] * 9).seconds == pytest.approx(0.5)


def test_pauses_are_shared_out_over_all_steps() -> None:
    """Every tenth step an evaluation of 20 s: 0.5 s each, and nearly 2 s more."""
    each = [*[0.5] * 9, 20.5]
    assert paced(*each * 10).seconds == pytest.approx(2.5)
    # Right after a pause, and long after it, about the same is expected: a mean of the last ten
    # steps would say 0.5 s here.
    assert paced(*each * 10, *[0.5] * 9).seconds == pytest.approx(0.5 + 200 / 109)


def test_steps_that_become_slower_for_good_are_the_new_pace() -> None:
    assert paced(*[0.2] * 50, *[3.0] * 8).seconds == pytest.approx(3.0)


def test_units_may_come_many_at_once() -> None:
    assert paced(2.0, 2.0, 2.0, units=8).seconds == 0.25


def test_a_new_trial_starts_anew() -> None:
    pace = paced(*[5.0] * 10)
    pace.mark(1000.0, 1)
    assert pace.seconds is None
    for step in range(2, 5):
        pace.mark(1000.0 + step, step)
    assert pace.seconds == pytest.approx(1.0, rel=0.4)
