"""Checks and repeats among the items that a person is leased; see `annotate.turns`."""

from typing import Final

_CHOICES: Final = """
-- Where a person's item with this running number stands between 0 and 1: `annotate.turns`.
CREATE FUNCTION annotate_turn_draw(project bigint, seed bigint, person bigint, number bigint)
RETURNS double precision LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    digest bytea := sha256(convert_to(
        project || ':' || seed || ':' || person || ':' || number / 16, 'UTF8'));
    place integer := 2 * (number % 16);
BEGIN
    RETURN (get_byte(digest, place) * 256 + get_byte(digest, place + 1)) / 65536.0;
END $$;

-- From when on a pair that the person has seen is too fresh to be shown again; null is never.
CREATE FUNCTION annotate_fresh_since(project bigint, person bigint, answers bigint, days integer)
RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT least(created_at, statement_timestamp() - make_interval(days => days))
    FROM annotate_judgment WHERE person_id = person AND project_id = project
    ORDER BY created_at DESC OFFSET answers - 1 LIMIT 1
$$;

-- The gold candidate that the person should see next: one that was no check for them yet since it
-- has its gold grade or, where `again` says so, else the one checked longest ago. Null where there
-- is none, or all are too fresh. `about` is the query it has to be of, if any.
CREATE FUNCTION annotate_gold_for(
    project bigint, person bigint, fresh timestamptz, again boolean, about bigint
) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT c.id FROM annotate_gold g JOIN annotate_candidate c ON c.id = g.candidate_id
    JOIN annotate_query q ON q.id = c.query_id JOIN annotate_passage p ON p.id = c.passage_id
    CROSS JOIN LATERAL (
        SELECT max(j.created_at) AS seen,
               max(j.created_at) FILTER (WHERE j.kind = 'check' AND j.created_at >= (
                   SELECT min(h.set_at) FROM annotate_gold h
                   WHERE h.candidate_id = c.id AND h.grade_id = g.grade_id)) AS checked
        FROM annotate_judgment j WHERE j.candidate_id = c.id AND j.person_id = person
    ) own
    WHERE g.project_id = project AND g.removed_at IS NULL AND c.withdrawn_at IS NULL
      AND q.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
      AND (about IS NULL OR c.query_id = about)
      AND (own.seen IS NULL OR own.seen < fresh) AND (again OR own.checked IS NULL)
      AND NOT EXISTS (SELECT FROM annotate_lease l
                      WHERE l.candidate_id = c.id AND l.person_id = person)
    ORDER BY own.checked NULLS FIRST, own.seen NULLS FIRST, md5(person || ':' || g.id), g.id LIMIT 1
$$;

-- A pair that the person graded long enough ago, on wordings that still hold, and that has not come
-- back to them yet: the first from a moment on that `draw` chooses.
CREATE FUNCTION annotate_repeat_for(
    project bigint, person bigint, fresh timestamptz, draw double precision, about bigint
) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    first timestamptz;
    pivot timestamptz;
    found bigint;
BEGIN
    SELECT created_at INTO first FROM annotate_judgment
    WHERE person_id = person AND project_id = project ORDER BY created_at LIMIT 1;
    pivot := first + (fresh - first) * draw;
    FOR turn IN 1..2 LOOP  -- from the pivot on, then from the beginning
        SELECT c.id INTO found FROM annotate_judgment j
        JOIN annotate_candidate c ON c.id = j.candidate_id AND c.withdrawn_at IS NULL
        JOIN annotate_query q ON q.id = c.query_id AND q.withdrawn_at IS NULL
        JOIN annotate_passage p ON p.id = c.passage_id AND p.withdrawn_at IS NULL
        WHERE j.person_id = person AND j.project_id = project AND j.current
          AND j.action = 'grade' AND j.kind IN ('counted', 'late')
          AND j.created_at >= pivot AND j.created_at < fresh
          AND (about IS NULL OR c.query_id = about)
          AND NOT EXISTS (SELECT FROM annotate_judgment r WHERE r.candidate_id = c.id
                            AND r.person_id = person AND r.kind IN ('repeat', 'check'))
          AND NOT EXISTS (SELECT FROM annotate_lease l
                          WHERE l.candidate_id = c.id AND l.person_id = person)
        ORDER BY j.created_at LIMIT 1;
        EXIT WHEN found IS NOT NULL;
        pivot := first;
    END LOOP;
    RETURN found;
END $$;
"""

_MIX: Final = """
-- Lease candidates with checks and repeats among them: each item has a running number, which says
-- what it is. A check is always followed by an item that counts, so that it is never all there is.
CREATE FUNCTION annotate_lease_mix(
    queue annotate_queue, person bigint, overlap smallint, picked bigint[], besides bigint[],
    wanted integer, until timestamptz
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    number bigint := (SELECT served FROM annotate_turn
                      WHERE project_id = queue.project_id AND person_id = person);
    fresh timestamptz := annotate_fresh_since(
        queue.project_id, person, queue.repeat_after, queue.repeat_days);
    turns bigint[] := '{}';
    used integer := 0;
    checked integer := 0;
    share double precision;
    other bigint;
    aim text;
BEGIN
    WHILE used < cardinality(picked) AND used + checked < wanted LOOP
        number := number + 1;
        share := annotate_turn_draw(queue.project_id, queue.seed, person, number);
        other := NULL;
        IF share < queue.gold_rate THEN
            aim := 'check';
            other := annotate_gold_for(queue.project_id, person, fresh, queue.gold_again, NULL);
        ELSIF share < queue.gold_rate + queue.repeat_rate THEN
            aim := 'repeat';
            other := annotate_repeat_for(
                queue.project_id, person, fresh, (share - queue.gold_rate) / queue.repeat_rate,
                NULL);
        END IF;
        IF other IS NULL OR other = ANY (picked) OR EXISTS (
            SELECT FROM annotate_candidate WHERE id = other AND query_id = ANY (besides)
        ) THEN
            used := used + 1;
            turns := turns || number;
        ELSE
            checked := checked + 1;
            INSERT INTO annotate_lease (candidate_id, purpose, person_id, turn, expires_at)
            VALUES (other, aim, person, number, until);
        END IF;
    END LOOP;
    UPDATE annotate_turn SET served = number
    WHERE project_id = queue.project_id AND person_id = person;
    RETURN checked + annotate_lease_take(person, overlap, picked[:used], turns, until);
END $$;
"""

_LISTS: Final = """
-- Draw for items that were leased as a whole query, and note what came up for later lists.
CREATE FUNCTION annotate_checks_owe(queue annotate_queue, person bigint, counted integer)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    number bigint := (SELECT served FROM annotate_turn
                      WHERE project_id = queue.project_id AND person_id = person);
    share double precision;
    checks integer := 0;
    repeats integer := 0;
    used integer := 0;
BEGIN
    WHILE used < counted LOOP
        number := number + 1;
        share := annotate_turn_draw(queue.project_id, queue.seed, person, number);
        IF share < queue.gold_rate THEN
            checks := checks + 1;
        ELSIF share < queue.gold_rate + queue.repeat_rate THEN
            repeats := repeats + 1;
        ELSE
            used := used + 1;
        END IF;
    END LOOP;
    UPDATE annotate_turn
    SET served = number, checks_owed = checks_owed + checks, repeats_owed = repeats_owed + repeats
    WHERE project_id = queue.project_id AND person_id = person;
END $$;

-- Lease a list of checks, or of repeats, once enough are owed: all of one query, since a list is of
-- one, and no more than are owed. What is not to be had is owed no longer.
CREATE FUNCTION annotate_checks_list(
    queue annotate_queue, person bigint, besides bigint[], until timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    enough CONSTANT integer := 3;
    fresh timestamptz := annotate_fresh_since(
        queue.project_id, person, queue.repeat_after, queue.repeat_days);
    mine annotate_turn;
    aim text;
    owed integer;
    made integer := 0;
    about bigint;
    other bigint;
BEGIN
    SELECT * INTO mine FROM annotate_turn
    WHERE project_id = queue.project_id AND person_id = person;
    aim := CASE WHEN mine.checks_owed >= greatest(enough, mine.repeats_owed) THEN 'check'
                ELSE 'repeat' END;
    owed := CASE aim WHEN 'check' THEN mine.checks_owed ELSE mine.repeats_owed END;
    IF owed < enough OR EXISTS (
        SELECT FROM annotate_lease l JOIN annotate_candidate c ON c.id = l.candidate_id
        WHERE l.person_id = person AND l.slot IS NULL AND c.project_id = queue.project_id
    ) THEN
        RETURN;
    END IF;
    WHILE made < owed LOOP
        IF aim = 'check' THEN
            other := annotate_gold_for(
                queue.project_id, person, fresh, queue.gold_again, about);
        ELSE
            other := annotate_repeat_for(
                queue.project_id, person, fresh,
                annotate_turn_draw(queue.project_id, queue.seed, person, mine.served), about);
        END IF;
        EXIT WHEN other IS NULL;
        about := (SELECT query_id FROM annotate_candidate WHERE id = other);
        EXIT WHEN about = ANY (besides);
        INSERT INTO annotate_lease (candidate_id, purpose, person_id, turn, expires_at)
        VALUES (other, aim, person, mine.served, until);
        made := made + 1;
    END LOOP;
    IF made = 0 AND about IS NULL THEN
        made := owed;
    END IF;
    UPDATE annotate_turn
    SET checks_owed = checks_owed - CASE aim WHEN 'check' THEN made ELSE 0 END,
        repeats_owed = repeats_owed - CASE aim WHEN 'repeat' THEN made ELSE 0 END
    WHERE project_id = queue.project_id AND person_id = person;
END $$;
"""

FORWARD: Final = _CHOICES + _MIX + _LISTS
BACKWARD: Final = """
DROP FUNCTION annotate_checks_list(annotate_queue, bigint, bigint[], timestamptz);
DROP FUNCTION annotate_checks_owe(annotate_queue, bigint, integer);
DROP FUNCTION annotate_lease_mix(
    annotate_queue, bigint, smallint, bigint[], bigint[], integer, timestamptz);
DROP FUNCTION annotate_repeat_for(bigint, bigint, timestamptz, double precision, bigint);
DROP FUNCTION annotate_gold_for(bigint, bigint, timestamptz, boolean, bigint);
DROP FUNCTION annotate_fresh_since(bigint, bigint, bigint, integer);
DROP FUNCTION annotate_turn_draw(bigint, bigint, bigint, bigint);
"""
