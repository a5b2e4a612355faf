"""Splitting: shares by largest remainder, twins together, and a query stays where it was."""

import tracemalloc
from collections import Counter
from collections.abc import Iterable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.frozen.splitting import DEFAULT_SPLITS, clusters_of, split_assign
from annotate.frozen.twins import twin_pairs, wording


def groups(texts: Iterable[str]) -> set[frozenset[str]]:
    """Return the groups of twins among some texts, each under its text."""
    queries = {text: text for text in texts}
    return set(map(frozenset, clusters_of(queries, twin_pairs(queries))))


def test_107_queries_at_ninety_percent_are_96_in_train() -> None:
    clusters = clusters_of([f"q{i}" for i in range(107)], [])
    counts = Counter(split_assign(clusters, {"train": 0.9, "dev": 0.05, "test": 0.05}, 7).values())
    assert counts == {"train": 96, "dev": 6, "test": 5}


def test_a_chain_of_twins_is_one_cluster() -> None:
    clusters = clusters_of("abcde", [("b", "a"), ("b", "d")])
    assert clusters == [["a", "b", "d"], ["c"], ["e"]]


def test_another_seed_splits_otherwise_and_the_same_alike() -> None:
    clusters = clusters_of([f"q{i}" for i in range(50)], [])
    first = split_assign(clusters, DEFAULT_SPLITS, 1)
    assert first == split_assign(list(reversed(clusters)), DEFAULT_SPLITS, 1)
    assert first != split_assign(clusters, DEFAULT_SPLITS, 2)


@given(
    there=st.integers(20, 200),
    more=st.integers(1, 400),
    twins=st.integers(0, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_was_learned_from_is_not_tested_on_when_others_come(
    there: int, more: int, twins: int, seed: int
) -> None:
    old = [f"q{number}" for number in range(there)]
    before = split_assign([[name] for name in old], DEFAULT_SPLITS, seed)
    pairs = [[name, f"twin of {name}"] for name in old[:twins]]
    others = [[name] for name in old[twins:]] + [[f"new {number}"] for number in range(more)]
    after = split_assign([*pairs, *others], DEFAULT_SPLITS, seed)
    learned = [name for name in old if before[name] == "train" and after[name] == "test"]
    # Places move by chance, and dev is as wide as two or three deviations where queries are few.
    assert len(learned) <= (1 if there < 60 else 0)


def test_hardly_a_query_changes_its_split_when_others_come() -> None:
    clusters = [[f"q{number}"] for number in range(300)]
    moved = 0
    for seed in range(40):
        before = split_assign(clusters[:200], DEFAULT_SPLITS, seed)
        after = split_assign(clusters, DEFAULT_SPLITS, seed)
        moved += sum(before[name] != after[name] for name in before)
    assert moved / (40 * 200) < 0.04


@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=40),
    train=st.floats(0.1, 1.0),
    seed=st.integers(0, 99),
)
def test_no_cluster_is_ever_cut(sizes: list[int], train: float, seed: int) -> None:
    clusters = [[f"{i}-{j}" for j in range(size)] for i, size in enumerate(sizes)]
    rest = (1 - train) / 2
    assigned = split_assign(clusters, {"train": train, "dev": rest, "test": rest}, seed)
    assert len(assigned) == sum(sizes)
    assert all(len({assigned[key] for key in cluster}) == 1 for cluster in clusters)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("how to sort a list", "List sort?  a TO how"),
        ("Straße nach Ａｌｔｏｎａ", "strasse nach altona"),
        ("Raja Tahir Ayyub etc", "Raja Tahir Ayyub etc VS"),
        ("HAFEEZ ULLAH KHAN VS FOP", "DR. HAFEEZ ULLAH KHAN VS FOP"),
        ("Salman Badar VS Registrar, Islamabad High", "Salman Badar VS Registrar, Islamabad"),
        ("python datetime iso format string", "python format datetime as iso string"),
        ("how to parse a date in pyth", "how to parse a date in python"),
        ("ullah khan vs federation of pakistan", "dr hafeez ullah khan vs federation of pakistan"),
        ("how to sort a dictionary", "how to sort a dictionnary"),
        ("sort list by second value", "sort list by secnod value"),
        ("北京的天气怎么样呢今天", "北京的天气怎么样呢今天？啊"),
    ],
)
def test_twins_differ_in_spelling_order_a_cut_a_word_or_a_slip(one: str, other: str) -> None:
    assert len(groups([one, other])) == 1
    assert len(groups([other, one])) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("how does sort work with number 1", "how does sort work with number 2"),
        ("how does sort work with number 1", "how does sort work with number 12"),
        ("how does sort work with number", "how does sort work with number 12"),
        ("R.S.A. 3/2025 against judgement", "R.F.A. 3/2025 against judgement"),
        ("sort list", "sort list backwards"),
        ("configuration management", "configuration management gui"),
        ("how does the theme system work in the gui", "how does the navigation work in the gui"),
        ("!=", "=="),
        ("की दुकान कहाँ है", "का दुकान कहाँ है"),
        ("parse xml string", "parse json string"),
        ("open a file", "open a file in the background and wait"),
        ("open a file in the background", "open a file in the background and wait for it"),
    ],
)
def test_a_number_a_name_or_a_short_query_makes_no_twins(one: str, other: str) -> None:
    assert len(groups([one, other])) == 2


def twins(one: str, other: str) -> bool:
    """Say it of two wordings without digits as the documentation does, rule by rule."""
    for shorter, longer in ((one, other), (other, one)):
        few, many = set(shorter.split()), set(longer.split())
        if few == many:
            return True
        share = len("".join(few)) / len("".join(many))
        more = few < many and len(many - few) == 1 and share >= 0.7
        if more and len(few) >= 3 and len("".join(few)) >= 8:
            return True
        words = shorter.split()
        cut = longer.startswith(shorter) or longer.endswith(f" {shorter}")
        long = len(words) >= 3 and len("".join(words)) >= 8
        if cut and long and len(shorter) / len(longer) >= 0.7:
            return True
    return False


def test_several_that_are_cut_off_to_the_same_are_one_group() -> None:
    cut = "print the first line of a file in the shell"
    assert len(groups([cut, f"{cut} and stop", f"{cut} to begin"])) == 1
    assert len(groups([f"{cut} and stop", f"{cut} to begin"])) == 2


@st.composite
def pieces(draw: st.DrawFn) -> list[str]:
    """Draw pieces of one or two wordings, whose words are too short for a slip."""
    words = st.sampled_from(["aa", "aab", "ab", "abb", "b", "baaa", "bb"])
    whole = [" ".join(draw(st.lists(words, min_size=4, max_size=9))) for _ in range(2)]
    cut = st.tuples(st.sampled_from(whole), st.integers(0, 9), st.integers(0, 12))
    cuts = draw(st.lists(cut, min_size=4, max_size=12))
    return sorted({wording(text[start : len(text) - end]) for text, start, end in cuts} - {""})


@given(pieces())
def test_one_pass_finds_what_comparing_all_pairs_finds(forms: list[str]) -> None:
    pairs = [pair for pair in combinations(forms, 2) if twins(*pair)]
    assert groups(forms) == set(map(frozenset, clusters_of(forms, pairs)))


def test_thousands_of_equal_or_templated_queries_take_little() -> None:
    equal = {f"e{i}": "How to sort a list" for i in range(10_000)}
    templated = {f"t{i}": f"how does sort work with number {i}" for i in range(10_000)}
    tracemalloc.start()
    try:
        made = clusters_of({**equal, **templated}, twin_pairs({**equal, **templated}))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert Counter(map(len, made)) == {10_000: 1, 1: 10_000}
    assert peak < 50_000_000  # bytes; the 50 million pairs of equal ones took 17 GB
    assert sum(1 for _ in twin_pairs(equal)) == 9_999


def test_the_groups_do_not_depend_on_the_order_of_the_queries() -> None:
    texts = ["a b c dddddd", "a b c ddddddd", "c b a dddddd", "a b c dddddd e", "x y", "y X"]
    made = groups(texts)
    assert made == groups(reversed(texts)) == {frozenset(texts[:4]), frozenset(texts[4:])}
