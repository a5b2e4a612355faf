"""BEIR data sets: `corpus.jsonl`, `queries.jsonl` and `qrels/*.tsv` in a folder or zip."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import PurePosixPath

from annotate.formats.columns import Key, listed, normalised
from annotate.formats.layout import Bound, PairLayout, PassageLayout, QueryLayout
from annotate.formats.lines import text_lines
from annotate.formats.members import Member
from annotate.formats.records import LINE, BadValueError, FormatError, Item, Limits, PairRow
from annotate.formats.tables import Choose, Opened, read_delimited, read_jsonl
from annotate.formats.values import Labels

QRELS_HEADER = ("query_id", "corpus_id", "score")
_CORPUS, _QUERIES = "corpus.jsonl", "queries.jsonl"


class BeirQrelsLayout:
    """Rows of qrels/*.tsv: `query-id, corpus-id, score`, where the score is the label."""

    format: str | None = "beir-qrels"
    unseen: set[str] | None = None

    def __init__(self, labels: Labels, limits: Limits) -> None:
        self._labels = labels
        self._limits = limits

    def bind(self, names: Sequence[str], keys: Sequence[Key], member: str | None) -> Bound:
        if not is_beir_qrels(names):
            message = "BEIR's qrels have the columns query-id, corpus-id and score"
            raise BadValueError(LINE, f"{message}; {listed(names)}")
        mapping = dict(zip(("query_id", "passage_id", "label"), names, strict=True))
        pairs = PairLayout(mapping, self._labels, self._limits, name="beir-qrels")
        return pairs.bind(names, keys, member)


def is_beir_qrels(names: Sequence[str]) -> bool:
    """Whether a header is the one of BEIR's qrels."""
    return tuple(normalised(name) for name in names) == QRELS_HEADER


def beir_members(members: dict[str, Member]) -> dict[str, Member]:
    """Those of a folder's or zip's files that make a BEIR data set, by their name within it.

    The data set may lie one or more folders down; empty where there is no corpus or queries file.
    """
    plain = {name: name.removesuffix(".gz") for name in members}
    roots = sorted(
        {PurePosixPath(name).parent for name in plain.values() if _is_head(name)},
        key=lambda root: (len(root.parts), str(root)),
    )
    if not roots:
        return {}
    root = roots[0]
    found = {}
    for name, bare in plain.items():
        path = PurePosixPath(bare)
        is_qrels = path.parent == root / "qrels" and path.suffix == ".tsv"
        if is_qrels or (path.parent == root and _is_head(bare)):
            found[path.relative_to(root).as_posix()] = members[name]
    return found


def _is_head(name: str) -> bool:
    return PurePosixPath(name).name in (_CORPUS, _QUERIES)


def read_beir(members: dict[str, Member], labels: Labels, limits: Limits) -> Opened:
    """Queries, then passages, then qrels with their split; errors carry the member's name."""
    found = beir_members(members)
    qrels = sorted(name for name in found if name.startswith("qrels/"))
    if not found:
        listed = ", ".join(sorted(members)[:10]) or "nothing"
        raise FormatError(
            f"no BEIR data set: there is neither {_CORPUS} nor {_QUERIES}, but {listed}"
        )
    if len(found) == 1:
        alone = _CORPUS if _CORPUS in found else _QUERIES
        rest = _QUERIES if _CORPUS in found else _CORPUS
        raise FormatError(
            f"the BEIR data set is {alone} alone: there is neither {rest} nor qrels/*.tsv;"
            f" add what is missing, or import {alone} as beir-{PurePosixPath(alone).stem}"
        )
    order = [name for name in (_QUERIES, _CORPUS) if name in found] + qrels
    return Opened("beir", tuple(order), _items([(n, found[n]) for n in order], labels, limits))


def _items(members: Sequence[tuple[str, Member]], labels: Labels, limits: Limits) -> Iterator[Item]:
    for name, member in members:
        try:
            with closing(member.open()) as stream:
                lines = text_lines(stream, limits.line_bytes)
                if name == _QUERIES:
                    yield from read_jsonl(lines, _always(QueryLayout(limits)), member.name).items
                elif name == _CORPUS:
                    yield from read_jsonl(lines, _always(PassageLayout(limits)), member.name).items
                else:
                    yield from _qrels(lines, PurePosixPath(name).stem, member, labels, limits)
        except FormatError as error:
            raise error.located(member=member.name) from error.__cause__


def _always(layout: QueryLayout | PassageLayout | BeirQrelsLayout) -> Choose:
    return lambda _names: layout


def _qrels(
    lines: Iterator[tuple[int, str]], split: str, member: Member, labels: Labels, limits: Limits
) -> Iterator[Item]:
    choose = _always(BeirQrelsLayout(labels, limits))
    opened, _ = read_delimited(
        lines, choose, member.name, delimiters="\t", quoted=False, record_bytes=limits.line_bytes
    )
    for item in opened.items:
        if isinstance(item, PairRow):
            item.metadata["split"] = split
        yield item
