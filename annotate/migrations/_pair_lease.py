"""The lease of pairs as one call of the database.

`annotate.services.pair_leasing` says what it promises.
"""

from typing import Final

# What may be leased to the person, of one lane; {lock} says what becomes of locked rows.
_OPEN: Final = """
    SELECT o.id, o.position FROM annotate_pair o
    WHERE o.project_id = project AND o.lane = walked.lane AND o.wanted AND o.offered
      AND o.position >= since AND o.position <= CASE WHEN near > 0 THEN coalesce(
          (SELECT h.position FROM annotate_pair h
           WHERE h.project_id = project AND h.lane = walked.lane AND h.wanted AND h.offered
           ORDER BY h.position, h.id OFFSET near LIMIT 1),
          9223372036854775807) ELSE 9223372036854775807 END
      AND NOT EXISTS (SELECT FROM annotate_preference j
                      WHERE j.person_id = person AND j.pair_id = o.id AND j.current)
      AND NOT EXISTS (SELECT FROM annotate_pairlease l
                      WHERE l.pair_id = o.id AND l.person_id = person)
      AND overlap > (SELECT count(*) FROM annotate_pairlease l WHERE l.pair_id = o.id
                       AND l.expires_at > statement_timestamp())
                  + (SELECT count(*) FROM annotate_preference j WHERE j.pair_id = o.id
                       AND j.current AND j.slot IS NOT NULL)
      AND annotate_pair_is_there(o)
    ORDER BY o.position, o.id LIMIT count FOR NO KEY UPDATE OF o {lock}
"""
# Planned once, and never for small tables: the walk begins at the index `pair_open`.
_PLANS: Final = """SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan"""

_THERE: Final = """
-- Whether nothing of a pair is withdrawn.
CREATE FUNCTION annotate_pair_is_there(pair annotate_pair) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM annotate_query WHERE id = pair.query_id AND withdrawn_at IS NULL)
       AND NOT EXISTS (
        SELECT FROM annotate_candidate c JOIN annotate_passage p ON p.id = c.passage_id
        WHERE c.id IN (pair.first_id, pair.second_id)
          AND (c.withdrawn_at IS NOT NULL OR p.withdrawn_at IS NOT NULL))
$$;
"""

_WALK: Final = """
CREATE FUNCTION annotate_pairs_walk(
    project bigint, person bigint, overlap smallint, lanes bigint[], near integer, since bigint,
    count integer, patient boolean
) RETURNS bigint[] LANGUAGE plpgsql
{plans} AS $$
DECLARE
    found bigint[];
    each bigint;
BEGIN
    IF patient THEN  -- one only: nobody waits for a pair while they hold another
        FOREACH each IN ARRAY lanes LOOP
            SELECT array_agg(o.id) INTO found FROM (VALUES (each)) AS walked (lane)
            CROSS JOIN LATERAL ({waiting}) o;
            EXIT WHEN found IS NOT NULL;
        END LOOP;
    ELSE
        SELECT array_agg(o.id ORDER BY o.position, o.id) INTO found
        FROM unnest(lanes) AS walked (lane) CROSS JOIN LATERAL ({passing}) o;
    END IF;
    RETURN coalesce(found[:count], '{{}}');
END $$;
"""

_TAKE: Final = """
-- Lease what is still free of pairs that are locked; what changed before the lock shows now.
CREATE FUNCTION annotate_pairs_take(
    person bigint, overlap smallint, picked bigint[], until timestamptz
) RETURNS integer LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
DECLARE
    made integer;
BEGIN
    DELETE FROM annotate_pairlease WHERE id IN (
        SELECT id FROM annotate_pairlease WHERE pair_id = ANY (picked) AND person_id <> person
          AND expires_at <= statement_timestamp() FOR UPDATE SKIP LOCKED);
    INSERT INTO annotate_pairlease (pair_id, slot, person_id, expires_at)
    SELECT each.id, free.slot, person, until
    FROM unnest(picked) AS each (id)
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(used.slot), '{}') AS slots FROM (
            SELECT j.slot FROM annotate_preference j
            WHERE j.pair_id = each.id AND j.current AND j.slot IS NOT NULL
            UNION ALL
            SELECT l.slot FROM annotate_pairlease l WHERE l.pair_id = each.id
        ) used
    ) taken
    CROSS JOIN LATERAL (
        SELECT min(s) AS slot FROM generate_series(1, overlap) AS s WHERE s <> ALL (taken.slots)
    ) free
    WHERE overlap > cardinality(taken.slots)
      AND NOT EXISTS (SELECT FROM annotate_pairlease l
                      WHERE l.pair_id = each.id AND l.person_id = person);
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;
"""

_LEASE: Final = """
CREATE FUNCTION annotate_pairs_lease(
    project bigint, person bigint, count integer, seconds double precision, patient boolean,
    beginning integer
) RETURNS TABLE (lease bigint) LANGUAGE plpgsql SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    overlap smallint := annotate_overlap_for(project, person);
    until timestamptz := statement_timestamp() + make_interval(secs => seconds);
    lanes record;
    held bigint[];
    last bigint;
    stretch record;
    picked bigint[];
    need integer;
BEGIN
    IF NOT coalesce((SELECT q.on FROM annotate_pairqueue q WHERE project_id = project), false) THEN
        RETURN;
    END IF;
    SELECT * INTO lanes FROM annotate_lanes_of(project, person);
    IF (SELECT assigned_only FROM annotate_queue WHERE project_id = project) THEN
        lanes.free := '{}';
    END IF;
    -- What the person holds comes first; an expired lease is theirs as long as nobody took it.
    WITH own AS (
        SELECT l.id FROM annotate_pairlease l JOIN annotate_pair o ON o.id = l.pair_id
        WHERE l.person_id = person AND o.project_id = project AND o.wanted AND o.offered
          AND o.lane = ANY (lanes.own || lanes.free) AND annotate_pair_is_there(o)
        ORDER BY l.returned_at DESC NULLS LAST, o.lane = ANY (lanes.own) DESC, o.position, o.id
        LIMIT count
    ), locked AS (  -- in the order in which answers lock them
        SELECT l.id FROM annotate_pairlease l WHERE l.id IN (SELECT own.id FROM own)
        ORDER BY l.id FOR UPDATE
    ), renewed AS (
        UPDATE annotate_pairlease l SET expires_at = until FROM locked WHERE l.id = locked.id
        RETURNING l.id
    )
    SELECT coalesce(array_agg(id), '{}') INTO held FROM renewed;
    -- An answer locks its pair first and then the lease: who holds leases waits for no pair.
    need := CASE WHEN patient AND held <> '{}' THEN 0 ELSE count - cardinality(held) END;
    IF need > 0 AND overlap > 1 THEN
        SELECT o.position INTO last FROM annotate_preference j
        JOIN annotate_pair o ON o.id = j.pair_id
        WHERE j.project_id = project AND j.person_id = person AND j.current
        ORDER BY j.created_at DESC LIMIT 1;
    END IF;
    -- Who is far ahead of their colleagues has answered most of what is open at the beginning:
    -- look there for a little, then from where they were, and over everything only at the end.
    FOR stretch IN
        SELECT w.lanes, s.near, coalesce(s.since, -9223372036854775808) AS since
        FROM (VALUES (1, lanes.own), (2, lanes.free)) AS w (place, lanes)
        CROSS JOIN (VALUES (1, beginning, NULL, last IS NOT NULL), (2, 0, last, last IS NOT NULL),
                           (3, 0, NULL, true)) AS s (place, near, since, of_use)
        WHERE cardinality(w.lanes) > 0 AND s.of_use ORDER BY w.place, s.place
    LOOP
        FOR round IN 1..3 LOOP
            EXIT WHEN need < 1;
            picked := annotate_pairs_walk(project, person, overlap, stretch.lanes, stretch.near,
                stretch.since, CASE WHEN patient THEN 1 ELSE need END, patient);
            EXIT WHEN picked = '{}';
            need := need - annotate_pairs_take(person, overlap, picked, until);
            EXIT WHEN patient OR cardinality(picked) < need;
        END LOOP;
        EXIT WHEN need < 1 OR patient AND picked <> '{}';
    END LOOP;
    RETURN QUERY
    SELECT l.id FROM annotate_pairlease l JOIN annotate_pair o ON o.id = l.pair_id
    WHERE l.person_id = person AND l.expires_at = until AND o.project_id = project
    ORDER BY l.returned_at DESC NULLS LAST, l.id = ANY (held) DESC,
             o.lane = ANY (lanes.own) DESC, o.position, o.id;
END $$;
"""

FORWARD: Final = (
    _THERE
    + _WALK.format(
        plans=_PLANS, waiting=_OPEN.format(lock=""), passing=_OPEN.format(lock="SKIP LOCKED")
    )
    + _TAKE
    + _LEASE
)
BACKWARD: Final = """
DROP FUNCTION annotate_pairs_lease(bigint, bigint, integer, double precision, boolean, integer);
DROP FUNCTION annotate_pairs_take(bigint, smallint, bigint[], timestamptz);
DROP FUNCTION annotate_pairs_walk(
    bigint, bigint, smallint, bigint[], integer, bigint, integer, boolean);
DROP FUNCTION annotate_pair_is_there(annotate_pair);
"""
