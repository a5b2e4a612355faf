"""What leaves a project, as statements for `copying`: judgments, resolved grades, texts, triplets.

Everything is in the order of queries and passages, and that of judgments is oldest first.
"""

from typing import Final

from django.db import connection

from accounts.models import Project
from annotate.formats.exported import METADATA, RISKY, columns_of
from annotate.resolving.resolution import RANKS
from annotate.selectors.copying import CSV, Copied
from annotate.selectors.qrels import RANKED_KIND

QUERIES_TABLE: Final = "annotate_query"
PASSAGES_TABLE: Final = "annotate_passage"
_QUERY_KEY: Final = "COALESCE(q.external_id, 'sha256:' || encode(q.digest, 'hex'))"
_PASSAGE_KEY: Final = "COALESCE(p.external_id, 'sha256:' || encode(t.digest, 'hex'))"
_TEXTS: Final = """
JOIN annotate_query q ON q.id = c.query_id AND q.withdrawn_at IS NULL
JOIN annotate_passage p ON p.id = c.passage_id AND p.withdrawn_at IS NULL
JOIN annotate_text t ON t.id = p.text_id
"""
_IN_RANGE: Final = """
c.project_id = %(project)s AND c.query_id BETWEEN %(low)s AND %(high)s AND c.withdrawn_at IS NULL
"""

# The value of each column, under the aliases of the statements below.
_VALUES: Final = {
    "query_id": "q.external_id",
    "query": "q.text",
    "passage_id": "p.external_id",
    "title": "p.title",
    "passage": "t.text",
    "label": "g.value",
    "kind": "j.kind",
    "action": "j.action",
    "annotator": "u.username",
    "source": "s.name",
    "seconds": "j.seconds",
    "comment": "j.comment",
    "flagged": "j.flagged",
    "skip_reason": "j.skip_reason",
    "evidence": "j.evidence",
    "passage_revision": "j.passage_revision",
    "judgment_id": "j.id",
    "judged_at": "j.created_at",
    "gain": "g.gain",
    "target": "g.target",
    "people": "r.people",
    "imported": "r.imported",
    "adjudicated": "r.adjudicated",
    "metadata": "c.metadata",
    "query_metadata": "q.metadata",
    "passage_metadata": "p.metadata",
}
# As cells, where JSON's types do not say it: what a table has no type for, and empty objects.
_CELLS: Final = {
    "flagged": "j.flagged::text",
    "adjudicated": "r.adjudicated::text",
    "tie": "(j.action = 'tie')::text",
    "counted": "(j.slot IS NOT NULL)::text",
    "evidence": "CASE WHEN j.evidence <> '[]' THEN j.evidence END",
    "judged_at": 'to_char(j.created_at, \'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"\')',
    **{name: f"CASE WHEN {_VALUES[name]} <> '{{}}' THEN {_VALUES[name]} END" for name in METADATA},
}
# Those that preferences have otherwise; `j` is the preference there, `o` its pair.
_OF_PREFERENCES: Final = {
    "kind": "'preference'",
    "first_id": "pa.external_id",
    "first_title": "pa.title",
    "first": "ta.text",
    "second_id": "pb.external_id",
    "second_title": "pb.title",
    "second": "tb.text",
    "preferred": "CASE j.preferred_id WHEN o.first_id THEN 'first'"
    " WHEN o.second_id THEN 'second' END",
    "tie": "j.action = 'tie'",
    "left": "CASE j.left_id WHEN o.first_id THEN 'first' ELSE 'second' END",
    "counted": "j.slot IS NOT NULL",
    "query_revision": "j.query_revision",
    "first_revision": "j.first_revision",
    "second_revision": "j.second_revision",
    "preference_id": "j.id",
}
# Texts that people and files wrote; no other cell can begin as a formula does.
_FREE: Final = frozenset(
    ("query_id", "query", "passage_id", "title", "passage", "annotator", "source", "comment")
) | {"skip_reason", "first_id", "first_title", "first", "second_id", "second_title", "second"}

_JUDGMENTS: Final = f"""
FROM annotate_candidate c {_TEXTS}
JOIN annotate_judgment j ON j.candidate_id = c.id AND j.current
LEFT JOIN accounts_grade g ON g.id = j.grade_id
LEFT JOIN accounts_user u ON u.id = j.person_id
LEFT JOIN annotate_source s ON s.id = j.source_id
WHERE {_IN_RANGE}
ORDER BY c.query_id, c.passage_id, j.created_at, j.id
"""
_RANKS: Final = ", ".join(f"'{kind}'" for kind in RANKS)
# `annotate.resolving.resolution.resolve` by majority, and a test holds the two equal: the ranks in
# their order; then the most votes, and of as many the lower grade.
RESOLVED: Final = f"""
(
    SELECT DISTINCT ON (v.candidate_id) v.candidate_id, v.grade_id, v.rank <= 2 AS adjudicated,
           (sum(v.votes) FILTER (WHERE v.rank = 3) OVER w)::int AS some_people,
           (sum(v.votes) FILTER (WHERE v.rank IN (2, 4, 5)) OVER w)::int AS some_imported
    FROM (
        SELECT c.id AS candidate_id, j.grade_id, count(*) AS votes,
               array_position(ARRAY[{_RANKS}], ({RANKED_KIND})::text) AS rank
        FROM annotate_candidate c JOIN annotate_judgment j ON j.candidate_id = c.id
        LEFT JOIN annotate_source s ON s.id = j.source_id
        WHERE {_IN_RANGE} AND j.current AND j.action = 'grade'
          AND j.kind IN ('adjudication', 'counted', 'imported')
        GROUP BY c.id, j.grade_id, 4
    ) v JOIN accounts_grade g ON g.id = v.grade_id
    WINDOW w AS (PARTITION BY v.candidate_id)
    ORDER BY v.candidate_id, v.rank, v.votes DESC, g.value
)
"""  # noqa: S608 - only constants of this module are put in
_QRELS: Final = f"""
FROM (
    SELECT candidate_id, grade_id, adjudicated, coalesce(some_people, 0) AS people,
           coalesce(some_imported, 0) AS imported
    FROM {RESOLVED} counted
) r
JOIN annotate_candidate c ON c.id = r.candidate_id {_TEXTS}
JOIN accounts_grade g ON g.id = r.grade_id
"""  # noqa: S608 - only constants of this module are put in
_PREFERENCES: Final = """
FROM annotate_pair o JOIN annotate_query q ON q.id = o.query_id AND q.withdrawn_at IS NULL
JOIN annotate_candidate a ON a.id = o.first_id AND a.withdrawn_at IS NULL
JOIN annotate_passage pa ON pa.id = a.passage_id AND pa.withdrawn_at IS NULL
JOIN annotate_text ta ON ta.id = pa.text_id
JOIN annotate_candidate b ON b.id = o.second_id AND b.withdrawn_at IS NULL
JOIN annotate_passage pb ON pb.id = b.passage_id AND pb.withdrawn_at IS NULL
JOIN annotate_text tb ON tb.id = pb.text_id
JOIN annotate_preference j ON j.pair_id = o.id AND j.current
JOIN accounts_user u ON u.id = j.person_id
WHERE o.project_id = %(project)s AND o.query_id BETWEEN %(low)s AND %(high)s
ORDER BY o.query_id, o.first_id, o.second_id, j.created_at, j.id
"""
_FROM: Final = {
    "preferences": _PREFERENCES,
    "judgments": _JUDGMENTS,
    "qrels": f"{_QRELS} ORDER BY c.query_id, c.passage_id",
}


def json_lines(what: str) -> Copied:
    """Objects with the columns of `what` and all metadata."""
    columns = columns_of(what)
    chosen = ", ".join(f"{_value(what, name)} AS {name}" for name in columns)
    select = f"SELECT row_to_json(r) FROM (SELECT {chosen} {_FROM[what]}) r"  # noqa: S608 - ours
    return Copied(QUERIES_TABLE, select)


def cells(what: str, *, neutral: bool) -> Copied:
    """Rows of CSV without a header; `neutral` ones hold no cell that a spreadsheet would run.

    NULL is an empty cell without quotes, an empty text one with them.
    """
    columns = columns_of(what)
    chosen = ", ".join(_cell(what, name, neutral=neutral) for name in columns)
    parameters = {"risky": RISKY} if neutral else {}
    return Copied(QUERIES_TABLE, f"SELECT {chosen} {_FROM[what]}", CSV, parameters)


def _value(what: str, name: str) -> str:
    own = _OF_PREFERENCES.get(name) if what == "preferences" else None
    return own or _VALUES[name]


def _cell(what: str, name: str, *, neutral: bool) -> str:
    value = _CELLS.get(name) or _value(what, name)
    if neutral and name in _FREE:
        return f"CASE WHEN {value} ~ %(risky)s THEN '''' || {value} ELSE {value} END"
    return value


def qrel_lines(what: str, *, template: str) -> Copied:
    """Lines of ids and grades.

    `template` is PostgreSQL's format string for the query's name, who judged (0 for `qrels`), the
    passage's name, and the grade.
    """
    author = r"regexp_replace(coalesce(u.username, s.name), '\s+', '_', 'g')"
    who = author if what == "judgments" else "'0'"
    line = f"format(%(template)s, {_QUERY_KEY}, {who}, {_PASSAGE_KEY}, g.value)"
    source = _FROM[what]
    if what == "judgments":
        source = source.replace("LEFT JOIN accounts_grade", "JOIN accounts_grade")
    return Copied(QUERIES_TABLE, f"SELECT {line} {source}", parameters={"template": template})


# A pair's own `doc_id` is where a triplet's text was found, and goes out as it came in. Each
# negative stands beside one of its query's positives, in turn, so that no text is repeated.
TRIPLETS: Final = Copied(
    QUERIES_TABLE,
    f"""
    WITH numbered AS (
        SELECT c.query_id, g.relevant, t.text,
               coalesce(p.external_id, c.metadata ->> 'doc_id') AS doc_id,
               row_number() OVER (PARTITION BY c.query_id, g.relevant
                                  ORDER BY c.passage_id) - 1 AS k,
               count(*) FILTER (WHERE g.relevant) OVER (PARTITION BY c.query_id) AS positives
        {_QRELS} WHERE t.text <> ''
    ), negatives AS (
        SELECT query_id, k %% positives AS k, json_agg(text ORDER BY numbered.k) AS texts,
               json_agg(doc_id ORDER BY numbered.k) AS ids
        FROM numbered WHERE NOT relevant AND positives > 0 GROUP BY 1, 2
    )
    SELECT row_to_json(x) FROM (
        SELECT q.external_id AS query_id, q.text AS query, n.text AS positive_text,
               n.doc_id AS positive_doc_id, coalesce(m.texts, '[]') AS negative_texts,
               coalesce(m.ids, '[]') AS negative_doc_ids
        FROM numbered n JOIN annotate_query q ON q.id = n.query_id
        LEFT JOIN negatives m ON m.query_id = n.query_id AND m.k = n.k
        WHERE n.relevant ORDER BY n.query_id, n.k
    ) x
    """,  # noqa: S608 - only constants of this module are put in
)
BEIR_QUERIES: Final = Copied(
    QUERIES_TABLE,
    f"""
    SELECT row_to_json(x) FROM (
        SELECT {_QUERY_KEY} AS _id, q.text, q.metadata FROM annotate_query q
        WHERE q.project_id = %(project)s AND q.id BETWEEN %(low)s AND %(high)s
          AND q.withdrawn_at IS NULL ORDER BY q.id
    ) x
    """,  # noqa: S608 - only constants of this module are put in
)
BEIR_CORPUS: Final = Copied(
    PASSAGES_TABLE,
    f"""
    SELECT row_to_json(x) FROM (
        SELECT {_PASSAGE_KEY} AS _id, p.title, t.text, p.metadata
        FROM annotate_passage p JOIN annotate_text t ON t.id = p.text_id
        WHERE p.project_id = %(project)s AND p.id BETWEEN %(low)s AND %(high)s
          AND p.withdrawn_at IS NULL ORDER BY p.id
    ) x
    """,  # noqa: S608 - only constants of this module are put in
)


def ids_matching(project: Project, pattern: str) -> list[str]:
    """Return up to three ids that match a regular expression of PostgreSQL's."""
    sql = """
        SELECT external_id FROM annotate_query WHERE project_id = %(project)s
          AND external_id ~ %(pattern)s UNION ALL
        SELECT external_id FROM annotate_passage WHERE project_id = %(project)s
          AND external_id ~ %(pattern)s LIMIT 3
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk, "pattern": pattern})
        return [row[0] for row in cursor.fetchall()]


def row_counts(project: Project) -> dict[str, int]:
    """Return how many rows each `what` has, withdrawn texts included."""
    sql = """
        SELECT count(*), count(DISTINCT candidate_id) FILTER (
            WHERE action = 'grade' AND kind IN ('adjudication', 'counted', 'imported'))
        FROM annotate_judgment WHERE project_id = %s AND current
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [project.pk])
        judgments, qrels = cursor.fetchone()
        cursor.execute(_PREFERENCES_COUNT, [project.pk])
        [preferences] = cursor.fetchone()
    return {"judgments": judgments, "qrels": qrels, "preferences": preferences}


_PREFERENCES_COUNT: Final = (
    "SELECT count(*) FROM annotate_preference WHERE project_id = %s AND current"
)
