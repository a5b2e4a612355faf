"""Files of lines, each of which PostgreSQL writes as it goes out."""

from collections.abc import Iterator

from accounts.models import Project
from annotate.formats.exported import columns_of
from annotate.selectors.copying import Copied, copied, one_moment
from annotate.selectors.exports import TRIPLETS, cells, json_lines, qrel_lines


def jsonl(project: Project, what: str) -> Iterator[bytes]:
    """An object a line, with all metadata."""
    yield from _blocks(project, json_lines(what))


def csv(project: Project, what: str) -> Iterator[bytes]:
    """RFC 4180 with a header, but for lines that end in LF; what is risky is neutralised."""
    yield f"{','.join(columns_of(what))}\n".encode()
    yield from _blocks(project, cells(what, neutral=True))


def trec(project: Project, what: str) -> Iterator[bytes]:
    """TREC qrels; for judgments the iteration names who judged."""
    yield from _blocks(project, qrel_lines(what, template="%s %s %s %s"))


def triplets(project: Project, what: str) -> Iterator[bytes]:
    """A line for each relevant passage, with its share of the query's other passages."""
    assert what == "qrels"
    yield from _blocks(project, TRIPLETS)


def _blocks(project: Project, wanted: Copied) -> Iterator[bytes]:
    with one_moment() as cursor:
        yield from copied(cursor, project, wanted)
