"""What a service asks of a model: one query, and the documents that are to be ranked for it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A document as its caller sent it; the title is empty where there is none."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A query and its documents.

    Of a document that is longer than the model reads, as many overlapping `chunks` are scored, and
    the best one counts; with `truncate` off it is refused instead. `tokens` shortens each document
    beforehand. What is too long loses its end, or with `keep_end` its beginning.
    """

    query: str
    documents: Sequence[Document]
    chunks: int = 1
    tokens: int | None = None
    truncate: bool = True
    keep_end: bool = False

    @property
    def measured(self) -> bool:
        """Whether the documents have to be measured, and not only cut to what the model reads."""
        return self.chunks > 1 or self.tokens is not None or self.keep_end


@dataclass(frozen=True, slots=True)
class Answer:
    """A logit for each document, in their order, and how many tokens the model has read."""

    logits: Sequence[float]
    tokens: int


class TooLongError(Exception):
    """A document is longer than the model reads, and the caller wants none to be cut."""


class BusyError(Exception):
    """Too much waits already; `seconds` is when it should be done."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many documents wait to be scored; try again in {seconds} s.")
        self.seconds = seconds


class LateError(Exception):
    """Nothing was computed in the time that a caller waits."""
