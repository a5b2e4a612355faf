"""The lease as one call of the database; `annotate.services.leasing` says what it promises."""

from typing import Final

# What may be leased to the person, of one lane; {lock} says what becomes of locked rows.
_OPEN: Final = """
    SELECT c.id, c.position FROM annotate_candidate c
    WHERE c.project_id = project AND c.lane = walked.lane AND c.wanted AND c.withdrawn_at IS NULL
      AND {which}
      AND NOT EXISTS (SELECT FROM annotate_judgment j
                      WHERE j.person_id = person AND j.candidate_id = c.id AND j.current
                        AND j.kind IN ('counted', 'late'))
      AND NOT EXISTS (SELECT FROM annotate_lease l
                      WHERE l.candidate_id = c.id AND l.person_id = person)
      AND overlap > (SELECT count(*) FROM annotate_lease l WHERE l.candidate_id = c.id
                       AND l.slot IS NOT NULL AND l.expires_at > statement_timestamp())
                  + (SELECT count(*) FROM annotate_judgment j WHERE j.candidate_id = c.id
                       AND j.current AND j.slot IS NOT NULL)
      AND EXISTS (SELECT FROM annotate_query q
                  WHERE q.id = c.query_id AND q.withdrawn_at IS NULL AND q.lane = c.lane)
      AND EXISTS (SELECT FROM annotate_passage p
                  WHERE p.id = c.passage_id AND p.withdrawn_at IS NULL)
    ORDER BY c.position, c.id LIMIT count FOR NO KEY UPDATE OF c {lock}
"""
# A stretch of the queue: from `since` on, or the first `near` places of the lane.
_STRETCH: Final = """c.query_id <> ALL (besides)
      AND c.position >= since AND c.position <= CASE WHEN near > 0 THEN coalesce(
          (SELECT h.position FROM annotate_candidate h
           WHERE h.project_id = project AND h.lane = walked.lane AND h.wanted
             AND h.withdrawn_at IS NULL ORDER BY h.position, h.id OFFSET near LIMIT 1),
          9223372036854775807) ELSE 9223372036854775807 END"""
_ABOUT: Final = "c.query_id = about"

# Planned once, and never for small tables: the walk begins at the index `candidate_queue`.
_PLANS: Final = """SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan"""

_WALK_TEMPLATE: Final = """
CREATE FUNCTION annotate_queue_walk(
    project bigint, person bigint, overlap smallint, lanes bigint[], near integer, since bigint,
    about bigint, besides bigint[], count integer, patient boolean
) RETURNS bigint[] LANGUAGE plpgsql
{plans} AS $$
DECLARE
    found bigint[];
    each bigint;
BEGIN
    IF patient THEN  -- one only: nobody waits for a candidate while they hold another
        FOREACH each IN ARRAY lanes LOOP
            SELECT array_agg(o.id) INTO found FROM (VALUES (each)) AS walked (lane)
            CROSS JOIN LATERAL (
                {waiting}
            ) o;
            EXIT WHEN found IS NOT NULL;
        END LOOP;
    ELSIF about IS NOT NULL THEN
        SELECT array_agg(o.id ORDER BY o.position, o.id) INTO found
        FROM unnest(lanes) AS walked (lane)
        CROSS JOIN LATERAL ({of_query}) o;
    ELSE
        SELECT array_agg(o.id ORDER BY o.position, o.id) INTO found
        FROM unnest(lanes) AS walked (lane)
        CROSS JOIN LATERAL ({of_stretch}) o;
    END IF;
    RETURN coalesce(found[:count], '{{}}');
END $$;
"""
_PARTS: Final = {
    "plans": _PLANS,
    "waiting": _OPEN.format(which=f"(about IS NULL OR {_ABOUT}) AND {_STRETCH}", lock=""),
    "of_query": _OPEN.format(which=_ABOUT, lock="SKIP LOCKED"),
    "of_stretch": _OPEN.format(which=_STRETCH, lock="SKIP LOCKED"),
}

_FUNCTIONS: Final = """
-- Who may judge the queries of a lane.
CREATE FUNCTION annotate_lane_people(lane bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT m.user_id FROM annotate_laneseat s
    LEFT JOIN annotate_groupmember g ON g.group_id = s.group_id
    JOIN accounts_member m ON m.id = coalesce(s.member_id, g.member_id) AND m.role <> 'viewer'
    WHERE s.lane_id = lane
$$;

-- A person's own lanes, and everybody's: lane 0 and those whose people have left.
CREATE FUNCTION annotate_lanes_of(
    project bigint, person bigint, OUT own bigint[], OUT free bigint[]
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    own := '{}';
    free := '{0}';
    IF EXISTS (SELECT FROM annotate_lane WHERE project_id = project) THEN
        SELECT coalesce(array_agg(l.id) FILTER (WHERE p.own), '{}'),
               array_append(coalesce(array_agg(l.id) FILTER (WHERE p.own IS NULL), '{}'), 0)
        INTO own, free FROM annotate_lane l
        CROSS JOIN LATERAL (
            SELECT bool_or(who = person) AS own FROM annotate_lane_people(l.id) AS who
        ) p
        WHERE l.project_id = project;
    END IF;
END $$;
"""

_TAKE: Final = """
-- Lease what is still free of candidates that are locked; what changed before the lock shows now.
CREATE FUNCTION annotate_lease_take(
    person bigint, overlap smallint, picked bigint[], turns bigint[], until timestamptz
) RETURNS integer LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
DECLARE
    made integer;
BEGIN
    DELETE FROM annotate_lease WHERE id IN (
        SELECT id FROM annotate_lease WHERE candidate_id = ANY(picked) AND slot IS NOT NULL
          AND expires_at <= statement_timestamp() AND person_id <> person FOR UPDATE SKIP LOCKED);
    INSERT INTO annotate_lease (candidate_id, purpose, slot, person_id, turn, expires_at)
    SELECT each.id, 'counted', free.slot, person, each.turn, until
    FROM unnest(picked, turns) AS each (id, turn)
    CROSS JOIN LATERAL (
        SELECT array_agg(used.slot) AS slots FROM (
            SELECT j.slot FROM annotate_judgment j
            WHERE j.candidate_id = each.id AND j.current AND j.slot IS NOT NULL
            UNION ALL
            SELECT l.slot FROM annotate_lease l
            WHERE l.candidate_id = each.id AND l.slot IS NOT NULL
        ) used
    ) taken
    CROSS JOIN LATERAL (
        SELECT min(s) AS slot FROM generate_series(1, overlap) AS s
        WHERE taken.slots IS NULL OR s <> ALL (taken.slots)
    ) free
    WHERE overlap > coalesce(cardinality(taken.slots), 0)
      AND NOT EXISTS (SELECT FROM annotate_lease l
                      WHERE l.candidate_id = each.id AND l.person_id = person);
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made;
END $$;
"""

_LEASE: Final = """
CREATE FUNCTION annotate_tasks_lease(
    project bigint, person bigint, count integer, seconds double precision, about bigint,
    besides bigint[], patient boolean, beginning integer, whole boolean, known bigint[],
    front bigint
) RETURNS TABLE (
    lease bigint, candidate bigint, purpose varchar, slot smallint, turn bigint,
    expires_at timestamptz, returned_at timestamptz, query bigint, query_text text,
    query_revision integer, query_metadata text, passage bigint, title text, metadata text,
    passage_revision integer, text bigint, wording text, reached bigint
) LANGUAGE plpgsql SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    overlap smallint := annotate_overlap_for(project, person);
    until timestamptz := statement_timestamp() + make_interval(secs => seconds);
    -- A lease that has hardly begun is not written again.
    fresh timestamptz := statement_timestamp() + make_interval(secs => seconds * 0.9);
    least_position CONSTANT bigint := -9223372036854775808;
    queue annotate_queue;
    checked boolean;
    mixed boolean;
    lanes record;
    held bigint[];
    last bigint;
    stretch record;
    picked bigint[];
    need integer;
    made integer;
    counted integer := 0;
BEGIN
    SELECT * INTO queue FROM annotate_queue WHERE project_id = project;
    checked := coalesce(queue.gold_rate + queue.repeat_rate, 0) > 0;
    mixed := checked AND about IS NULL AND NOT whole;
    IF checked THEN  -- two windows of one person wait for each other here
        INSERT INTO annotate_turn (project_id, person_id) VALUES (project, person)
        ON CONFLICT (project_id, person_id) DO UPDATE SET served = annotate_turn.served;
    END IF;
    SELECT * INTO lanes FROM annotate_lanes_of(project, person);
    IF queue.assigned_only THEN
        lanes.free := '{}';
    END IF;
    -- A check whose gold is gone, and a repeat of what holds no longer, are nobody's business.
    DELETE FROM annotate_lease l WHERE l.person_id = person AND l.slot IS NULL AND (
        l.purpose = 'check' AND NOT EXISTS (
            SELECT FROM annotate_gold g
            WHERE g.candidate_id = l.candidate_id AND g.removed_at IS NULL)
        OR l.purpose = 'repeat' AND NOT EXISTS (
            SELECT FROM annotate_judgment j
            WHERE j.candidate_id = l.candidate_id AND j.person_id = person AND j.current
              AND j.kind IN ('counted', 'late')));
    IF checked AND whole AND about IS NULL THEN
        PERFORM annotate_checks_list(queue, person, besides, until);
    END IF;
    -- What the person holds comes first; an expired lease is theirs as long as nobody took it.
    WITH own AS (
        SELECT l.id, l.expires_at FROM annotate_lease l
        JOIN annotate_candidate c ON c.id = l.candidate_id
        JOIN annotate_query q ON q.id = c.query_id JOIN annotate_passage p ON p.id = c.passage_id
        WHERE l.person_id = person AND c.project_id = project AND c.withdrawn_at IS NULL
          AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
          AND (l.slot IS NULL OR c.wanted AND q.lane = ANY (lanes.own || lanes.free))
          AND (about IS NULL OR c.query_id = about) AND c.query_id <> ALL (besides)
        ORDER BY l.returned_at DESC NULLS LAST, l.turn, c.lane = ANY (lanes.own) DESC,
                 c.position, c.id LIMIT count
    ), locked AS (  -- in the order in which answers end them
        SELECT l.id FROM annotate_lease l
        WHERE l.id IN (SELECT own.id FROM own WHERE own.expires_at < fresh)
        ORDER BY l.id FOR UPDATE
    ), renewed AS (
        UPDATE annotate_lease l SET expires_at = until FROM locked WHERE l.id = locked.id
        RETURNING l.id
    )
    SELECT coalesce(array_agg(id), '{}') INTO held FROM (
        SELECT renewed.id FROM renewed
        UNION ALL SELECT own.id FROM own WHERE own.expires_at >= fresh
    ) theirs;
    need := count - cardinality(held);
    IF need > 0 AND overlap > 1 THEN
        SELECT c.position INTO last FROM annotate_judgment j
        JOIN annotate_candidate c ON c.id = j.candidate_id
        WHERE j.person_id = person AND j.project_id = project AND j.current
          AND j.kind IN ('counted', 'late') ORDER BY j.created_at DESC LIMIT 1;
    END IF;
    FOR stretch IN
        SELECT o.lanes, s.near, s.since
        FROM (VALUES (1, lanes.own, last), (2, lanes.free, coalesce(front, last)))
             AS o (place, lanes, since)
        CROSS JOIN LATERAL (VALUES (1, beginning, least_position, o.since IS NOT NULL),
                                   (2, 0, o.since, o.since IS NOT NULL),
                                   (3, 0, least_position, true)) AS s (place, near, since, of_use)
        WHERE cardinality(o.lanes) > 0 AND s.of_use ORDER BY o.place, s.place
    LOOP
        FOR round IN 1..3 LOOP
            EXIT WHEN need < 1;
            picked := annotate_queue_walk(project, person, overlap, stretch.lanes, stretch.near,
                stretch.since, about, besides, CASE WHEN patient THEN 1 ELSE need END, patient);
            EXIT WHEN picked = '{}';
            IF mixed THEN
                need := need - annotate_lease_mix(
                    queue, person, overlap, picked, besides, need, until);
            ELSE
                made := annotate_lease_take(
                    person, overlap, picked, array_fill(0::bigint, ARRAY[cardinality(picked)]),
                    until);
                need := need - made;
                counted := counted + made;
            END IF;
            EXIT WHEN patient OR cardinality(picked) < need;
        END LOOP;
        -- Who waited holds a candidate now, and must not wait for another.
        EXIT WHEN need < 1 OR patient AND picked <> '{}';
    END LOOP;
    IF checked AND whole AND counted > 0 THEN
        PERFORM annotate_checks_owe(queue, person, counted);
    END IF;
    RETURN QUERY
    SELECT l.id, c.id, l.purpose, l.slot, l.turn, l.expires_at, l.returned_at, q.id, q.text,
           q.revision, q.metadata::text, p.id, p.title, p.metadata::text, p.revision, t.id,
           t.text, CASE WHEN l.id <> ALL (held) AND l.slot IS NOT NULL AND c.lane = 0
                        THEN c.position END
    FROM annotate_lease l JOIN annotate_candidate c ON c.id = l.candidate_id
    LEFT JOIN annotate_query q ON q.id = c.query_id AND c.id <> ALL (known)
    LEFT JOIN annotate_passage p ON p.id = c.passage_id AND c.id <> ALL (known)
    LEFT JOIN annotate_text t ON t.id = p.text_id
    WHERE l.person_id = person AND c.project_id = project
      AND (l.expires_at = until OR l.id = ANY (held))
    ORDER BY l.returned_at DESC NULLS LAST, l.id = ANY (held) DESC, l.turn,
             c.lane = ANY (lanes.own) DESC, c.position, c.id;
END $$;
"""

FORWARD: Final = _FUNCTIONS + _WALK_TEMPLATE.format_map(_PARTS) + _TAKE + _LEASE
BACKWARD: Final = """
DROP FUNCTION annotate_tasks_lease(
    bigint, bigint, integer, double precision, bigint, bigint[], boolean, integer, boolean,
    bigint[], bigint);
DROP FUNCTION annotate_lease_take(bigint, smallint, bigint[], bigint[], timestamptz);
DROP FUNCTION annotate_queue_walk(
    bigint, bigint, smallint, bigint[], integer, bigint, bigint, bigint[], integer, boolean);
DROP FUNCTION annotate_lanes_of(bigint, bigint);
DROP FUNCTION annotate_lane_people(bigint);
"""
