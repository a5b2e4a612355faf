"""The statements of an erasure: which rows carry a text, and what becomes of them.

What is erased stays as a row without content, since judgments refer to it: who judged how much, and
when, is no secret that lies in the text. Its new id is a random one. Whatever tells something of
the text goes: wordings, titles, ids, what imports said besides, places that evidence points to, and
the place in the queue, which was made from a digest of the text.
"""

from typing import Any, Final

# The query or passage itself, and every other one that holds one of its wordings now: in corpora of
# questions a query is a passage, too. Titles are looked at where the wording is more than a word:
# one word is nobody's. Parameters everywhere: project, query or passage (the other is null), at,
# keep (comments).
FIND: Final = """
CREATE TEMP TABLE erased_wording ON COMMIT DROP AS
SELECT sha256(convert_to(text, 'UTF8')) AS digest, text,
       position(' ' in btrim(text)) > 0 AS phrase FROM (
    SELECT text FROM annotate_query WHERE id = %(query)s AND erased_at IS NULL
    UNION
    SELECT text FROM annotate_queryrevision WHERE query_id = %(query)s
    UNION
    SELECT text FROM annotate_text WHERE text <> '' AND id IN (
        SELECT text_id FROM annotate_passage WHERE id = %(passage)s
        UNION
        SELECT text_id FROM annotate_passagerevision WHERE passage_id = %(passage)s)
) wording;
CREATE TEMP TABLE erased_text ON COMMIT DROP AS
SELECT x.id FROM annotate_text x JOIN erased_wording w ON w.digest = x.digest
WHERE x.project_id = %(project)s;
CREATE TEMP TABLE erased_query ON COMMIT DROP AS
SELECT q.id, coalesce(q.external_id, 'sha256:' || encode(q.digest, 'hex')) AS name
FROM annotate_query q WHERE q.project_id = %(project)s AND q.erased_at IS NULL
  AND (q.id = %(query)s OR q.text IN (SELECT text FROM erased_wording));
CREATE TEMP TABLE erased_passage ON COMMIT DROP AS
SELECT p.id, coalesce(p.external_id, 'sha256:' || encode(x.digest, 'hex')) AS name
FROM annotate_passage p JOIN annotate_text x ON x.id = p.text_id
WHERE p.project_id = %(project)s AND p.erased_at IS NULL
  AND (p.id = %(passage)s OR p.text_id IN (SELECT id FROM erased_text)
       OR p.title IN (SELECT text FROM erased_wording WHERE phrase));
CREATE TEMP TABLE erased_queryrevision ON COMMIT DROP AS
SELECT r.id, r.query_id AS thing, r.number FROM annotate_queryrevision r
JOIN annotate_query q ON q.id = r.query_id
WHERE q.project_id = %(project)s AND (
    r.query_id IN (SELECT id FROM erased_query) OR r.text IN (SELECT text FROM erased_wording));
CREATE TEMP TABLE erased_passagerevision ON COMMIT DROP AS
SELECT r.id, r.passage_id AS thing, r.number, r.text_id FROM annotate_passagerevision r
JOIN annotate_passage p ON p.id = r.passage_id
WHERE p.project_id = %(project)s AND (
    r.passage_id IN (SELECT id FROM erased_passage) OR r.text_id IN (SELECT id FROM erased_text)
    OR r.title IN (SELECT text FROM erased_wording WHERE phrase));
CREATE TEMP TABLE erased_carried ON COMMIT DROP AS
SELECT id FROM erased_text
UNION
SELECT text_id FROM annotate_passage WHERE id IN (SELECT id FROM erased_passage)
UNION
SELECT text_id FROM erased_passagerevision;
CREATE TEMP TABLE erased_candidate ON COMMIT DROP AS
SELECT id FROM annotate_candidate WHERE query_id IN (SELECT id FROM erased_query)
UNION
SELECT id FROM annotate_candidate WHERE passage_id IN (SELECT id FROM erased_passage)
"""
# What else they say of themselves: titles, and metadata as text.
TOLD: Final = """
SELECT '', metadata::text FROM annotate_query WHERE id IN (SELECT id FROM erased_query)
UNION
SELECT title, metadata::text FROM annotate_passage WHERE id IN (SELECT id FROM erased_passage)
UNION
SELECT title, '{}' FROM annotate_passagerevision
WHERE id IN (SELECT id FROM erased_passagerevision)
"""
FORGET: Final = """
DROP TABLE IF EXISTS erased_wording, erased_text, erased_query, erased_passage,
    erased_queryrevision, erased_passagerevision, erased_carried, erased_candidate
"""

_QUERY_ROWS: Final = """
UPDATE annotate_query SET text = '(erased)', digest = sha256('(erased)'), metadata = '{}',
    external_id = 'erased:' || gen_random_uuid(), revision = revision + 1,
    withdrawn_at = coalesce(withdrawn_at, %(at)s), erased_at = %(at)s
WHERE id IN (SELECT id FROM erased_query)
"""
_EMPTY_TEXT: Final = """
INSERT INTO annotate_text (project_id, digest, text) VALUES (%(project)s, sha256(''), '')
ON CONFLICT (project_id, digest) DO NOTHING
"""
_PASSAGE_ROWS: Final = """
UPDATE annotate_passage SET title = '(erased)', metadata = '{}',
    text_id = (SELECT id FROM annotate_text WHERE project_id = %(project)s AND text = ''
               AND digest = sha256('')),
    external_id = 'erased:' || gen_random_uuid(), revision = revision + 1,
    withdrawn_at = coalesce(withdrawn_at, %(at)s), erased_at = %(at)s
WHERE id IN (SELECT id FROM erased_passage)
"""
# Whoever still carries the text as a current wording was erased above; of what else these said, the
# texts go that nobody else says.
_TEXT_ROWS: Final = """
DELETE FROM annotate_text x WHERE id IN (SELECT id FROM erased_carried)
  AND NOT EXISTS (SELECT FROM annotate_passage WHERE text_id = x.id)
  AND NOT EXISTS (SELECT FROM annotate_passagerevision WHERE text_id = x.id)
"""
_CANDIDATES: Final = """
UPDATE annotate_candidate SET metadata = '{}', position = (
    'x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 16))::bit(64)::bigint
WHERE id IN (SELECT id FROM erased_candidate)
"""
_LEASES: Final = """
DELETE FROM annotate_lease WHERE candidate_id IN (SELECT id FROM erased_candidate)
"""
# Of what is erased: those of which one candidate is, or both are.
_PAIRS: Final = """
UPDATE annotate_pair SET position = (
    'x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 16))::bit(64)::bigint
WHERE id IN (SELECT o.id FROM erased_candidate c JOIN annotate_pair o ON o.first_id = c.id
             UNION
             SELECT o.id FROM erased_candidate c JOIN annotate_pair o ON o.second_id = c.id)
"""
_PAIR_LEASES: Final = """
DELETE FROM annotate_pairlease l USING annotate_pair o, erased_candidate c
WHERE l.pair_id = o.id AND c.id IN (o.first_id, o.second_id)
"""
_WORDS_ON_PAIRS: Final = """
UPDATE annotate_preference j SET comment = '', skip_reason = ''
WHERE (comment <> '' OR skip_reason <> '') AND NOT %(keep)s AND id IN (
    SELECT x.id FROM annotate_preference x JOIN annotate_pair o ON o.id = x.pair_id
    JOIN erased_candidate c ON c.id IN (o.first_id, o.second_id)
    UNION
    SELECT x.id FROM erased_queryrevision r JOIN annotate_candidate c ON c.query_id = r.thing
    JOIN annotate_pair o ON c.id IN (o.first_id, o.second_id)
    JOIN annotate_preference x ON x.pair_id = o.id AND r.number = x.query_revision
    UNION
    SELECT x.id FROM erased_passagerevision r JOIN annotate_candidate c ON c.passage_id = r.thing
    JOIN annotate_pair o ON c.id IN (o.first_id, o.second_id)
    JOIN annotate_preference x ON x.pair_id = o.id
     AND r.number = CASE c.id WHEN o.first_id THEN x.first_revision ELSE x.second_revision END)
"""
# Also what was said of an earlier wording of others, of which only that wording goes. That a
# decision had a reason is kept.
_WORDS: Final = """
UPDATE annotate_judgment j SET evidence = '[]',
    comment = CASE WHEN %(keep)s THEN comment
                   WHEN kind = 'adjudication' THEN '(erased)' ELSE '' END,
    skip_reason = CASE WHEN %(keep)s THEN skip_reason ELSE '' END
WHERE (comment <> '' OR skip_reason <> '' OR evidence <> '[]') AND (
    j.candidate_id IN (SELECT id FROM erased_candidate)
    OR j.id IN (
        SELECT o.id FROM erased_queryrevision r JOIN annotate_candidate c ON c.query_id = r.thing
        JOIN annotate_judgment o ON o.candidate_id = c.id AND o.query_revision = r.number
        UNION
        SELECT o.id FROM erased_passagerevision r
        JOIN annotate_candidate c ON c.passage_id = r.thing
        JOIN annotate_judgment o ON o.candidate_id = c.id AND o.passage_revision = r.number))
"""
_GOLDS: Final = """
UPDATE annotate_gold SET explanation = '(erased)'
WHERE candidate_id IN (SELECT id FROM erased_candidate) AND NOT %(keep)s
  AND explanation NOT IN ('', '(erased)')
"""
_QUERY_REVISIONS: Final = """
DELETE FROM annotate_queryrevision WHERE id IN (SELECT id FROM erased_queryrevision)
"""
_PASSAGE_REVISIONS: Final = """
DELETE FROM annotate_passagerevision WHERE id IN (SELECT id FROM erased_passagerevision)
"""


# What to execute, in order, and what it counts ("" for nothing).
STATEMENTS: Final = (
    ("", _EMPTY_TEXT),
    ("queries", _QUERY_ROWS),
    ("passages", _PASSAGE_ROWS),
    ("comments", _WORDS),
    ("comments_on_pairs", _WORDS_ON_PAIRS),
    ("golds", _GOLDS),
    ("revisions", _QUERY_REVISIONS),
    ("revisions", _PASSAGE_REVISIONS),
    ("candidates", _CANDIDATES),
    ("pairs", _PAIRS),
    ("leases", _LEASES),
    ("leases_of_pairs", _PAIR_LEASES),
    ("texts", _TEXT_ROWS),
)


def parameters(
    *, project: int, query: int | None, passage: int | None, at: Any, keep: bool
) -> dict[str, Any]:
    """Return the values that the statements name."""
    return {"project": project, "query": query, "passage": passage, "at": at, "keep": keep}
