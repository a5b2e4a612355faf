"""Statements that find what is wrong with staged rows, with the lines of both sides."""

from collections.abc import Iterator
from typing import Final

from django.db.backends.utils import CursorWrapper

from annotate.formats import RowError
from annotate.importing.errors import MOST
from annotate.models.texts import digest_name

# Rows by id alone, or by a digest in its place, whose query or passage nobody has given.
_UNKNOWN: Final = """
SELECT s.line, s.member, 'query_id', q.external_id, f.digest, 'query' FROM import_q q
JOIN import_row s ON s.n = q.n JOIN import_query f ON f.n = q.n
WHERE q.is_new AND q.digest IS NULL
UNION ALL
SELECT s.line, s.member, 'passage_id', p.external_id, f.digest, 'passage' FROM import_p p
JOIN import_row s ON s.n = p.n JOIN import_passage f ON f.n = p.n
WHERE p.is_new AND p.digest IS NULL
ORDER BY 1 LIMIT %(most)s
"""

# Another wording in the same file: the place of the first, the place of the other.
_WORDED_TWICE: Final = """
SELECT b.line, b.member, 'query', q.external_id, a.line, a.member
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
ORDER BY 1 LIMIT %(most)s
"""

_WORDED_OTHERWISE: Final = """
SELECT s.line, s.member, 'query', q.external_id
FROM import_q q JOIN import_row s ON s.n = q.text_n WHERE q.changed
UNION ALL
SELECT s.line, s.member,
       CASE WHEN x.digest IS DISTINCT FROM COALESCE(p.digest, x.digest)
            THEN 'passage' ELSE 'title' END, p.external_id
FROM import_p p JOIN annotate_passage e ON e.id = p.id JOIN annotate_text x ON x.id = e.text_id
JOIN import_row s ON s.n = COALESCE(p.text_n, p.title_n)
WHERE p.changed
ORDER BY 1 LIMIT %(most)s
"""

_LABELLED_TWICE: Final = """
WITH twice AS (
    SELECT candidate_id, min(n) AS n FROM import_label GROUP BY candidate_id HAVING count(*) > 1
)
SELECT b.line, b.member, h.value, g.value, a.line, a.member
FROM twice t JOIN import_label first ON first.n = t.n AND first.candidate_id = t.candidate_id
JOIN import_label other ON other.candidate_id = t.candidate_id AND other.n <> t.n
JOIN import_row a ON a.n = first.n JOIN import_row b ON b.n = other.n
JOIN accounts_grade g ON g.id = first.grade_id JOIN accounts_grade h ON h.id = other.grade_id
ORDER BY 1 LIMIT %(most)s
"""

_LABELLED_OTHERWISE: Final = """
SELECT s.line, s.member, h.value, g.value
FROM import_label l JOIN annotate_judgment j ON j.candidate_id = l.candidate_id
  AND j.current AND j.kind = 'imported' AND j.source_id = %(source)s AND j.grade_id <> l.grade_id
JOIN import_row s ON s.n = l.n
JOIN accounts_grade g ON g.id = j.grade_id JOIN accounts_grade h ON h.id = l.grade_id
ORDER BY 1 LIMIT %(most)s
"""

_RANKED_TWICE: Final = """
WITH twice AS (
    SELECT candidate_id, run_id, min(n) AS n
    FROM import_proposal GROUP BY candidate_id, run_id HAVING count(*) > 1
)
SELECT b.line, b.member, CASE WHEN other.rank IS DISTINCT FROM first.rank
       THEN 'rank' ELSE 'score' END, r.name, a.line, a.member
FROM twice t
JOIN import_proposal first
  ON first.n = t.n AND first.candidate_id = t.candidate_id AND first.run_id = t.run_id
JOIN import_proposal other
  ON other.candidate_id = t.candidate_id AND other.run_id = t.run_id AND other.n <> t.n
JOIN import_run r ON r.id = t.run_id
JOIN import_row a ON a.n = first.n JOIN import_row b ON b.n = other.n
ORDER BY 1 LIMIT %(most)s
"""

_RANKED_OTHERWISE: Final = """
SELECT s.line, s.member, CASE WHEN e.rank IS DISTINCT FROM l.rank
       THEN 'rank' ELSE 'score' END, r.name
FROM import_proposal l JOIN import_run r ON r.id = l.run_id
JOIN annotate_proposal e ON e.candidate_id = l.candidate_id AND e.run_id = l.run_id
  AND (e.rank, e.score) IS DISTINCT FROM (l.rank, l.score)
JOIN import_row s ON s.n = l.n
ORDER BY 1 LIMIT %(most)s
"""

_CHOICE: Final = "choose to keep the first or the last, or correct the file"


def unknown_references(cursor: CursorWrapper) -> Iterator[RowError]:
    """Yield rows that refer by id to a query or passage that is nowhere."""
    cursor.execute(_UNKNOWN, {"most": MOST})
    for line, member, field, external_id, digest, noun in cursor.fetchall():
        name = external_id or digest_name(digest)
        message = f"there is no {noun} “{_cut(name)}” in this project or in this file"
        yield RowError(line, field, message, member)


def conflicts(cursor: CursorWrapper, source_id: int | None) -> Iterator[RowError]:
    """Yield what contradicts itself in the file, or what is in the project already."""
    limits = {"most": MOST, "source": source_id}
    cursor.execute(_WORDED_TWICE, limits)
    for line, member, field, name, first, place in cursor.fetchall():
        where = _place(first, place, member)
        yield RowError(
            line,
            field,
            f"{_known(field, name)} has another {_noun(field)} at {where}; {_CHOICE}",
            member,
        )
    cursor.execute(_WORDED_OTHERWISE, limits)
    for line, member, field, name in cursor.fetchall():
        message = f"{_known(field, name)} is in the project with another {_noun(field)}; {_CHOICE}"
        yield RowError(line, field, message, member)
    cursor.execute(_LABELLED_TWICE, limits)
    for line, member, grade, other, first, place in cursor.fetchall():
        where = _place(first, place, member)
        message = f"this pair is labelled {grade} here and {other} at {where}; {_CHOICE}"
        yield RowError(line, "label", message, member)
    cursor.execute(_LABELLED_OTHERWISE, limits)
    for line, member, grade, other in cursor.fetchall():
        message = f"this pair is labelled {grade} here and {other} by this source in the project"
        yield RowError(line, "label", f"{message}; {_CHOICE}", member)
    cursor.execute(_RANKED_TWICE, limits)
    for line, member, field, run, first, place in cursor.fetchall():
        where = _place(first, place, member)
        message = f"run “{_cut(run)}” has this pair with another {field} at {where}; {_CHOICE}"
        yield RowError(line, field, message, member)
    cursor.execute(_RANKED_OTHERWISE, limits)
    for line, member, field, run in cursor.fetchall():
        message = f"run “{_cut(run)}” is in the project with another {field} for this pair"
        yield RowError(line, field, f"{message}; {_CHOICE}", member)


def _known(field: str, name: str | None) -> str:
    kind = "query" if field == "query" else "passage"
    return f"the {kind} of this text" if name is None else f"{kind} “{_cut(name)}”"


def _noun(field: str) -> str:
    return "title" if field == "title" else "text"


def _place(line: int, place: str | None, member: str | None) -> str:
    return f"line {line}" if place == member else f"line {line} of {place}"


def _cut(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:79]}…"
