"""From labels to one grade: ranks first, then the policy, ties downwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.resolving.resolution import POLICIES, Label, Learned, Qrel, Step, resolve

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


def test_who_is_trusted_most_decides_and_equals_by_majority() -> None:
    said = [
        Label("counted", STEPS[value], person)
        for person, value in zip("abc", (3, 1, 0), strict=True)
    ]
    learned = Learned(places={"a": 1, "b": 0})
    assert grade(resolve(said, "most_trusted", learned=learned)) == 1
    assert grade(resolve(said, "most_trusted", learned=Learned({"a": 0, "b": 0}))) == 1
    assert grade(resolve(said, "most_trusted")) == 0
    five = [Label("counted", STEPS[0 if name == "e" else 3], name) for name in "abcde"]
    alike = Learned(dict.fromkeys("abcde", 0))
    assert grade(resolve(five, "most_trusted", learned=alike)) == 3
    assert grade(resolve(five[3:], "most_trusted", learned=alike)) == 0
    first = Learned({"a": 1, "b": 1, "c": 1, "d": 1, "e": 0})
    assert grade(resolve(five, "most_trusted", learned=first)) == 0
    assert grade(resolve(labels("imported", 3, 3, 0), "most_trusted")) == 3


def test_a_belief_decides_people_only_and_softens_the_target() -> None:
    belief = {STEPS[0]: 0.25, STEPS[1]: 0.0, STEPS[2]: 0.25, STEPS[3]: 0.5}
    found = resolve(labels("counted", 0, 0), "dawid_skene", belief=belief, soft=True)
    assert found is not None
    assert (found.grade, found.gain, found.relevant) == (3, 3, True)
    assert found.target == pytest.approx(0.25 * 2 / 3 + 0.5, abs=1e-6)
    even = {STEPS[0]: 0.5, STEPS[3]: 0.5}
    assert grade(resolve(labels("counted", 3), "dawid_skene", belief=even)) == 0
    assert grade(resolve(labels("adjudication", 1), "dawid_skene", belief=even)) == 1


def test_soft_targets_are_means_and_grades_stay() -> None:
    found = resolve(labels("counted", 3, 3, 0), "majority", soft=True)
    assert found is not None
    assert (found.grade, found.gain, found.target) == (3, 3, 0.666667)
    agreed = resolve(labels("counted", 1, 1), "majority", soft=True)
    assert agreed is not None
    assert agreed.target == STEPS[1].target


def test_adjudicated_only_leaves_the_rest_out() -> None:
    assert resolve(labels("counted", 3), "adjudicated") is None
    assert resolve(labels("imported", 3), "adjudicated") is None
    assert grade(resolve(labels("adjudication", 2), "adjudicated")) == 2


@given(order=st.permutations([0, 1, 1, 2, 2, 3, 3]))
def test_the_order_of_judgments_matters_to_latest_only(order: list[int]) -> None:
    for policy in POLICIES.keys() - {"latest"}:
        for soft in (False, True):
            found = resolve(labels("counted", *order), policy, soft=soft)
            assert found == resolve(labels("counted", *sorted(order)), policy, soft=soft)


def test_checks_and_late_answers_decide_nothing() -> None:
    assert resolve(labels("check", 3) + labels("late", 3) + labels("repeat", 3), "mean") is None
