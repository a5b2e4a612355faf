"""Who is measured on known grades and who by agreement with others are ranked on one scale."""

import numpy as np
import pytest

from annotate.resolving.trust import Standing, standings

ITEMS, KNOWN = 400, 100
# The share that each gives rightly, of two grades.
SKILL = {"ann": 0.8, "bob": 0.8, "cat": 0.8, "dan": 0.7}


def ranked(*, known: int) -> dict[str, Standing]:
    """Rank judges; all but cat judged what is known, and cat the rest together with them."""
    rng = np.random.default_rng(11)
    truth = rng.integers(2, size=ITEMS)
    votes = [
        (item, judge, truth[item] if rng.random() < skill else 1 - truth[item])
        for judge, (name, skill) in enumerate(SKILL.items())
        for item in range(ITEMS)
        if name != "cat" or item >= KNOWN
    ]
    item, judge, grade = np.array(votes).T
    told = np.where(np.arange(ITEMS) < known, truth, -1)
    decided = np.where(told >= 0, 9, -1)
    found = standings(list(SKILL), item, judge, grade, known=told, deciders=decided)
    return {row.name: row for row in found}


def test_agreement_with_people_who_err_is_no_lower_trust() -> None:
    found = ranked(known=KNOWN)
    bases = {name: row.basis for name, row in found.items()}
    assert bases == dict.fromkeys(SKILL, "known grades") | {"cat": "agreement"}
    for name, skill in SKILL.items():  # agreement alone would say 0.65 of cat
        assert found[name].trust == pytest.approx(skill, abs=0.07)
    assert found["cat"].place < found["dan"].place


def test_where_nobody_has_both_agreement_stands_as_it_is() -> None:
    found = ranked(known=0)
    assert {row.basis for row in found.values()} == {"agreement"}
    assert found["dan"].trust == min(row.trust for row in found.values()) < 0.7
