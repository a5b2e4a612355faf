"""Statements that store what staged rows bring: new things, then what `last` replaces."""

from typing import Final

# A changed passage keeps its old wording as a revision, and judgments on that become history.
_TEXTS: Final = """
INSERT INTO annotate_text (project_id, digest, text)
SELECT %(project)s, s.digest, s.text
FROM import_p p JOIN import_passage s ON s.n = p.text_n
WHERE p.is_new OR (p.changed AND %(last)s)
ON CONFLICT (project_id, digest) DO NOTHING
"""
_QUERIES: Final = """
INSERT INTO annotate_query (id, project_id, external_id, text, digest, metadata)
SELECT q.id, %(project)s, q.external_id, s.text, s.digest, COALESCE(s.metadata, '{}')::jsonb
FROM import_q q JOIN import_query s ON s.n = q.text_n WHERE q.is_new
"""
_PASSAGES: Final = """
INSERT INTO annotate_passage (id, project_id, external_id, title, text_id, metadata)
SELECT p.id, %(project)s, p.external_id, p.title, x.id, COALESCE(s.metadata, '{}')::jsonb
FROM import_p p JOIN import_passage s ON s.n = p.text_n
JOIN annotate_text x ON x.project_id = %(project)s AND x.digest = p.digest
WHERE p.is_new
"""
_CANDIDATES: Final = """
INSERT INTO annotate_candidate (id, project_id, query_id, passage_id, position, metadata)
SELECT c.id, %(project)s, c.query_id, c.passage_id, s.position,
       COALESCE(s.metadata, '{}')::jsonb
FROM import_c c JOIN import_row s ON s.n = c.n WHERE c.is_new
"""
_RUNS: Final = """
INSERT INTO annotate_run (id, project_id, name)
SELECT id, %(project)s, name FROM import_run WHERE is_new
"""
_PROPOSALS: Final = """
INSERT INTO annotate_proposal (run_id, candidate_id, rank, score)
SELECT run_id, candidate_id, rank, score FROM import_ranked
"""
# The ids are of version 7 (RFC 9562): `stamp` is the time, then comes a counter of blocks of rows,
# then chance. Ids of chance alone would touch all of a large index.
_JUDGMENTS: Final = """
INSERT INTO annotate_judgment
    (id, project_id, candidate_id, source_id, kind, action, grade_id, evidence,
     passage_revision, query_revision, replaces_id)
SELECT (%(stamp)s || lpad(to_hex((m.n >> 12) & 4095), 3, '0')
        || substr(gen_random_uuid()::text, 19))::uuid,
       %(project)s, m.candidate_id, %(source)s, 'imported', 'grade', m.grade_id,
       '[]'::jsonb, p.revision, q.revision, m.replaces
FROM import_made m JOIN import_c c ON c.id = m.candidate_id
JOIN import_p p ON p.id = c.passage_id JOIN import_q q ON q.id = c.query_id
"""

# Labels that become judgments, and the judgment that each replaces.
MADE: Final = """
CREATE TEMP TABLE import_made ON COMMIT DROP AS
SELECT l.n, l.candidate_id, l.passage_id, l.grade_id, j.id AS replaces FROM import_label l
LEFT JOIN annotate_judgment j ON j.candidate_id = l.candidate_id AND j.current
  AND j.kind = 'imported' AND j.source_id = %(source)s
WHERE j.id IS NULL OR (%(last)s AND j.grade_id <> l.grade_id)
"""

# Ranks and scores in runs that the project has none of.
RANKED: Final = """
CREATE TEMP TABLE import_ranked ON COMMIT DROP AS
SELECT l.* FROM import_proposal l
LEFT JOIN annotate_proposal e ON e.candidate_id = l.candidate_id AND e.run_id = l.run_id
WHERE e.id IS NULL
"""

# In order: (kind counted, statement).
INSERTS: Final = (
    ("texts", _TEXTS),
    ("queries", _QUERIES),
    ("passages", _PASSAGES),
    ("candidates", _CANDIDATES),
    ("runs", _RUNS),
    ("proposals", _PROPOSALS),
    ("judgments", _JUDGMENTS),
)

# Only with `last`, after CHANGED and before MADE: (kind counted, statement).
CHANGES: Final = (
    ("texts", _TEXTS),
    (
        "",
        """
        INSERT INTO annotate_queryrevision (query_id, number, text)
        SELECT e.id, e.revision, e.text
        FROM import_q q JOIN annotate_query e ON e.id = q.id WHERE q.changed
        """,
    ),
    (
        "queries_changed",
        """
        UPDATE annotate_query e SET text = s.text, digest = s.digest, revision = e.revision + 1
        FROM import_q q JOIN import_query s ON s.n = q.text_n WHERE q.changed AND e.id = q.id
        """,
    ),
    (
        "",
        """
        INSERT INTO annotate_passagerevision (passage_id, number, title, text_id)
        SELECT e.id, e.revision, e.title, e.text_id
        FROM import_p p JOIN annotate_passage e ON e.id = p.id WHERE p.changed
        """,
    ),
    (
        "passages_changed",
        """
        UPDATE annotate_passage e
        SET text_id = COALESCE(x.id, e.text_id), revision = e.revision + 1,
            title = CASE WHEN p.title <> '' THEN p.title ELSE e.title END
        FROM import_p p LEFT JOIN annotate_text x
          ON x.project_id = %(project)s AND x.digest = p.digest
        WHERE p.changed AND e.id = p.id
        """,
    ),
    # Answers to these candidates that are under way end first, so that they are retired, too; those
    # that come later wait, and find the new wording. The order of locks is that of judging.
    ("", "SELECT annotate_overlap_of(%(project)s)"),
    (
        "",
        """
        SELECT count(*) FROM (
            SELECT FROM annotate_candidate c
            WHERE c.passage_id IN (SELECT id FROM import_p WHERE changed)
               OR c.query_id IN (SELECT id FROM import_q WHERE changed)
            ORDER BY c.id FOR NO KEY UPDATE
        ) held
        """,
    ),
    (
        "judgments_retired",
        """
        UPDATE annotate_judgment j SET current = false FROM annotate_candidate c
        WHERE j.candidate_id = c.id AND j.current AND (
            c.passage_id IN (SELECT id FROM import_p WHERE changed)
            OR c.query_id IN (SELECT id FROM import_q WHERE changed)
        )
        """,
    ),
    (
        "",
        """
        SELECT annotate_preferences_retire(ARRAY(SELECT id FROM import_q WHERE changed),
                                           ARRAY(SELECT id FROM import_p WHERE changed))
        """,
    ),
)
# Only with `last`, after MADE and before the inserts.
REPLACEMENTS: Final = (
    (
        "judgments_replaced",
        """
        UPDATE annotate_judgment j SET current = false FROM import_made m
        WHERE m.replaces = j.id
        """,
    ),
    (
        "proposals_changed",
        """
        UPDATE annotate_proposal e SET rank = l.rank, score = l.score FROM import_proposal l
        WHERE e.candidate_id = l.candidate_id AND e.run_id = l.run_id
          AND (e.rank, e.score) IS DISTINCT FROM (l.rank, l.score)
        """,
    ),
)
# Rows that changed something under `last`, which count as created, too.
CHANGED: Final = """
CREATE TEMP TABLE import_changed ON COMMIT DROP AS
SELECT text_n AS n FROM import_q WHERE changed AND %(last)s
UNION ALL
SELECT COALESCE(text_n, title_n) FROM import_p WHERE changed AND %(last)s
UNION ALL
SELECT l.n FROM import_proposal l JOIN annotate_proposal e
  ON e.candidate_id = l.candidate_id AND e.run_id = l.run_id
WHERE %(last)s AND (e.rank, e.score) IS DISTINCT FROM (l.rank, l.score)
"""
# Rows that brought anything new, each once.
CREATED_ROWS: Final = """
SELECT count(*) FROM (
    SELECT text_n AS n FROM import_q WHERE is_new
    UNION SELECT text_n FROM import_p WHERE is_new
    UNION SELECT n FROM import_c WHERE is_new
    UNION SELECT n FROM import_run WHERE is_new
    UNION SELECT n FROM import_ranked
    UNION SELECT n FROM import_made
    UNION SELECT n FROM import_own_made
    UNION SELECT n FROM import_changed
) brought
"""
DISTINCT_ROWS: Final = """
SELECT (SELECT count(*) FROM import_fact) + (
    SELECT count(*) FROM (
        SELECT DISTINCT query, passage, wording FROM import_row
        WHERE query IS NULL OR passage IS NULL
    ) alone
)
"""
