"""Statements for the judgments of an export of ours: each a label of a source of its author's,
which keeps whether they were a person's or a decision.

They are staged in import_said, beside rows that carry the same pairs. A judgment that is one of
this very project says nothing new. Parameters are those of `resolving`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.db.backends.utils import CursorWrapper

from annotate.formats import RowError
from annotate.importing.errors import MOST

# Where the wording of a row is discarded its label is gone by now; what is left of the labels is
# taken from the rows, whose labels would be those of the import's own source.
_TAKE: Final = (
    "DELETE FROM import_said s USING import_row r WHERE r.n = s.n AND r.grade_id IS NULL",
    "UPDATE import_row r SET grade_id = NULL FROM import_said s WHERE s.n = r.n",
)
_SOURCES: Final = """
INSERT INTO annotate_source (project_id, name, description, voice)
SELECT DISTINCT %(project)s::bigint, author, '',
       CASE WHEN author LIKE '%% (adjudication)' THEN 'adjudication'
            WHEN author LIKE '%% (person)' THEN 'person' ELSE '' END
FROM import_said s WHERE NOT EXISTS (
    SELECT FROM annotate_judgment j WHERE j.id = s.judgment_id AND j.project_id = %(project)s
) ON CONFLICT (project_id, name) DO NOTHING
"""
_LABELS: Final = """
CREATE TEMP TABLE import_own ON COMMIT DROP AS
SELECT s.n, x.id AS source_id, c.id AS candidate_id, s.grade_id
FROM import_said s JOIN import_row r ON r.n = s.n
JOIN import_q q ON q.key = r.query JOIN import_p p ON p.key = r.passage
JOIN import_c c ON c.query_id = q.id AND c.passage_id = p.id
JOIN annotate_source x ON x.project_id = %(project)s AND x.name = s.author
WHERE NOT EXISTS (
    SELECT FROM annotate_judgment j WHERE j.id = s.judgment_id AND j.project_id = %(project)s
)
"""
_TWICE: Final = """
SELECT b.line, b.member, h.value, g.value, a.line
FROM (SELECT DISTINCT ON (source_id, candidate_id) * FROM import_own
      ORDER BY source_id, candidate_id, n) first
JOIN import_own other ON other.source_id = first.source_id
  AND other.candidate_id = first.candidate_id AND other.grade_id <> first.grade_id
JOIN import_row a ON a.n = first.n JOIN import_row b ON b.n = other.n
JOIN accounts_grade g ON g.id = first.grade_id JOIN accounts_grade h ON h.id = other.grade_id
ORDER BY 1 LIMIT %(most)s
"""
_OTHERWISE: Final = """
SELECT s.line, s.member, h.value, g.value
FROM import_own l JOIN annotate_judgment j ON j.candidate_id = l.candidate_id AND j.current
  AND j.kind = 'imported' AND j.source_id = l.source_id AND j.grade_id <> l.grade_id
JOIN import_row s ON s.n = l.n
JOIN accounts_grade g ON g.id = j.grade_id JOIN accounts_grade h ON h.id = l.grade_id
ORDER BY 1 LIMIT %(most)s
"""
_ONE_EACH: Final = """
DELETE FROM import_own l USING import_own k
WHERE k.candidate_id = l.candidate_id AND k.source_id = l.source_id
  AND CASE WHEN %(last)s THEN k.n > l.n ELSE k.n < l.n END
"""
_MADE: Final = """
CREATE TEMP TABLE import_own_made ON COMMIT DROP AS
SELECT l.n, l.candidate_id, l.source_id, l.grade_id, j.id AS replaces
FROM import_own l LEFT JOIN annotate_judgment j ON j.candidate_id = l.candidate_id AND j.current
  AND j.kind = 'imported' AND j.source_id = l.source_id
WHERE j.id IS NULL OR (%(last)s AND j.grade_id <> l.grade_id)
"""
_REPLACE: Final = """
UPDATE annotate_judgment j SET current = false FROM import_own_made m WHERE m.replaces = j.id
"""
_STORE: Final = """
INSERT INTO annotate_judgment
    (id, project_id, candidate_id, source_id, kind, action, grade_id, seconds, comment, flagged,
     evidence, passage_revision, query_revision, replaces_id, created_at)
SELECT gen_random_uuid(), %(project)s, m.candidate_id, m.source_id, 'imported', 'grade',
       m.grade_id, s.seconds, s.comment, s.flagged, s.evidence::jsonb, p.revision, q.revision,
       m.replaces, least(s.judged_at, statement_timestamp())
FROM import_own_made m JOIN import_said s ON s.n = m.n
JOIN import_c c ON c.id = m.candidate_id
JOIN import_p p ON p.id = c.passage_id JOIN import_q q ON q.id = c.query_id
"""
# Rows of several authors are one fact each by DISTINCT_ROWS, which knows pairs without authors.
_FURTHER: Final = """
SELECT CASE WHEN EXISTS (SELECT FROM import_said) THEN (
    SELECT count(DISTINCT (r.query, r.passage, s.author, s.grade_id))
           - count(DISTINCT (r.query, r.passage))
    FROM import_row r LEFT JOIN import_said s ON s.n = r.n
) ELSE 0 END
"""


def own_labels_take(cursor: CursorWrapper) -> None:
    """Keep the labels of people and sources apart from those of the import's own source."""
    for statement in _TAKE:
        cursor.execute(statement)


def own_labels_resolve(cursor: CursorWrapper, values: Mapping[str, Any]) -> None:
    """Find out, once candidates are known, which labels these are; make their sources."""
    cursor.execute(_SOURCES, values)
    cursor.execute(_LABELS, values)
    cursor.execute("ANALYZE import_own")


def own_labels_conflicts(cursor: CursorWrapper) -> Iterator[RowError]:
    """Yield what one author says twice in the file, or otherwise than in the project."""
    choice = "choose to keep the first or the last, or correct the file"
    cursor.execute(_TWICE, {"most": MOST})
    for line, member, grade, other, first in cursor.fetchall():
        message = f"its author labels this pair {grade} here and {other} at line {first}; {choice}"
        yield RowError(line, "label", message, member)
    cursor.execute(_OTHERWISE, {"most": MOST})
    for line, member, grade, other in cursor.fetchall():
        message = f"its author labels this pair {grade} here and {other} in the project; {choice}"
        yield RowError(line, "label", message, member)


def own_labels_store(
    cursor: CursorWrapper, values: Mapping[str, Any], created: dict[str, int]
) -> None:
    """Store what is new, and add to the counts per kind."""
    cursor.execute(_ONE_EACH, values)
    cursor.execute(_MADE, values)
    for kind, statement in (("judgments_replaced", _REPLACE), ("judgments", _STORE)):
        cursor.execute(statement, values)
        if cursor.rowcount:
            created[kind] = created.get(kind, 0) + cursor.rowcount


def own_labels_further(cursor: CursorWrapper) -> int:
    """Count the rows that say something of their own about a pair that another row has."""
    cursor.execute(_FURTHER)
    return int(cursor.fetchone()[0])
