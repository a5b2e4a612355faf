"""TREC's text files: topics in both forms, runs of six columns, qrels of four."""

import re
from collections.abc import Callable, Iterator
from itertools import chain

from annotate.formats.columns import normalised
from annotate.formats.lines import size
from annotate.formats.records import (
    LINE,
    BadValueError,
    FormatError,
    Item,
    Limits,
    PairRow,
    QueryRow,
    RowError,
)
from annotate.formats.tables import Lines, Opened
from annotate.formats.values import Labels, id_value, number_value, rank_value, text_value

_TAG = re.compile(r"<(/?)([A-Za-z][\w-]{0,40})[^<>]{0,200}>")
_AFTER_TOP = re.compile(r"(?<=</top>)(?!\s*$)", re.IGNORECASE)
# What NIST writes in front of a section's text.
_LEAD = re.compile(
    r"(?:number|topic|title|query|description|desc|narrative|narr|domain|summary|concept\(s\)"
    r"|concepts|factor\(s\)|definition\(s\))\s*:\s*",
    re.IGNORECASE,
)
_ID_TAGS = ("num", "number", "qid", "id")
_QUERY_TAGS = ("title", "query", "question")
_LONG_NAMES = {"desc": "description", "narr": "narrative"}
_HEADERS = (
    {"query_id", "qid", "id", "topic_id", "topic"},
    {"query", "text", "title", "query_text"},
)


def read_topics(lines: Lines, limits: Limits, member: str | None) -> Opened:
    """Queries: `<top>` blocks with num, title, desc and narr, or lines of id, tab, text."""
    first = next(((number, text) for number, text in lines if not text.isspace()), None)
    if first is None:
        raise FormatError("the file is empty", line=1, member=member)
    rest = chain([first], lines)
    if first[1].lstrip().startswith("<"):
        columns = ("num", "title", "desc", "narr")
        return Opened("trec-topics", columns, _marked_topics(rest, limits, member))
    return Opened("trec-topics", ("query_id", "query"), _tabbed_topics(rest, limits, member))


def is_topics_header(cells: list[str]) -> bool:
    """Whether the first line of tab-separated topics names its two columns."""
    names = [normalised(cell) for cell in cells]
    return len(names) == 2 and names[0] in _HEADERS[0] and names[1] in _HEADERS[1]


def _tabbed_topics(lines: Lines, limits: Limits, member: str | None) -> Iterator[Item]:
    first = True
    for number, text in lines:
        if text.isspace():
            continue
        cells = text.rstrip("\r\n").split("\t")
        is_header = first and is_topics_header(cells)
        first = False
        if is_header:
            continue
        try:
            if len(cells) != 2:
                message = f"the line has {len(cells)} fields between tabs where a topic has 2"
                raise BadValueError(LINE, f"{message}: its id and its text")
            query_id = _required(cells[0], "query_id", limits)
            yield QueryRow(number, query_id, text_value(cells[1], "query"), {}, member)
        except BadValueError as error:
            yield RowError(number, error.field, error.message, member)


def _marked_topics(lines: Lines, limits: Limits, member: str | None) -> Iterator[Item]:
    start, held, parts = 0, 0, list[str]()
    for number, text in _pieces(lines):
        folded = text.lower()
        if "<top>" in folded:
            if start:
                raise _unclosed(start, member)
            start, held, parts = number, 0, []
        if not start:
            if not text.isspace() and not text.lstrip().startswith("<"):
                yield RowError(number, LINE, "text outside <top> … </top>", member)
            continue
        end = folded.find("</top>")
        parts.append(text if end < 0 else text[:end])
        held += len(text)
        if held > limits.line_bytes:
            message = f"the topic that starts here is longer than {size(limits.line_bytes)}"
            raise FormatError(message, line=start, field=LINE, member=member)
        if end >= 0:
            try:
                yield _topic(start, "".join(parts), limits, member)
            except BadValueError as error:
                yield RowError(start, error.field, error.message, member)
            start = 0
    if start:
        raise _unclosed(start, member)


def _pieces(lines: Lines) -> Iterator[tuple[int, str]]:
    """Lines, cut behind every `</top>`."""
    for number, text in lines:
        for piece in _AFTER_TOP.split(text):
            yield number, piece


def _unclosed(start: int, member: str | None) -> FormatError:
    message = "the <top> that starts here has no </top>"
    return FormatError(message, line=start, field=LINE, member=member)


def _topic(line: int, body: str, limits: Limits, member: str | None) -> QueryRow:
    # Split by tags: text, then (slash, tag, text) for each.
    pieces = _TAG.split(body)
    sections: dict[str, str] = {}
    for slash, tag, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        # Markup wraps its lines, so that a run of whitespace means no more than a blank.
        words = _LEAD.sub("", " ".join(text.split()), count=1) if not slash else ""
        if words:
            sections.setdefault(tag.lower(), words)
    query_id = next((sections.pop(tag) for tag in _ID_TAGS if tag in sections), None)
    query = next((sections.pop(tag) for tag in _QUERY_TAGS if tag in sections), None)
    if query is None:
        raise BadValueError("query", "the topic has no <title>")
    metadata = {_LONG_NAMES.get(tag, tag): text for tag, text in sections.items()}
    return QueryRow(line, _required(query_id, "query_id", limits), query, metadata, member)


def read_run(lines: Lines, limits: Limits, member: str | None) -> Opened:
    """Candidates: query id, `Q0`, passage id, rank, score, name of the run."""
    columns = ("query_id", "Q0", "passage_id", "rank", "score", "run")

    def make(line: int, cells: list[str]) -> PairRow:
        rank, score = rank_value(cells[3]), number_value(cells[4], "score")
        run = _required(cells[5], "run", limits)
        query_id, passage_id = _ids(cells[0], cells[2], limits)
        return PairRow(
            line, query_id, None, passage_id, "", None, None, rank, score, run, {}, {}, {}, member
        )

    return Opened("trec-run", columns, _columns(lines, columns, make, member))


def read_qrels(lines: Lines, labels: Labels, limits: Limits, member: str | None) -> Opened:
    """Labels: query id, iteration (kept as metadata unless 0 or Q0), passage id, grade."""
    columns = ("query_id", "iteration", "passage_id", "label")

    def make(line: int, cells: list[str]) -> PairRow:
        label = labels.grade(cells[3])
        query_id, passage_id = _ids(cells[0], cells[2], limits)
        metadata = {} if cells[1] in ("0", "Q0") else {"iteration": cells[1]}
        return PairRow(
            line, query_id, None, passage_id, "", None, label, None, None, None, metadata, {}, {},
            member,
        )  # fmt: skip

    return Opened("trec-qrels", columns, _columns(lines, columns, make, member))


def _columns(
    lines: Lines,
    names: tuple[str, ...],
    make: Callable[[int, list[str]], PairRow],
    member: str | None,
) -> Iterator[Item]:
    width = len(names)
    for number, text in lines:
        cells = text.split(None, width - 1)
        if not cells:
            continue
        try:
            cells[-1] = cells[-1].rstrip()
            if len(cells) != width:
                message = f"the line has {len(cells)} columns where {width} are needed"
                raise BadValueError(LINE, f"{message}: {', '.join(names)}")
            row = make(number, cells)
        except BadValueError as error:
            yield RowError(number, error.field, error.message, member)
            continue
        yield row


def _ids(query: str, passage: str, limits: Limits) -> tuple[str, str]:
    return _required(query, "query_id", limits), _required(passage, "passage_id", limits)


def _required(value: str | None, field: str, limits: Limits) -> str:
    found = id_value(value, field, limits.id_chars)
    if found is None:
        raise BadValueError(field, "the id is empty")
    return found
