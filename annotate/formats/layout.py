"""How rows of named columns become our rows: pairs, and BEIR's queries and passages.

A layout is bound to the columns of a file once, and the function it gives back is called per row,
so that no name is looked up in the hot loop.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from annotate.formats.columns import (
    NAMES,
    PAIR_FIELDS,
    Cells,
    Columns,
    Key,
    listed,
    mapping_written,
    resolve,
)
from annotate.formats.exported import exported_what
from annotate.formats.own_rows import own_maker, restoring
from annotate.formats.records import BadValueError, Item, Limits, PairRow, PassageRow, QueryRow
from annotate.formats.values import (
    Labels,
    id_value,
    metadata_value,
    number_value,
    rank_value,
    text_value,
    title_value,
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A layout on known columns.

    `make(line, cells)` gives a row's records or raises BadValueError.
    """

    make: Callable[[int, Cells], Sequence[Item]]
    # Our field for each of the file's columns.
    origin: Mapping[str, str]


class Layout(Protocol):
    """A kind of row.

    `format` is what the stream reports, None where the syntax names it. `unseen` are the mapped
    fields that no row has had so far, where rows may leave columns out; else None.
    """

    format: str | None
    unseen: set[str] | None

    def bind(self, names: Sequence[str], keys: Sequence[Key], member: str | None) -> Bound:
        """Raise BadValueError where a required column is missing or ambiguous."""
        ...


def require(columns: Columns, names: Sequence[str], *fields: str) -> None:
    """Raise BadValueError where none of `fields` has a column."""
    if any(field in columns.fields for field in fields):
        return
    field = fields[0]
    known = ", ".join([*fields, *NAMES.get(field, ())])
    raise BadValueError(
        field,
        f"there is no column for {' or '.join(fields)}; {listed(names)};"
        f" recognised are {known}; any other is named {mapping_written(field, 'its name')}",
    )


def mapped_fields(mapping: Mapping[str, str | None]) -> set[str]:
    """The fields that are mapped to a column."""
    return {field for field, column in mapping.items() if column is not None}


class PairLayout:
    """One query and one passage a row, each by text, id or both."""

    format: str | None

    def __init__(
        self,
        mapping: Mapping[str, str | None],
        labels: Labels,
        limits: Limits,
        *,
        name: str,
        sparse: bool = False,
    ) -> None:
        self._mapping = mapping
        self.unseen = mapped_fields(mapping) if sparse else None
        self._labels = labels
        self._id_chars = limits.id_chars
        self.format = name

    def bind(self, names: Sequence[str], keys: Sequence[Key], member: str | None) -> Bound:
        what = exported_what(names)
        if what == "preferences":
            message = "an export of preferences, which are not imported"
            raise BadValueError("first", message)
        columns = resolve(names, keys, PAIR_FIELDS, self._mapping, self.unseen)
        require(columns, names, "query", "query_id")
        require(columns, names, "passage", "passage_id")
        if what is not None:
            own = replace(columns, pair=(), query=(), passage=())
            make = own_maker(self._maker(own, member), what, dict(zip(names, keys, strict=True)))
            make = restoring(make, keys) if self.format == "csv" else make
            return Bound(make=make, origin=columns.origin)
        return Bound(make=self._maker(columns, member), origin=columns.origin)

    def _maker(
        self, columns: Columns, member: str | None
    ) -> Callable[[int, Cells], Sequence[PairRow]]:
        q, qid, p, pid, title, label, rank, score, run = map(columns.fields.get, PAIR_FIELDS)
        of_pair, of_query, of_passage = columns.pair, columns.query, columns.passage
        nested = any(name == "metadata" for _, name in of_pair)
        grade, chars = self._labels.grade, self._id_chars

        def make(line: int, cells: Cells) -> tuple[PairRow]:
            query_id = None if qid is None else id_value(cells[qid], "query_id", chars)
            query = None if q is None else cells[q]
            if query is not None or query_id is None:
                query = text_value(query, "query")
            passage_id = None if pid is None else id_value(cells[pid], "passage_id", chars)
            passage = None if p is None else cells[p]
            if passage is not None or passage_id is None:
                passage = text_value(passage, "passage")
            metadata = metadata_value(cells, of_pair) if of_pair else {}
            row = PairRow(
                line,
                query_id,
                query,
                passage_id,
                "" if title is None else title_value(cells[title]),
                passage,
                None if label is None else grade(cells[label]),
                None if rank is None else rank_value(cells[rank]),
                None if score is None else number_value(cells[score], "score"),
                None if run is None else id_value(cells[run], "run", chars),
                _flattened(metadata) if nested else metadata,
                metadata_value(cells, of_query) if of_query else {},
                metadata_value(cells, of_passage) if of_passage else {},
                member,
            )
            return (row,)

        return make


class _BeirObjects:
    """What BEIR's corpus and queries share: `_id`, `text`, and a `metadata` object to flatten."""

    unseen: set[str] | None = None

    def __init__(self, limits: Limits) -> None:
        self._id_chars = limits.id_chars

    def _id(self, cells: Cells, key: Key, field: str) -> str:
        found = id_value(cells[key], field, self._id_chars)
        if found is None:
            raise BadValueError(field, "the id is empty")
        return found

    @staticmethod
    def _columns(names: Sequence[str], keys: Sequence[Key], field: str, text: str) -> Columns:
        own = {field: "_id" if "_id" in names else "id", text: "text"}
        missing = [name for name in own.values() if name not in names]
        if missing:
            wanted = "_id and text"
            raise BadValueError(missing[0], f"BEIR's objects have {wanted}; {listed(names)}")
        titled = {"title": "title"} if field == "passage_id" and "title" in names else {}
        return resolve(names, keys, (*own, *titled), own | titled)


class QueryLayout(_BeirObjects):
    """BEIR's queries.jsonl: `{_id, text, metadata?}`."""

    format: str | None = "beir-queries"

    def bind(self, names: Sequence[str], keys: Sequence[Key], member: str | None) -> Bound:
        columns = self._columns(names, keys, "query_id", "query")
        own_id, text, extra = columns.fields["query_id"], columns.fields["query"], columns.pair

        def make(line: int, cells: Cells) -> tuple[QueryRow]:
            query_id = self._id(cells, own_id, "query_id")
            metadata = _flattened(metadata_value(cells, extra))
            return (QueryRow(line, query_id, text_value(cells[text], "query"), metadata, member),)

        return Bound(make=make, origin=columns.origin)


class PassageLayout(_BeirObjects):
    """BEIR's corpus.jsonl: `{_id, title?, text, metadata?}`; a text may be empty beside a title.

    Several of BEIR's own corpora (TREC-COVID for one) hold documents that are a title alone.
    """

    format: str | None = "beir-corpus"

    def bind(self, names: Sequence[str], keys: Sequence[Key], member: str | None) -> Bound:
        columns = self._columns(names, keys, "passage_id", "passage")
        own_id, text = columns.fields["passage_id"], columns.fields["passage"]
        title_key, extra = columns.fields.get("title"), columns.pair

        def make(line: int, cells: Cells) -> tuple[PassageRow]:
            passage_id = self._id(cells, own_id, "passage_id")
            title = "" if title_key is None else title_value(cells[title_key])
            passage = cells[text]
            if passage != "" or not title.strip():
                passage = text_value(passage, "passage")
            metadata = _flattened(metadata_value(cells, extra))
            return (PassageRow(line, passage_id, title, passage, metadata, member),)

        return Bound(make=make, origin=columns.origin)


def _flattened(metadata: dict[str, object]) -> dict[str, object]:
    inner = metadata.get("metadata")
    if inner is None or inner == {}:
        metadata.pop("metadata", None)
    elif isinstance(inner, dict):
        del metadata["metadata"]
        metadata = {**inner, **metadata}
    return metadata
