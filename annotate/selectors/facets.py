"""The team's own parts of a project: keys of metadata with a few values, such as a category."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from django.db import connection

from accounts.models import Project
from annotate.agreement.observed import Ints

KEYS_MAX: Final = 6
VALUES_MAX: Final = 20
VALUE_CHARACTERS: Final = 80
# Keys that have more values than VALUES_MAX among so many are told by these alone.
_GLANCE: Final = 5_000
_LOOKED_AT: Final = 4 * KEYS_MAX  # some keys have one value only
_OF: Final = {"query": "q.metadata", "pair": "c.metadata"}

# What several have judged: agreement is measured of nothing else.
_SEVERAL: Final = """
    SELECT c.id, c.query_id, {metadata} AS metadata FROM annotate_candidate c
    JOIN annotate_query q ON q.id = c.query_id
    WHERE c.id IN (
        SELECT candidate_id FROM annotate_judgment j
        WHERE j.project_id = %(project)s AND j.current AND j.action = 'grade'
          AND j.kind IN ('counted', 'imported')
        GROUP BY candidate_id HAVING count(*) > 1
    )
"""
_PLAIN: Final = """
    jsonb_typeof(value) IN ('string', 'number', 'boolean')
    AND length(value #>> '{{}}') BETWEEN 1 AND %(characters)s
"""
_KEYS: Final = f"""
    SELECT key
    FROM (SELECT * FROM ({_SEVERAL}) several LIMIT {_GLANCE}) glance, jsonb_each(metadata)
    WHERE value NOT IN ('null', '""')
    GROUP BY key HAVING count(DISTINCT value) <= %(values)s AND bool_and({_PLAIN})
    ORDER BY count(*) DESC, key LIMIT {_LOOKED_AT}
"""  # noqa: S608 - only constants of this module are put in
_VALUES: Final = f"""
    SELECT value #>> '{{{{}}}}', array_agg(id) FROM (
        SELECT id, metadata -> %(key)s AS value FROM ({_SEVERAL}) several
    ) held WHERE value NOT IN ('null', '""') AND {_PLAIN}
    GROUP BY 1 ORDER BY 1 LIMIT %(values)s + 1
"""  # noqa: S608 - only constants of this module are put in


def facets_of(project: Project) -> dict[str, dict[str, Ints]]:
    """Return parts by a name such as `category (of the pair)`: the candidates of each value.

    Of candidates that several have judged, by the metadata of their query and their own. A key
    counts that has two to VALUES_MAX values, all of them short; the KEYS_MAX most frequent ones.
    """
    found = {
        f"{key} (of the {thing})": values
        for thing in _OF
        for key, values in _facets(project, thing)
    }
    return dict(list(found.items())[:KEYS_MAX])


def _facets(project: Project, thing: str) -> Iterator[tuple[str, dict[str, Ints]]]:
    given = {"project": project.pk, "values": VALUES_MAX, "characters": VALUE_CHARACTERS}
    with connection.cursor() as cursor:
        cursor.execute(_KEYS.format(metadata=_OF[thing]), given)
        keys = [key for (key,) in cursor.fetchall()]
        for key in keys:
            cursor.execute(_VALUES.format(metadata=_OF[thing]), {**given, "key": key})
            rows = cursor.fetchall()
            if 1 < len(rows) <= VALUES_MAX:
                yield key, {value: np.array(ids, dtype=np.int64) for value, ids in rows}
