"""Rows of a project as bytes that PostgreSQL itself formats: COPY, in ranges of ids.

One range after another gives an order by an index, so that the first rows wait for no sort of all;
ranges begin small and grow until reading whole tables for each costs less than looking rows up. All
of them see the database as it was at the first.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Project

# A statement of one column whose values hold no control characters comes out as it is, line by
# line: nothing is ever quoted or escaped.
LINES: Final = r"(FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')"
CSV: Final = "(FORMAT csv)"
_FIRST_IDS: Final = 16
_ROWS: Final = 200_000
_BYTES: Final = 128 << 20
_GROWTH: Final = 4.0
BLOCK: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Copied:
    """A SELECT of the rows of `table` whose ids lie from %(low)s to %(high)s, and how to write it.

    It knows %(project)s as well, and `parameters`.
    """

    table: str
    select: str
    form: str = LINES
    parameters: Mapping[str, Any] = field(default_factory=dict)


@contextmanager
def one_moment() -> Iterator[CursorWrapper]:
    """Open a transaction that reads the database as it is now, however long that takes.

    Inside a transaction of the caller's, that one's isolation holds.
    """
    begins = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if begins:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL timezone = UTC")
        yield cursor


def copied(
    cursor: CursorWrapper,
    project: Project,
    wanted: Copied,
    *,
    block: int = BLOCK,
) -> Iterator[bytes]:
    """Yield whole lines in blocks of about `block` bytes, at the latest after each range."""
    low, last = _span(cursor, project, wanted.table)
    width = _FIRST_IDS
    while low <= last:
        held: list[bytes] = []
        rows = total = size = 0
        parameters = {"project": project.pk, "low": low, "high": low + width - 1}
        with cursor.copy(
            f"COPY ({wanted.select}) TO STDOUT {wanted.form}",
            {**parameters, **wanted.parameters},
        ) as lines:
            for line in lines:
                held.append(line)
                rows += 1
                size += len(line)
                if size >= block:
                    yield b"".join(held)
                    total += size
                    held, size = [], 0
        if held:
            yield b"".join(held)
        low += width
        fits = min(_ROWS / max(rows, 1), _BYTES / max(total + size, 1))
        width = max(1, int(width * min(_GROWTH, fits)))


def _span(cursor: CursorWrapper, project: Project, table: str) -> tuple[int, int]:
    """The first and the last id of the project's rows; the last is lower where there are none."""
    sql = f"SELECT min(id), max(id) FROM {table} WHERE project_id = %s"  # noqa: S608 - ours
    cursor.execute(sql, [project.pk])
    low, last = cursor.fetchone()
    return (low, last) if low is not None else (1, 0)
