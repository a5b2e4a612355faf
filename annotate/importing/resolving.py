"""Statements that find out what staged rows mean: identities, and the facts about each pair.

Parameters are named: `project`, `source` (its id or NULL), `last` (keep the last of two wordings or
labels instead of the first). Ids of what is new are drawn from the tables' sequences at once, so
that everything later is a plain join; and query by query in the file's order, by which PostgreSQL
sorts before it draws them, so that rows and index entries that are read together come to lie
together. Within a query they are in a random order: a file has the best on top, and who judges
blind must not learn ranks from ids, nor from lists in their order.
"""

from typing import Final

# One row per query: where its wording is, the query of the project that it is, and the number that
# its wording has once all is stored.
QUERIES: Final = """
CREATE TEMP TABLE import_q ON COMMIT DROP AS
WITH seen AS (
    SELECT key, min(n) AS n, count(*) AS times,
           CASE WHEN %(last)s THEN max(n) FILTER (WHERE text IS NOT NULL)
                ELSE min(n) FILTER (WHERE text IS NOT NULL) END AS text_n
    FROM import_query GROUP BY key
), worded AS (
    SELECT seen.*, first.external_id, first.digest AS named, chosen.digest
    FROM seen JOIN import_query first ON first.n = seen.n
    LEFT JOIN import_query chosen ON chosen.n = seen.text_n
), matched AS (
    SELECT w.*, e.id AS known, e.digest AS known_digest, e.revision AS known_revision
    FROM worded w LEFT JOIN annotate_query e
      ON e.project_id = %(project)s AND e.external_id = w.external_id
    WHERE w.external_id IS NOT NULL
    UNION ALL
    SELECT w.*, e.id, e.digest, e.revision
    FROM worded w LEFT JOIN annotate_query e
      ON e.project_id = %(project)s AND e.external_id IS NULL AND e.digest = w.named
    WHERE w.external_id IS NULL
)
SELECT key, n, times, text_n, external_id, digest,
       COALESCE(known, nextval((
           SELECT pg_get_serial_sequence('annotate_query', 'id')::regclass))) AS id,
       known IS NULL AS is_new,
       changed, COALESCE(known_revision, 1) + (changed AND %(last)s)::integer AS revision
FROM (SELECT *, COALESCE(known_digest <> digest, false) AS changed FROM matched) compared
ORDER BY n
"""

# One row per passage, by the query that first has it and then by chance: the key is a digest. An
# empty title says nothing about the title.
PASSAGES: Final = """
CREATE TEMP TABLE import_p ON COMMIT DROP AS
WITH seen AS (
    SELECT key, min(n) AS n, count(*) AS times,
           CASE WHEN %(last)s THEN max(n) FILTER (WHERE text IS NOT NULL)
                ELSE min(n) FILTER (WHERE text IS NOT NULL) END AS text_n,
           CASE WHEN %(last)s THEN max(n) FILTER (WHERE title <> '')
                ELSE min(n) FILTER (WHERE title <> '') END AS title_n
    FROM import_passage GROUP BY key
), worded AS (
    SELECT seen.*, first.external_id, first.digest AS named, chosen.digest,
           COALESCE(titled.title, '') AS title
    FROM seen JOIN import_passage first ON first.n = seen.n
    LEFT JOIN import_passage chosen ON chosen.n = seen.text_n
    LEFT JOIN import_passage titled ON titled.n = seen.title_n
), matched AS (
    SELECT w.*, e.id AS known, e.title AS known_title, x.digest AS known_digest,
           e.revision AS known_revision
    FROM worded w LEFT JOIN annotate_passage e
      ON e.project_id = %(project)s AND e.external_id = w.external_id
    LEFT JOIN annotate_text x ON x.id = e.text_id
    WHERE w.external_id IS NOT NULL
    UNION ALL
    SELECT w.*, e.id, e.title, x.digest, e.revision
    FROM worded w
    LEFT JOIN annotate_text x ON x.project_id = %(project)s AND x.digest = w.named
    LEFT JOIN annotate_passage e
      ON e.project_id = %(project)s AND e.external_id IS NULL AND e.text_id = x.id
    WHERE w.external_id IS NULL
)
SELECT compared.key, compared.n, compared.times, compared.text_n, title_n, compared.external_id,
       compared.digest, title,
       COALESCE(known, nextval((
           SELECT pg_get_serial_sequence('annotate_passage', 'id')::regclass))) AS id,
       known IS NULL AS is_new, compared.changed,
       COALESCE(known_revision, 1) + (compared.changed AND %(last)s)::integer AS revision
FROM (
    SELECT *, COALESCE(known_digest <> digest, false)
           OR COALESCE(title <> '' AND known_title <> title, false) AS changed
    FROM matched
) compared
LEFT JOIN import_row r ON r.n = compared.n LEFT JOIN import_q q ON q.key = r.query
ORDER BY COALESCE(q.n, 0), compared.key
"""

# Where one of several wordings is kept, a label of another would come to stand on a text that
# nobody judged. Per wording in the file: whether it is discarded. A reference means the wording
# that the file gives first (with `last`: last), else the one in the project.
LABELS_OF_DISCARDED: Final = """
WITH query_said AS (
    SELECT s.n, s.key, CASE
        WHEN s.text IS NULL THEN q.changed AND NOT %(last)s
        ELSE s.digest <> CASE WHEN %(last)s THEN q.digest ELSE COALESCE(e.digest, q.digest) END
    END AS discarded
    FROM import_q q JOIN import_query s ON s.key = q.key
    LEFT JOIN annotate_query e ON e.id = q.id
    WHERE q.changed OR q.times > 1
), passage_said AS (
    SELECT s.n, s.key, CASE
        WHEN s.text IS NULL AND s.title = '' THEN p.changed AND NOT %(last)s
        WHEN %(last)s THEN (s.text IS NOT NULL AND s.digest <> p.digest)
            OR (s.title <> '' AND s.title <> p.title)
        ELSE (s.text IS NOT NULL AND s.digest <> COALESCE(x.digest, p.digest))
            OR (s.title <> '' AND s.title <> COALESCE(e.title, p.title))
    END AS discarded
    FROM import_p p JOIN import_passage s ON s.key = p.key
    LEFT JOIN annotate_passage e ON e.id = p.id LEFT JOIN annotate_text x ON x.id = e.text_id
    WHERE p.changed OR p.times > 1
), discarded AS (
    SELECT at.n FROM (
        SELECT r.n, max(w.n) OVER (PARTITION BY r.query ORDER BY r.n) AS said_n
        FROM import_row r LEFT JOIN query_said w ON w.n = r.n
        WHERE r.query IN (SELECT key FROM query_said WHERE discarded)
    ) at JOIN query_said w ON w.n = at.said_n AND w.discarded
    UNION
    SELECT at.n FROM (
        SELECT r.n, max(w.n) OVER (PARTITION BY r.passage ORDER BY r.n) AS said_n
        FROM import_row r LEFT JOIN passage_said w ON w.n = r.n
        WHERE r.passage IN (SELECT key FROM passage_said WHERE discarded)
    ) at JOIN passage_said w ON w.n = at.said_n AND w.discarded
)
UPDATE import_row r SET grade_id = NULL FROM discarded d
WHERE r.n = d.n AND r.grade_id IS NOT NULL
"""

# What the rows say about pairs, each once; an exact repeat is gone from here on.
FACTS: Final = """
CREATE TEMP TABLE import_fact ON COMMIT DROP AS
SELECT q.id AS query_id, p.id AS passage_id, said.grade_id, said.run, said.rank, said.score,
       said.n, said.last_n
FROM (
    SELECT query, passage, grade_id, run, rank, score, min(n) AS n, max(n) AS last_n
    FROM import_row WHERE query IS NOT NULL AND passage IS NOT NULL
    GROUP BY query, passage, grade_id, run, rank, score
) said JOIN import_q q ON q.key = said.query JOIN import_p p ON p.key = said.passage
"""

CANDIDATES: Final = """
CREATE TEMP TABLE import_c ON COMMIT DROP AS
SELECT f.query_id, f.passage_id, f.n, e.id IS NULL AS is_new,
       COALESCE(e.id, nextval((
           SELECT pg_get_serial_sequence('annotate_candidate', 'id')::regclass))) AS id
FROM (
    SELECT query_id, passage_id, min(n) AS n FROM import_fact GROUP BY query_id, passage_id
) f LEFT JOIN annotate_candidate e ON e.query_id = f.query_id AND e.passage_id = f.passage_id
ORDER BY f.query_id, hashint8extended(f.passage_id, 0)
"""

LABELS: Final = """
CREATE TEMP TABLE import_label ON COMMIT DROP AS
SELECT c.id AS candidate_id, c.passage_id, f.grade_id, min(f.n) AS n, max(f.last_n) AS last_n
FROM import_fact f JOIN import_c c ON c.query_id = f.query_id AND c.passage_id = f.passage_id
WHERE f.grade_id IS NOT NULL GROUP BY c.id, c.passage_id, f.grade_id
"""

RUNS: Final = """
CREATE TEMP TABLE import_run ON COMMIT DROP AS
SELECT said.name, said.n, e.id IS NULL AS is_new,
       COALESCE(e.id, nextval((
           SELECT pg_get_serial_sequence('annotate_run', 'id')::regclass))) AS id
FROM (SELECT run AS name, min(n) AS n FROM import_fact WHERE run IS NOT NULL GROUP BY run) said
LEFT JOIN annotate_run e ON e.project_id = %(project)s AND e.name = said.name
"""

PROPOSALS: Final = """
CREATE TEMP TABLE import_proposal ON COMMIT DROP AS
SELECT c.id AS candidate_id, r.id AS run_id, f.rank, f.score, min(f.n) AS n,
       max(f.last_n) AS last_n
FROM import_fact f JOIN import_c c ON c.query_id = f.query_id AND c.passage_id = f.passage_id
JOIN import_run r ON r.name = f.run
GROUP BY c.id, r.id, f.rank, f.score
"""

# What the file itself says twice, resolved to the first or the last.
ONE_LABEL: Final = """
DELETE FROM import_label l USING import_label k
WHERE k.candidate_id = l.candidate_id AND k.grade_id <> l.grade_id
  AND CASE WHEN %(last)s THEN k.last_n > l.last_n ELSE k.n < l.n END
"""
ONE_PROPOSAL: Final = """
DELETE FROM import_proposal l USING import_proposal k
WHERE k.candidate_id = l.candidate_id AND k.run_id = l.run_id
  AND (k.rank, k.score) IS DISTINCT FROM (l.rank, l.score)
  AND CASE WHEN %(last)s THEN k.last_n > l.last_n ELSE k.n < l.n END
"""

# (kind counted, statement), once queries and passages are known.
DISCARDS: Final = (("labels_of_discarded_wordings", LABELS_OF_DISCARDED),)

# (statement, table to analyse) in order.
STEPS: Final = (
    (QUERIES, "import_q"),
    (PASSAGES, "import_p"),
    (FACTS, "import_fact"),
    (CANDIDATES, "import_c"),
    (LABELS, "import_label"),
    (RUNS, "import_run"),
    (PROPOSALS, "import_proposal"),
)
