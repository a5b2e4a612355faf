"""Guesses what a file is from its name and its first 64 kB."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from annotate.formats.beir import is_beir_qrels
from annotate.formats.columns import NAMES, PAIR_FIELDS, looks_like_triplets, normalised, resolve
from annotate.formats.records import BadValueError, FormatError
from annotate.formats.trec import is_topics_header

AUTO = "auto"
SYNTAXES = ("jsonl", "csv", "tsv", "tsv-plain", "parquet")
FORMATS = (
    *SYNTAXES, "triplets", "beir", "beir-corpus", "beir-queries", "beir-qrels",
    "trec-topics", "trec-run", "trec-qrels",
)  # fmt: skip
# Names that leave something to be guessed.
GROUPS: Mapping[str, frozenset[str]] = {
    AUTO: frozenset(FORMATS),
    "pairs": frozenset(SYNTAXES),
    "triplets": frozenset(SYNTAXES),
    "trec": frozenset({"trec-topics", "trec-run", "trec-qrels"}),
    "qrels": frozenset({"trec-qrels", "beir-qrels"}),
}
_ALIASES = {
    "": AUTO, "json": "jsonl", "ndjson": "jsonl", "pairs-jsonl": "jsonl", "pairs-csv": "csv",
    "pairs-tsv": "tsv", "pairs-parquet": "parquet", "triplets-jsonl": "triplets",
    "topics": "trec-topics", "run": "trec-run", "runs": "trec-run", "trec-runs": "trec-run",
}  # fmt: skip
_SUFFIXES = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "tsv",
    ".tab": "tsv", ".parquet": "parquet",
}  # fmt: skip
_RUN = re.compile(r"\S+\s+Q0\s+\S+\s+-?\d+\s+[-+.\deE]+\s+\S", re.IGNORECASE)
_QRELS = re.compile(r"\S+\s+\S+\s+\S+\s+-?\d+\s*$")


def canonical_format(name: str) -> str:
    """The name of a format or group as this module writes it. Raises FormatError where unknown."""
    plain = name.strip().lower().replace("_", "-")
    plain = _ALIASES.get(plain, plain)
    if plain not in FORMATS and plain not in GROUPS:
        known = ", ".join([AUTO, "pairs", "trec", "qrels", *FORMATS])
        raise FormatError(f"there is no format “{name}”; the formats are {known}", field="format")
    return plain


def guess(head: bytes, name: str) -> str:
    """One of FORMATS but `beir`, from the first bytes and the name. Raises FormatError."""
    if head.startswith(b"PAR1"):
        return "parquet"
    path = PurePosixPath(name.lower())
    if path.suffix in (".gz", ".zip"):
        path = path.with_suffix("")
    known = _SUFFIXES.get(path.suffix)
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    first = next((line for line in text.split("\n") if line.strip()), "").rstrip("\r")
    if known == "jsonl" or (known is None and first.lstrip().startswith("{")):
        return _guess_jsonl(first, path.name)
    if known is not None and known != "tsv":
        return known
    return _guess_lines(first, known)


def _guess_jsonl(first: str, name: str) -> str:
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):  # cut short or wrong: the reader says which
        return "jsonl"
    if not isinstance(found, dict) or not {"_id", "text"} <= found.keys() or "query" in found:
        return "jsonl"
    if "quer" in name:
        return "beir-queries"
    return "beir-corpus" if "title" in found or "corpus" in name else "jsonl"


def _guess_lines(first: str, known: str | None) -> str:
    if first.lstrip().startswith("<"):
        return "trec-topics"
    if not first:
        raise FormatError("the file is empty", line=1)
    cells = first.split("\t")
    if len(cells) > 1:
        return _guess_tabbed(first, cells)
    found = _guess_trec(first)
    if found is None and known is None and ("," in first or ";" in first):
        found = "csv"
    if found or known:
        return found or "tsv"
    raise FormatError("the file's format cannot be told from its name or its first line; name it")


def _guess_trec(first: str) -> str | None:
    if _RUN.match(first):
        return "trec-run"
    return "trec-qrels" if _QRELS.match(first) else None


def _guess_tabbed(first: str, cells: list[str]) -> str:
    if is_beir_qrels(cells):
        return "beir-qrels"
    if _is_header(cells):
        return "tsv"
    named = any(_is_column(cell) for cell in cells)
    if is_topics_header(cells) or (len(cells) == 2 and not named):
        return "trec-topics"
    return _guess_trec(first) or "tsv"


def _is_column(cell: str) -> bool:
    name = normalised(cell)
    return any(name == field or name in names for field, names in NAMES.items())


def _is_header(cells: Sequence[str]) -> bool:
    names = [cell.strip().strip('"') for cell in cells]
    if looks_like_triplets(names, {}):
        return True
    try:
        fields = resolve(list(dict.fromkeys(names)), list(dict.fromkeys(names)), PAIR_FIELDS, {})
    except BadValueError:
        return True
    found = fields.fields.keys()
    return bool({"query", "query_id"} & found) and bool({"passage", "passage_id"} & found)
