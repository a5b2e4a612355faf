"""Statements that find what is wrong with staged rows, with the lines of both sides."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from annotate.formats import RowError
from annotate.importing.errors import MOST
from annotate.models.texts import digest_name

# Rows by id alone, or by a digest in its place, whose query or passage nobody has given.
_UNKNOWN: Final = """
SELECT s.line, s.member, 'query_id' AS a, q.external_id AS b, f.digest AS c, 'query' AS d
FROM import_q q
JOIN import_row s ON s.n = q.n JOIN import_query f ON f.n = q.n
WHERE q.is_new AND q.digest IS NULL
UNION ALL
SELECT s.line, s.member, 'passage_id', p.external_id, f.digest, 'passage' FROM import_p p
JOIN import_row s ON s.n = p.n JOIN import_passage f ON f.n = p.n
WHERE p.is_new AND p.digest IS NULL
"""

# Another wording in the same file: the place of the first, the place of the other.
_WORDED_TWICE: Final = """
SELECT b.line, b.member, 'query' AS a, q.external_id AS b, a.line AS c, a.member AS d
FROM import_q q JOIN import_query s ON s.key = q.key AND s.digest <> q.digest
JOIN import_row a ON a.n = q.text_n JOIN import_row b ON b.n = s.n
WHERE q.times > 1
UNION ALL
SELECT b.line, b.member, 'passage', p.external_id, a.line, a.member
FROM import_p p JOIN import_passage s ON s.key = p.key AND s.digest <> p.digest
JOIN import_row a ON a.n = p.text_n JOIN import_row b ON b.n = s.n
WHERE p.times > 1
UNION ALL
SELECT b.line, b.member, 'title', p.external_id, a.line, a.member
FROM import_p p JOIN import_passage s ON s.key = p.key AND s.title <> p.title AND s.title <> ''
JOIN import_row a ON a.n = p.title_n JOIN import_row b ON b.n = s.n
WHERE p.times > 1
"""

_WORDED_OTHERWISE: Final = """
SELECT s.line, s.member, 'query' AS a, q.external_id AS b
FROM import_q q JOIN import_row s ON s.n = q.text_n WHERE q.changed
UNION ALL
SELECT s.line, s.member,
       CASE WHEN x.digest IS DISTINCT FROM COALESCE(p.digest, x.digest)
            THEN 'passage' ELSE 'title' END, p.external_id
FROM import_p p JOIN annotate_passage e ON e.id = p.id JOIN annotate_text x ON x.id = e.text_id
JOIN import_row s ON s.n = COALESCE(p.text_n, p.title_n)
WHERE p.changed
"""

_LABELLED_TWICE: Final = """
WITH twice AS (
    SELECT candidate_id, min(n) AS n FROM import_label GROUP BY candidate_id HAVING count(*) > 1
)
SELECT b.line, b.member, h.value AS a, g.value AS b, a.line AS c, a.member AS d
FROM twice t JOIN import_label first ON first.n = t.n AND first.candidate_id = t.candidate_id
JOIN import_label other ON other.candidate_id = t.candidate_id AND other.n <> t.n
JOIN import_row a ON a.n = first.n JOIN import_row b ON b.n = other.n
JOIN accounts_grade g ON g.id = first.grade_id JOIN accounts_grade h ON h.id = other.grade_id
"""

_LABELLED_OTHERWISE: Final = """
SELECT s.line, s.member, h.value AS a, g.value AS b
FROM import_label l JOIN annotate_judgment j ON j.candidate_id = l.candidate_id AND j.current
  AND j.kind = 'imported' AND j.source_id = %(source)s AND j.grade_id <> l.grade_id
JOIN import_row s ON s.n = l.n
JOIN accounts_grade g ON g.id = j.grade_id JOIN accounts_grade h ON h.id = l.grade_id
"""

_RANKED_TWICE: Final = """
WITH twice AS (
    SELECT candidate_id, run_id, min(n) AS n
    FROM import_proposal GROUP BY candidate_id, run_id HAVING count(*) > 1
)
SELECT b.line, b.member, CASE WHEN other.rank IS DISTINCT FROM first.rank
       THEN 'rank' ELSE 'score' END AS a, r.name AS b, a.line AS c, a.member AS d
FROM twice t
JOIN import_proposal first
  ON first.n = t.n AND first.candidate_id = t.candidate_id AND first.run_id = t.run_id
JOIN import_proposal other
  ON other.candidate_id = t.candidate_id AND other.run_id = t.run_id AND other.n <> t.n
JOIN import_run r ON r.id = t.run_id
JOIN import_row a ON a.n = first.n JOIN import_row b ON b.n = other.n
"""

_RANKED_OTHERWISE: Final = """
SELECT s.line, s.member, CASE WHEN e.rank IS DISTINCT FROM l.rank
       THEN 'rank' ELSE 'score' END AS a, r.name AS b
FROM import_proposal l JOIN import_run r ON r.id = l.run_id
JOIN annotate_proposal e ON e.candidate_id = l.candidate_id AND e.run_id = l.run_id
  AND (e.rank, e.score) IS DISTINCT FROM (l.rank, l.score)
JOIN import_row s ON s.n = l.n
"""

# The count is of all that a statement finds, beside each of the first.
_FIRST: Final = """
SELECT *, count(*) OVER () FROM (<found>) found ORDER BY 1 LIMIT %(most)s
"""
_CHOICE: Final = "choose to keep the first or the last, or correct the file"

Found = tuple[list[RowError], int]


def unknown_references(cursor: CursorWrapper) -> Found:
    """Return rows that refer by id to what is nowhere: the first, and how many there are."""
    return _found(cursor, ((_UNKNOWN, _unknown),), {})


def conflicts(cursor: CursorWrapper, source_id: int | None) -> Found:
    """Return what contradicts itself in the file, or what is in the project already.

    The first of each kind, and how many there are.
    """
    return _found(cursor, _KINDS, {"source": source_id})


def _found(
    cursor: CursorWrapper,
    kinds: Iterable[tuple[str, Callable[..., RowError]]],
    values: Mapping[str, Any],
) -> Found:
    errors: list[RowError] = []
    total = 0
    for statement, told in kinds:
        cursor.execute(_FIRST.replace("<found>", statement), {**values, "most": MOST})
        rows = cursor.fetchall()
        total += rows[0][-1] if rows else 0
        errors += [told(*row[:-1]) for row in rows]
    return sorted(errors, key=lambda error: error.line)[:MOST], total


def _unknown(
    line: int, member: str | None, field: str, external_id: str | None, digest: bytes, noun: str
) -> RowError:
    name = external_id or digest_name(digest)
    message = f"there is no {noun} “{_cut(name)}” in this project or in this file"
    return RowError(line, field, message, member)


def _worded_twice(
    line: int, member: str | None, field: str, name: str | None, first: int, place: str | None
) -> RowError:
    where = _place(first, place, member)
    message = f"{_known(field, name)} has another {_noun(field)} at {where}; {_CHOICE}"
    return RowError(line, field, message, member)


def _worded_otherwise(line: int, member: str | None, field: str, name: str | None) -> RowError:
    message = f"{_known(field, name)} is in the project with another {_noun(field)}; {_CHOICE}"
    return RowError(line, field, message, member)


def _labelled_twice(
    line: int, member: str | None, grade: float, other: float, first: int, place: str | None
) -> RowError:
    where = _place(first, place, member)
    message = f"this pair is labelled {grade} here and {other} at {where}; {_CHOICE}"
    return RowError(line, "label", message, member)


def _labelled_otherwise(line: int, member: str | None, grade: float, other: float) -> RowError:
    message = f"this pair is labelled {grade} here and {other} by this source in the project"
    return RowError(line, "label", f"{message}; {_CHOICE}", member)


def _ranked_twice(
    line: int, member: str | None, field: str, run: str, first: int, place: str | None
) -> RowError:
    where = _place(first, place, member)
    message = f"run “{_cut(run)}” has this pair with another {field} at {where}; {_CHOICE}"
    return RowError(line, field, message, member)


def _ranked_otherwise(line: int, member: str | None, field: str, run: str) -> RowError:
    message = f"run “{_cut(run)}” is in the project with another {field} for this pair"
    return RowError(line, field, f"{message}; {_CHOICE}", member)


_KINDS: Final = (
    (_WORDED_TWICE, _worded_twice),
    (_WORDED_OTHERWISE, _worded_otherwise),
    (_LABELLED_TWICE, _labelled_twice),
    (_LABELLED_OTHERWISE, _labelled_otherwise),
    (_RANKED_TWICE, _ranked_twice),
    (_RANKED_OTHERWISE, _ranked_otherwise),
)


def _known(field: str, name: str | None) -> str:
    kind = "query" if field == "query" else "passage"
    return f"the {kind} of this text" if name is None else f"{kind} “{_cut(name)}”"


def _noun(field: str) -> str:
    return "title" if field == "title" else "text"


def _place(line: int, place: str | None, member: str | None) -> str:
    return f"line {line}" if place == member else f"line {line} of {place}"


def _cut(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:79]}…"
