"""Which column of a file is which of our fields: by its own name, a common one, or a mapping."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from annotate.formats.records import BadValueError

PAIR_FIELDS = (
    "query", "query_id", "passage", "passage_id", "title", "label", "rank", "score", "run",
)  # fmt: skip
TRIPLET_FIELDS = (
    "query", "query_id", "positive_text", "positive_doc_id", "negative_texts", "negative_doc_ids",
)  # fmt: skip
# Columns mapped or named so belong to the query or the passage; all others to the pair.
PREFIXES = ("query.", "passage.")

# Compared in lower case with `-` and blanks as `_`.
NAMES: Mapping[str, tuple[str, ...]] = {
    "query": ("query_text", "question", "anchor", "search_query"),
    "query_id": ("queryid", "qid", "question_id", "topic_id"),
    "passage": (
        "passage_text", "text", "candidate", "candidate_text", "document", "document_text", "doc",
        "doc_text", "content", "body", "chunk", "answer", "positive",
    ),
    "passage_id": (
        "passageid", "pid", "candidate_id", "document_id", "doc_id", "docid", "docno", "corpus_id",
        "chunk_id",
    ),
    "title": ("passage_title", "candidate_title", "document_title", "doc_title"),
    "label": (
        "labels", "grade", "relevance", "relevance_label", "rel", "relevant", "is_relevant",
        "qrel", "judgment", "judgement",
    ),
    "rank": ("position",),
    "score": ("similarity", "run_score", "retrieval_score"),
    "run": ("run_name", "run_id", "run_tag"),
    "positive_text": ("positive", "pos", "positive_texts", "positives", "positive_passages"),
    "positive_doc_id": (
        "positive_id", "positive_ids", "positive_doc_ids", "positive_passage_id", "pos_id",
        "pos_ids",
    ),
    "negative_texts": (
        "negatives", "negative", "neg", "negative_text", "hard_negatives", "negative_passages",
    ),
    "negative_doc_ids": (
        "negative_ids", "negative_id", "negative_doc_id", "negative_passage_ids", "neg_id",
        "neg_ids",
    ),
}  # fmt: skip
# Names that mean query and passage only together.
_COUPLES = (
    ("sentence_0", "sentence_1"), ("sentence1", "sentence2"), ("sentence_1", "sentence_2"),
    ("sentence_a", "sentence_b"), ("text1", "text2"), ("text_a", "text_b"),
)  # fmt: skip
_TEXTS = ("query", "passage", "positive_text")
_NUMBERED_NEGATIVE = re.compile(r"negative_\d+")

Key = int | str


class Cells(Protocol):
    """A row: a list by position or an object by name."""

    def __getitem__(self, key: Any, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a row's fields are: `fields` by our name; the rest, (key, name), by owner."""

    fields: Mapping[str, Key]
    numbered_negatives: tuple[Key, ...]
    pair: tuple[tuple[Key, str], ...]
    query: tuple[tuple[Key, str], ...]
    passage: tuple[tuple[Key, str], ...]
    # Our field for each of the file's columns, to name both in an error.
    origin: Mapping[str, str]


def normalised(name: str) -> str:
    """A column's name as the lists above write it."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def check_mapping(mapping: Mapping[str, str | None]) -> None:
    """Raise BadValueError where the mapping's left side is none of our fields."""
    known = sorted({*PAIR_FIELDS, *TRIPLET_FIELDS})
    for field in mapping:
        if field not in known and not field.startswith(PREFIXES):
            raise BadValueError(
                "mapping",
                f"“Columns” (the API's mapping) names “{field}”, which is no field; the fields are"
                f" {', '.join(known)}, and query.X or passage.X for further columns",
            )


def looks_like_triplets(names: Sequence[str], mapping: Mapping[str, str | None]) -> bool:
    """Whether columns (or the mapping) speak of positives and negatives rather than pairs."""
    if any(mapping.get(field) for field in ("positive_text", "negative_texts")):
        return True
    if mapping.get("passage") or mapping.get("label"):
        return False
    present = {normalised(name) for name in names}
    if present & {"negative_texts", *NAMES["negative_texts"]}:
        return True
    if any(_NUMBERED_NEGATIVE.fullmatch(name) for name in present):
        return True
    positive = present & {"positive_text", *NAMES["positive_text"]}
    return bool(positive) and not present & {"passage", "label", *NAMES["label"]}


def resolve(
    names: Sequence[str],
    keys: Sequence[Key],
    fields: Sequence[str],
    mapping: Mapping[str, str | None],
    unseen: set[str] | None = None,
) -> Columns:
    """Find `fields` among the columns `names`; `keys[i]` is how a row is asked for `names[i]`.

    A field is taken from the mapping, else from the column of that very name, else from the one
    column with a common name for it. A field mapped to None is not looked for. Raises BadValueError
    where a mapped column is missing or two columns could be the same field; with `unseen`, where
    rows may leave columns out, a mapped column may be missing unless it is the text itself, and
    the fields found are taken off `unseen`.
    """
    by_name = dict(zip(names, keys, strict=True))
    found = _mapped(fields, mapping, by_name, unseen)
    open_fields = [field for field in fields if field not in mapping]
    plain = {name: normalised(name) for name in names}
    for field in open_fields:
        left = {name: plain[name] for name in names if name not in found.values()}
        column = _recognised(field, left)
        if column is None and field == "positive_text":
            column = _recognised("passage", left)
        if column is not None:
            found[field] = column
    if "query" in open_fields and "passage" in open_fields:
        _take_couple(found, names)
    numbered = [
        name
        for name in names
        if "negative_texts" in open_fields
        and "negative_texts" not in found
        and _NUMBERED_NEGATIVE.fullmatch(normalised(name))
    ]
    return _columns(found, numbered, by_name)


def _mapped(
    fields: Sequence[str],
    mapping: Mapping[str, str | None],
    by_name: Mapping[str, Key],
    unseen: set[str] | None,
) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, column in mapping.items():
        if field not in fields and not field.startswith(PREFIXES):
            message = (
                f"rows of this file have no {field}; take it off “Columns” (the API's mapping)"
            )
            raise BadValueError(field, message)
        if column is None:
            continue
        alike = [name for name in by_name if normalised(name) == normalised(column)]
        if column in by_name or len(alike) == 1:
            found[field] = column if column in by_name else alike[0]
            if unseen is not None:
                unseen.discard(field)
        elif unseen is None or field in _TEXTS:
            message = f"there is no column “{column}”, which {field} is mapped to"
            raise BadValueError(field, f"{message}; {listed(by_name)}")
    return found


def _recognised(field: str, names: Mapping[str, str]) -> str | None:
    """The column of a field; `names` gives each column's name and how it compares."""
    exact = [name for name, plain in names.items() if plain == field]
    if exact:
        return exact[0]
    common = NAMES.get(field, ())
    alike = [name for name, plain in names.items() if plain in common]
    if len(alike) > 1:
        raise BadValueError(
            field,
            f"the columns {', '.join(f'“{name}”' for name in alike)} could each be {field};"
            f" say which {mapping_written(field, alike[0])}",
        )
    return alike[0] if alike else None


def _take_couple(found: dict[str, str], names: Sequence[str]) -> None:
    if "query" in found or "passage" in found:
        return
    plain = {normalised(name): name for name in names}
    for query, passage in _COUPLES:
        if query in plain and passage in plain:
            found["query"], found["passage"] = plain[query], plain[passage]
            return


def _columns(
    found: Mapping[str, str], numbered: Sequence[str], by_name: Mapping[str, Key]
) -> Columns:
    taken = {*found.values(), *numbered}
    owned: dict[str, list[tuple[Key, str]]] = {"": [], "query.": [], "passage.": []}
    for field, name in found.items():
        for prefix in PREFIXES:
            if field.startswith(prefix):
                owned[prefix].append((by_name[name], field.removeprefix(prefix)))
    for name, key in by_name.items():
        if name not in taken:
            prefix = next((start for start in PREFIXES if name.startswith(start)), "")
            owned[prefix].append((key, name.removeprefix(prefix)))
    return Columns(
        fields={field: by_name[name] for field, name in found.items()},
        numbered_negatives=tuple(by_name[name] for name in numbered),
        pair=tuple(owned[""]),
        query=tuple(owned["query."]),
        passage=tuple(owned["passage."]),
        origin={name: field for field, name in found.items()},
    )


def mapping_written(field: str, column: str) -> str:
    """How a column is named for a field, in a message: on the form, and through the API."""
    return f'under “Columns”: {field} = {column} (in the API, "mapping": {{"{field}": "{column}"}})'


def listed(names: Iterable[str]) -> str:
    """The columns of a file, for a message."""
    known = list(names)
    shown = ", ".join(f"“{name}”" for name in known[:20])
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return f"its columns are {shown}{more}" if known else "it has no columns"
