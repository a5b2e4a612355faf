"""Opens any import file as one stream of rows and errors."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from annotate.formats.beir import BeirQrelsLayout, beir_members, read_beir
from annotate.formats.columns import check_mapping, looks_like_triplets
from annotate.formats.detect import AUTO, GROUPS, canonical_format, guess
from annotate.formats.layout import Layout, PairLayout, PassageLayout, QueryLayout
from annotate.formats.lines import UTF8_BOM, text_lines
from annotate.formats.members import Member
from annotate.formats.records import (
    BadValueError,
    FormatError,
    Item,
    Limits,
    Place,
    RowError,
)
from annotate.formats.source import Source, open_source, refuse_packed
from annotate.formats.tables import Choose, Opened, read_delimited, read_jsonl
from annotate.formats.trec import read_qrels, read_run, read_topics
from annotate.formats.triplets import TripletLayout
from annotate.formats.values import Labels

_DELIMITERS = {"csv": ",;", "tsv": "\t", "tsv-plain": "\t"}
_DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs"}


class RowStream:
    """Rows and row errors of one file, in its order; iterate once, as a context manager.

    `format` is one of FORMATS, `description` says what was found for people, `columns` are the
    file's. `rows_read` and `errors` count what was found so far; of the errors, the first
    `limits.errors` are given out. Iterating raises FormatError where the file cannot be read
    further.
    """

    def __init__(
        self,
        found: str,
        description: str,
        opened: Opened,
        *,
        source: Source,
        limits: Limits,
        start: Place | None,
        closing: ExitStack,
    ) -> None:
        self.format = found
        self.description = description
        self.columns = opened.columns
        self.rows_read = 0
        self.errors = 0
        self._items = opened.items if start is None else _from(start, opened.items)
        self._share = opened.share or source.share
        self._limit = limits.errors
        self._closing = closing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._closing.close()

    def share(self) -> float:
        """How much of the file has been read, from 0 to 1; 0 also where nobody knows."""
        return min(1.0, self._share())

    def __iter__(self) -> Iterator[Item]:
        for item in self._items:
            if type(item) is not RowError:
                self.rows_read += 1
                yield item
                continue
            self.errors += 1
            if self.errors <= self._limit:
                yield item
        if not self.rows_read and not self.errors:
            raise FormatError("the file holds no rows", line=1)


def open_rows(
    path: Path,
    *,
    name: str | None = None,
    format_name: str = AUTO,
    mapping: Mapping[str, str | None] | None = None,
    grades: Collection[int | float] | None = None,
    label_names: Mapping[str, int | float] | None = None,
    limits: Limits | None = None,
    start: Place | None = None,
) -> RowStream:
    """Open the file (or BEIR folder) at `path` as a stream of rows.

    `name` is the file's own name where `path` is a temporary one. `format_name` is one of FORMATS,
    a group of GROUPS, or `auto`. `mapping` is {our field: their column}; None as a column leaves
    the field out. `grades` are the label scheme's values (None: any), `label_names` the grades
    of labels that are words. `start` is where a row starts that an earlier reading of the same file
    gave out: what comes before it is skipped. Raises FormatError where the file cannot be read at
    all.
    """
    limits = limits or Limits()
    wanted = canonical_format(format_name)
    with ExitStack() as stack:
        try:
            check_mapping(mapping or {})
            labels = Labels(grades, label_names)
            source = open_source(path, limits)
            stack.callback(source.close)
            reader = _Reader(wanted, mapping or {}, labels, limits, stack, start)
            found, description, opened = reader.read(source, name or path.name)
        except BadValueError as error:
            raise FormatError(error.message, field=error.field) from error
        return RowStream(
            found, description, opened,
            source=source, limits=limits, start=start, closing=stack.pop_all(),
        )  # fmt: skip
    raise AssertionError("an exit stack does not swallow errors")


class _Reader:
    """Picks the reader for one source and opens it."""

    def __init__(
        self,
        wanted: str,
        mapping: Mapping[str, str | None],
        labels: Labels,
        limits: Limits,
        stack: ExitStack,
        start: Place | None,
    ) -> None:
        self._first = start.line if start else 1
        self._wanted = wanted
        self._mapping = mapping
        self._labels = labels
        self._limits = limits
        self._stack = stack

    def read(self, source: Source, name: str) -> tuple[str, str, Opened]:
        packed = f", {source.packed}" if source.packed else ""
        is_set = self._wanted == AUTO and len(beir_members(source.members)) > 1
        if is_set or self._wanted == "beir":
            self._refuse_mapping("beir")
            opened = read_beir(source.members, self._labels, self._limits)
            return "beir", f"BEIR data set{packed}", opened
        member = _only(source)
        try:
            guessed = self._syntax(member.head(), member.name or name)
            opened, detail = self._open(guessed, member)
        except FormatError as error:
            raise error.located(member=member.name) from error.__cause__
        found = opened.format or guessed
        self._refuse_mapping(found)
        return found, f"{detail}{packed}", opened

    def _refuse_mapping(self, found: str) -> None:
        """A mapping that a format with fixed columns would ignore is a misunderstanding."""
        if self._mapping and found.startswith(("beir", "trec")):
            raise FormatError(
                f"{found} has fixed columns; leave “Columns” (the API's mapping) empty",
                field="mapping",
            )

    def _syntax(self, head: bytes, name: str) -> str:
        """What to read the file as: what was asked for, or the guess where that leaves a choice."""
        if not head.removeprefix(UTF8_BOM).strip():
            raise FormatError("the file is empty", line=1)
        refuse_packed(head)
        if self._wanted not in GROUPS:
            if head.startswith(b"PAR1") and self._wanted != "parquet":
                raise FormatError(f"the file is Parquet, not {self._wanted}", field="format")
            return self._wanted
        guessed = guess(head, PurePosixPath(name).name)
        if guessed not in GROUPS[self._wanted]:
            raise FormatError(
                f"the file looks like {guessed}, not like {self._wanted}", field="format"
            )
        return guessed

    def _open(self, syntax: str, member: Member) -> tuple[Opened, str]:
        if syntax == "parquet":
            # Here, since pyarrow takes 50 MB that a web process never needs.
            from annotate.formats.parquet import read_parquet

            opened = read_parquet(member, self._choose(syntax), self._limits, self._first)
            return opened, f"{_noun(opened)} in Parquet"
        stream = self._stack.enter_context(member.open())
        lines = text_lines(stream, self._limits.line_bytes)
        if syntax in _DELIMITERS or syntax == "beir-qrels":
            opened, delimiter = read_delimited(
                lines,
                self._choose(syntax),
                member.name,
                delimiters=_DELIMITERS.get(syntax, "\t"),
                quoted=syntax in ("csv", "tsv"),
                record_bytes=self._limits.line_bytes,
                start=self._first,
            )
            return opened, f"{_noun(opened)} between {_DELIMITER_NAMES[delimiter]}"
        if syntax == "trec-topics":
            return read_topics(lines, self._limits, member.name), "TREC topics"
        if syntax == "trec-run":
            return read_run(lines, self._limits, member.name), "TREC run"
        if syntax == "trec-qrels":
            opened = read_qrels(lines, self._labels, self._limits, member.name)
            return opened, "TREC qrels"
        opened = read_jsonl(lines, self._choose(syntax), member.name, start=self._first)
        return opened, f"{_noun(opened)} in JSON Lines"

    def _choose(self, syntax: str) -> Choose:
        def choose(names: Sequence[str]) -> Layout:
            if syntax == "beir-qrels":
                return BeirQrelsLayout(self._labels, self._limits)
            if syntax == "beir-corpus":
                return PassageLayout(self._limits)
            if syntax == "beir-queries":
                return QueryLayout(self._limits)
            asked = self._wanted == "triplets"
            sparse = syntax == "jsonl"
            if asked or (self._wanted != "pairs" and looks_like_triplets(names, self._mapping)):
                return TripletLayout(self._mapping, self._labels, self._limits, sparse=sparse)
            return PairLayout(self._mapping, self._labels, self._limits, name=syntax, sparse=sparse)

        return choose


def _from(start: Place, items: Iterator[Item]) -> Iterator[Item]:
    """Leave out what comes before a place; readers that can skip lines unread have done so."""
    for item in items:
        if item.member == start.member and item.line >= start.line:
            yield item
            break
    yield from items


def _noun(opened: Opened) -> str:
    nouns = {"beir-corpus": "BEIR passages", "beir-queries": "BEIR queries"}
    nouns |= {"beir-qrels": "BEIR qrels", "triplets": "triplets"}
    return nouns.get(opened.format or "", "pairs")


def _only(source: Source) -> Member:
    if len(source.members) == 1:
        return next(iter(source.members.values()))
    if not source.members:
        raise FormatError(f"the {source.packed} holds no file")
    if "[Content_Types].xml" in source.members:
        raise FormatError("it is an office document; save its table as CSV UTF-8 and import that")
    listed = ", ".join(sorted(source.members)[:10])
    raise FormatError(
        f"the {source.packed} holds {len(source.members)} files ({listed}); it has to hold one"
        " file, or a BEIR data set: two or more of corpus.jsonl, queries.jsonl and qrels/*.tsv"
    )
