"""Triplets: a query with the passages that answer it and passages that do not.

Their ids are places where the texts were found once (`retrieval/hybrid_search.py:1-22`) and drift
as the source changes, so that a passage is known by its text and the id is kept as metadata of
the pair, `doc_id`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from annotate.formats.columns import TRIPLET_FIELDS, Cells, Columns, Key, normalised, resolve
from annotate.formats.layout import Bound, mapped_fields, require
from annotate.formats.records import BadValueError, Limits, PairRow
from annotate.formats.values import (
    Labels,
    id_value,
    kind,
    metadata_value,
    text_value,
    title_value,
)

# In Tevatron's files a passage is an object: {docid, title, text}.
_OBJECT_TEXT = ("text", "passage", "content")
_OBJECT_ID = ("docid", "doc_id", "id", "_id", "passage_id")

# One passage of a triplet: text, title, id.
Passage = tuple[str, str, str | None]


class TripletLayout:
    """A row gives one pair per positive and per negative, in that order.

    Positives and negatives are a text, a list of texts, or a list of objects with a text; further
    negatives may stand in columns `negative_1`, `negative_2`, ….
    """

    format: str | None = "triplets"

    def __init__(
        self,
        mapping: Mapping[str, str | None],
        labels: Labels,
        limits: Limits,
        *,
        sparse: bool = False,
    ) -> None:
        self._mapping = mapping
        self.unseen = mapped_fields(mapping) if sparse else None
        self._id_chars = limits.id_chars
        self._positive, self._negative = labels.positive, labels.negative

    def bind(self, names: Sequence[str], keys: Sequence[Key], member: str | None) -> Bound:
        columns = resolve(names, keys, TRIPLET_FIELDS, self._mapping, self.unseen)
        require(columns, names, "query")
        require(columns, names, "positive_text")
        return Bound(make=self._maker(columns, member), origin=columns.origin)

    def _maker(
        self, columns: Columns, member: str | None
    ) -> Callable[[int, Cells], Sequence[PairRow]]:
        q, qid, pos, pos_id, neg, neg_id = map(columns.fields.get, TRIPLET_FIELDS)
        numbered = columns.numbered_negatives
        chars = self._id_chars
        labels = (self._positive, self._negative)

        def make(line: int, cells: Cells) -> list[PairRow]:
            query_id = None if qid is None else id_value(cells[qid], "query_id", chars)
            query = text_value(cells[q], "query")
            positives = _passages(_cell(cells, pos), _cell(cells, pos_id), "positive", chars)
            if not positives:
                raise BadValueError("positive_text", "the text is missing")
            negatives = _passages(_cell(cells, neg), _cell(cells, neg_id), "negative", chars)
            for key in numbered:
                negatives += _passages(cells[key] or None, None, "negative", chars)
            rows: list[PairRow] = []
            for label, passages in zip(labels, (positives, negatives), strict=True):
                for text, title, doc_id in passages:
                    metadata = metadata_value(cells, columns.pair)
                    if doc_id is not None:
                        metadata["doc_id"] = doc_id
                    rows.append(
                        PairRow(
                            line, query_id, query, None, title, text, label, None, None, None,
                            metadata, metadata_value(cells, columns.query),
                            metadata_value(cells, columns.passage), member,
                        )
                    )  # fmt: skip
            return rows

        return make


def _cell(cells: Cells, key: Key | None) -> Any:
    return None if key is None else cells[key]


def _passages(value: Any, ids: Any, side: str, chars: int) -> list[Passage]:
    """The texts of one side with their ids; `side` is `positive` or `negative`."""
    text_field = "positive_text" if side == "positive" else "negative_texts"
    id_field = "positive_doc_id" if side == "positive" else "negative_doc_ids"
    texts = _as_list(value, text_field)
    if not texts:
        return []
    names = _as_list(None if ids == "" else ids, id_field)
    if names and len(names) != len(texts):
        raise BadValueError(id_field, f"there are {len(names)} ids for {len(texts)} texts")
    found = []
    for at, item in enumerate(texts):
        # Where there are several, the message says which of them.
        text, title, own_id = _passage(item, text_field, at + 1 if len(texts) > 1 else 0)
        doc_id = id_value(names[at] if names else own_id, id_field, chars)
        found.append((text, title, doc_id))
    return found


def _as_list(value: Any, field: str) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return [value]
    raise BadValueError(field, f"must be a text or a list of texts, not {kind(value)}")


def _passage(item: Any, field: str, number: int) -> tuple[str, str, Any]:
    title, own_id = "", None
    if isinstance(item, dict):
        plain = {normalised(name): inner for name, inner in item.items()}
        title = title_value(plain.get("title"))
        own_id = next((plain[name] for name in _OBJECT_ID if name in plain), None)
        item = next((plain[name] for name in _OBJECT_TEXT if name in plain), None)
    try:
        return text_value(item, field), title, own_id
    except BadValueError as error:
        which = f"text {number} of the list: " if number else ""
        raise BadValueError(field, f"{which}{error.message}") from None
