"""From labels to one grade: ranks first, then the policy, ties downwards."""

import pytest

from annotate.resolution import Label, Qrel, Step, resolve

STEPS = [Step(value, float(value), value / 3, value > 1) for value in range(4)]


def labels(kind: str, *values: int) -> list[Label]:
    return [Label(kind, STEPS[value]) for value in values]


def grade(found: Qrel | None) -> float:
    assert found is not None
    return found.grade


@pytest.mark.parametrize(
    ("policy", "values", "expected"),
    [
        ("majority", (3, 1, 3), 3),
        ("majority", (3, 1), 1),
        ("majority", (0, 3, 3, 0, 1), 0),
        ("latest", (3, 3, 0), 0),
        ("mean", (3, 0), 1.5),
    ],
)
def test_the_policy_decides_among_people(
    policy: str, values: tuple[int, ...], expected: float
) -> None:
    assert grade(resolve(labels("counted", *values), policy)) == expected


def test_people_outrank_imported_labels_and_adjudication_outranks_people() -> None:
    mixed = labels("imported", 3, 3, 3) + labels("counted", 0)
    assert grade(resolve(mixed, "majority")) == 0
    assert grade(resolve([*mixed, *labels("adjudication", 2)], "majority")) == 2


def test_the_mean_carries_gain_target_and_a_strict_majority_of_relevant() -> None:
    found = resolve(labels("counted", 2, 0), "mean")
    assert found is not None
    assert (found.gain, found.relevant) == (1.0, False)
    assert found.target == pytest.approx(1 / 3)


def test_checks_and_late_answers_decide_nothing() -> None:
    assert resolve(labels("check", 3) + labels("late", 3) + labels("repeat", 3), "mean") is None
