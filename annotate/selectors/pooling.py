"""What candidate pooling reads: the texts of a project, streamed, and what still lacks candidates.

Rows come through a cursor of the server's, so that no number of texts is held in memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from accounts.models import Project
from annotate.models import Candidate, Query
from annotate.selectors.qrels import PASSAGE_KEY

CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class Poolable:
    """How many queries and passages a project has, withdrawn ones left out.

    `bare` counts the queries without any candidate.
    """

    queries: int
    bare: int
    passages: int


def poolable_of(project: Project) -> Poolable:
    """Count what there is to pool, in three queries."""
    live = project.queries.filter(withdrawn_at=None)
    return Poolable(
        queries=live.count(),
        bare=queries_bare(project).count(),
        passages=project.passages.filter(withdrawn_at=None).count(),
    )


def queries_bare(project: Project) -> QuerySet[Query]:
    """Return the queries that have no candidate at all, withdrawn ones left out."""
    held = Candidate.objects.filter(query=OuterRef("pk"))
    return project.queries.filter(~Exists(held), withdrawn_at=None)


def queries_named(project: Project, names: Sequence[str]) -> QuerySet[Query]:
    """Return the queries under these names: their ids, or `sha256:` and the digest of the text."""
    own = [name for name in names if not name.startswith("sha256:")]
    digests = [_digest(name) for name in names if name.startswith("sha256:")]
    return project.queries.filter(
        Q(external_id__in=own) | Q(external_id=None, digest__in=digests), withdrawn_at=None
    )


def passages_named(project: Project, names: Sequence[str]) -> dict[str, int]:
    """Return ids of passages by name: their own ids, or `sha256:` and the digest of the text.

    Of several without an id and with one text, the first. Withdrawn passages are left out.
    """
    own = [name for name in names if not name.startswith("sha256:")]
    digests = [_digest(name) for name in names if name.startswith("sha256:")]
    rows = project.passages.filter(
        Q(external_id__in=own) | Q(external_id=None, text__digest__in=digests), withdrawn_at=None
    )
    found: dict[str, int] = {}
    for pk, name, digest in rows.order_by("pk").values_list("pk", "external_id", "text__digest"):
        found.setdefault(name or f"sha256:{bytes(digest).hex()}", pk)
    return found


def queries_stream(queries: QuerySet[Query]) -> Iterator[tuple[int, str]]:
    """Yield the id and the text of each query, by id."""
    yield from queries.order_by("pk").values_list("pk", "text").iterator(CHUNK)


def passages_stream(project: Project) -> Iterator[tuple[int, str]]:
    """Yield each wording of a passage once: the lowest id that has it, and what a system reads.

    That is the title, a line break and the text; the text alone where there is no title. In the
    order of ids; withdrawn passages are left out.
    """
    for key, title, text in _wordings(project):
        yield key, f"{title}\n{text}" if title else text


def passages_titled(project: Project) -> Iterator[tuple[str, str]]:
    """Yield title and text of each wording of a passage once, as `passages_stream` does."""
    for _, title, text in _wordings(project):
        yield title, text


def passages_keyed(project: Project) -> Iterator[tuple[str, str, str]]:
    """Yield name, title and text of each passage, by name; withdrawn ones are left out.

    The names are those of snapshots, and their order is that of their bytes, wherever this runs.
    """
    sql = f"""
        SELECT {PASSAGE_KEY} COLLATE "C" AS name, p.title, t.text
        FROM annotate_passage p JOIN annotate_text t ON t.id = p.text_id
        WHERE p.project_id = %s AND p.withdrawn_at IS NULL ORDER BY name, p.title, p.id
    """  # noqa: S608 - only constants are put in
    # Without a transaction around it: whoever writes the rows to a disk may be slow.
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [project.pk])
        while block := cursor.fetchmany(CHUNK):
            yield from block


def _wordings(project: Project) -> Iterator[tuple[int, str, str]]:
    rows = (
        project.passages.filter(withdrawn_at=None)
        .values("title", "text_id")
        .annotate(first=Min("pk"))
        .order_by("first")
        .values_list("first", "title", "text__text")
    )
    yield from rows.iterator(CHUNK)


def _digest(name: str) -> bytes:
    try:
        return bytes.fromhex(name.removeprefix("sha256:"))
    except ValueError:
        return b""
