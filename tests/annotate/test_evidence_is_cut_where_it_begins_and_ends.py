"""Spans of several people, overlapping or not, become segments that join to the text."""

from hypothesis import given
from hypothesis import strategies as st

from annotate.texts.evidence import evidence_segments

SPANS = st.lists(st.tuples(st.integers(-2, 12), st.integers(-2, 12)), max_size=4)


def test_overlaps_belong_to_all_of_them() -> None:
    found = evidence_segments("abcdefgh", {"A": [[0, 4]], "B": [[2, 6]], "C": []})
    assert [(row.text, row.marks) for row in found] == [
        ("ab", ("A",)),
        ("cd", ("A", "B")),
        ("ef", ("B",)),
        ("gh", ()),
    ]


@given(text=st.text(max_size=10), spans=st.dictionaries(st.sampled_from("ABC"), SPANS))
def test_every_character_has_the_marks_of_the_spans_that_hold_it(
    text: str, spans: dict[str, list[tuple[int, int]]]
) -> None:
    segments = evidence_segments(text, spans)
    assert "".join(row.text for row in segments) == text
    marks = [set(row.marks) for row in segments for _ in row.text]
    for at in range(len(text)):
        held = {mark for mark, rows in spans.items() for a, b in rows if 0 <= a <= at < b}
        assert marks[at] == held
