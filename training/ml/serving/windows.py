"""Documents that are longer than a model reads, cut into what it does read."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from transformers import PreTrainedTokenizerBase

from training.ml.serving.asked import Ask
from training.ml.templates import Templates

# Of a window, how much the next one has of it: a sentence that one of them cuts is whole in the
# other.
OVERLAP: Final = 0.25

Texts = list[tuple[str, str]]
Span = tuple[int, int]
"""Characters of a text, from and to."""


def texts_of(
    ask: Ask, templates: Templates, tokenizer: PreTrainedTokenizerBase, length: int
) -> list[Texts]:
    """Return for each document the (query text, passage text) pairs that its score is the best of.

    `length` is how many tokens the model reads. A text that is cut may come out a token longer or
    shorter than its part of the whole; the model's own limit holds in any case.
    """
    query = templates.query_text(ask.query)
    passages = [templates.passage_text(title=each.title, text=each.text) for each in ask.documents]
    if not ask.measured:
        return [[(query, passage)] for passage in passages]
    room = _room(tokenizer, query, length)
    offsets: Any = tokenizer(
        passages, add_special_tokens=False, truncation=False, return_offsets_mapping=True
    )["offset_mapping"]
    return [
        [(query, passage[begin:end]) for begin, end in _windows(ask, spans, len(passage), room)]
        for passage, spans in zip(passages, offsets, strict=True)
    ]


def _room(tokenizer: PreTrainedTokenizerBase, query: str, length: int) -> int:
    """Return how many tokens are left for a passage beside the query: half of all at the least."""
    read = len(tokenizer(query, add_special_tokens=False, truncation=False)["input_ids"])
    special = tokenizer.num_special_tokens_to_add(pair=True)
    return max(1, (length - special) // 2, length - special - read)


def _windows(ask: Ask, spans: Sequence[Span], characters: int, room: int) -> Iterator[Span]:
    most = len(spans) if ask.tokens is None else min(ask.tokens, len(spans))
    begin, end = (len(spans) - most, len(spans)) if ask.keep_end else (0, most)
    if end - begin <= room and most == len(spans):
        yield 0, characters  # as it is: also what no token stands for
        return
    if end - begin <= room:
        yield _characters(spans, begin, end)
        return
    step = max(1, room - int(room * OVERLAP))
    starts = list(range(begin, end - room, step))[: ask.chunks - 1]
    last = starts[-1] + step if starts else begin
    # The last one ends with the document, where there are enough of them.
    last = end - room if ask.keep_end else min(last, end - room)
    for start in dict.fromkeys([*starts, last]):
        yield _characters(spans, start, start + room)


def _characters(spans: Sequence[Span], begin: int, end: int) -> Span:
    if begin >= end:
        return 0, 0
    return spans[begin][0], spans[end - 1][1]
