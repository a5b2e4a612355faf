"""A passage cut where somebody's evidence begins or ends. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text, and whose evidence it is."""

    text: str
    marks: tuple[str, ...]


def evidence_segments(
    text: str, spans: Mapping[str, Sequence[Sequence[int]]]
) -> tuple[Segment, ...]:
    """Cut `text` at the bounds of everybody's spans; the segments joined are the text.

    `spans` maps a mark, such as a judge's letter, to its [start, end) code point offsets; those
    of one mark may overlap. Marks stand in the order of `spans`. What lies beyond the text is left
    out.
    """
    size = len(text)
    kept = {
        mark: [(start, min(end, size)) for start, end in rows if 0 <= start < min(end, size)]
        for mark, rows in spans.items()
    }
    bounds = sorted({0, size, *(at for rows in kept.values() for span in rows for at in span)})
    segments = []
    for start, end in pairwise(bounds):
        marks = tuple(
            mark for mark, rows in kept.items() if any(a <= start and end <= b for a, b in rows)
        )
        segments.append(Segment(text[start:end], marks))
    return tuple(segments)
