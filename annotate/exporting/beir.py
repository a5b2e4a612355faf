"""A BEIR data set as a zip that is packed while it is sent."""

import zipfile
from collections.abc import Iterator
from typing import Final

from django.db.backends.utils import CursorWrapper

from accounts.models import Project
from annotate.exporting.sink import Sink
from annotate.selectors.copying import BLOCK, Copied, copied, one_moment
from annotate.selectors.exports import BEIR_CORPUS, BEIR_QUERIES, qrel_lines

QRELS: Final = "qrels/test.tsv"
_HEADER: Final = b"query-id\tcorpus-id\tscore\n"
# Three times as fast as the usual 6, and a tenth larger.
_LEVEL: Final = 1


def archive(project: Project, what: str) -> Iterator[bytes]:
    """Queries, the whole corpus, and the resolved grades of all pairs as the split `test`."""
    # The second %s, who judged, is no column of BEIR's.
    qrels = qrel_lines(what, template="%1$s\t%3$s\t%4$s")
    sink = Sink()
    with one_moment() as cursor, _zip(sink) as packed:
        for name, wanted, header in (
            ("queries.jsonl", BEIR_QUERIES, b""),
            ("corpus.jsonl", BEIR_CORPUS, b""),
            (QRELS, qrels, _HEADER),
        ):
            yield from _member(packed, sink, name, _after(header, cursor, project, wanted))
        packed.close()
        yield sink.take()


def _zip(sink: Sink) -> zipfile.ZipFile:
    return zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)


def _after(
    header: bytes, cursor: CursorWrapper, project: Project, wanted: Copied
) -> Iterator[bytes]:
    yield header
    yield from copied(cursor, project, wanted)


def _member(
    packed: zipfile.ZipFile, sink: Sink, name: str, blocks: Iterator[bytes]
) -> Iterator[bytes]:
    # Its size is not known before it is written; it may be more than 2 GiB.
    with packed.open(name, "w", force_zip64=True) as out:
        yield sink.take()
        for block in blocks:
            out.write(block)
            if len(sink) >= BLOCK:
                yield sink.take()
