"""What the figures ask for is said in sentences, and only where there is enough to go by."""

from annotate.agreement.meanings import advice_on_all, advice_on_pair

GRADES = [{"value": value, "name": name} for value, name in enumerate(["No", "Partly", "Exact"])]


def figures(percent: float | None, alpha: float | None, units: int = 100) -> dict[str, object]:
    return {
        "percent": {"value": percent, "units": units},
        "alpha_ordinal": {"value": alpha, "units": units},
    }


def test_a_border_that_two_judges_draw_differently_is_named() -> None:
    table = [[40, 2, 0], [1, 20, 6], [0, 9, 30]]
    [told] = advice_on_pair(table, GRADES, "Ada", "Bo")
    assert told == (
        "Ada and Bo disagree mostly between “1 Partly” and “2 Exact” (15 of 18 disagreements): the"
        " guidelines need a sentence that tells the two apart."
    )


def test_the_stricter_of_two_judges_is_named() -> None:
    table = [[40, 0, 1], [5, 20, 1], [4, 3, 30]]
    [told] = advice_on_pair(table, GRADES, "Ada", "Bo")
    assert told.startswith("Ada gives the higher grade in 12 of 14 disagreements with Bo")
    assert advice_on_pair([[40, 9], [0, 40]], GRADES[:2], "Ada", "Bo")[0].startswith("Bo gives")


def test_a_handful_of_disagreements_says_nothing() -> None:
    assert advice_on_pair([[40, 0, 0], [0, 20, 7], [0, 0, 30]], GRADES, "Ada", "Bo") == []


def test_the_level_of_a_project_is_told_by_krippendorffs_bounds() -> None:
    nothing = [[[0] * 3] * 3]
    assert advice_on_all(figures(0.95, 0.8), nothing, GRADES) == []
    assert "tentative" in advice_on_all(figures(0.9, 0.7), nothing, GRADES)[0]
    assert "carry no conclusions" in advice_on_all(figures(0.6, 0.5), nothing, GRADES)[0]
    low_by_chance = advice_on_all(figures(0.95, 0.2), nothing, GRADES)
    assert "one grade is by far the most common" in low_by_chance[1]
    assert "overlap" in advice_on_all(figures(None, None, units=0), [], GRADES)[0]


def test_a_border_of_the_whole_project_is_named() -> None:
    tables = [[[9, 0, 0], [0, 9, 4], [0, 4, 9]]] * 2
    [told] = advice_on_all(figures(0.9, 0.85), tables, GRADES)
    assert told == (
        "Most disagreements are between “1 Partly” and “2 Exact” (16 of 16 disagreements): the"
        " guidelines need a sentence that tells the two apart."
    )
