"""What the constraints of the queue's tables cannot say, and what a batch of answers looks up."""

from typing import Final

_GOLD: Final = """
CREATE FUNCTION annotate_gold_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept annotate_gold := NEW;
BEGIN
    -- People may leave the installation; a gold grade is removed once; an erasure takes words.
    IF kept.explanation = '(erased)' AND accounts_erases(OLD.project_id) THEN
        kept.explanation := OLD.explanation;
    END IF;
    IF kept.set_by_id IS NULL THEN kept.set_by_id := OLD.set_by_id; END IF;
    IF kept.removed_by_id IS NULL OR OLD.removed_at IS NULL THEN
        kept.removed_by_id := OLD.removed_by_id;
    END IF;
    IF OLD.removed_at IS NULL THEN kept.removed_at := NULL; END IF;
    IF kept IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'gold % is history: it is removed, and set anew', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'gold_is_history';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gold_is_history BEFORE UPDATE ON annotate_gold
FOR EACH ROW EXECUTE FUNCTION annotate_gold_guard();
CREATE TRIGGER gold_kept BEFORE DELETE ON annotate_gold
FOR EACH ROW EXECUTE FUNCTION accounts_delete_guard('gold');

CREATE FUNCTION annotate_gold_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM annotate_candidate c JOIN accounts_grade g ON g.project_id = c.project_id
        WHERE c.id = NEW.candidate_id AND g.id = NEW.grade_id AND c.project_id = NEW.project_id
    ) THEN
        RAISE EXCEPTION 'a gold grade is of its candidate''s project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'gold_of_one_project';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gold_home BEFORE INSERT ON annotate_gold
FOR EACH ROW EXECUTE FUNCTION annotate_gold_home();

CREATE FUNCTION annotate_gold_grade_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM annotate_gold WHERE grade_id = OLD.id) THEN
        RAISE EXCEPTION 'gold candidates use grade %: it keeps its value', OLD.value
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grade_in_use_keeps_its_value';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grade_gold_guard BEFORE UPDATE ON accounts_grade
FOR EACH ROW WHEN (OLD.value IS DISTINCT FROM NEW.value)
EXECUTE FUNCTION annotate_gold_grade_guard();
"""

_CHECKS: Final = """
-- A check is of a candidate that is, or was, gold; a repeat of one that the person has graded.
CREATE FUNCTION annotate_check_has_a_reason(kind text, candidate bigint, person bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF kind = 'check' AND NOT EXISTS (
        SELECT FROM annotate_gold WHERE candidate_id = candidate
    ) THEN
        RAISE EXCEPTION 'candidate % was never gold', candidate
            USING ERRCODE = 'check_violation', CONSTRAINT = 'check_is_of_gold';
    ELSIF kind = 'repeat' AND NOT EXISTS (
        SELECT FROM annotate_judgment j WHERE j.candidate_id = candidate AND j.person_id = person
          AND j.kind IN ('counted', 'late') AND j.action = 'grade'
    ) THEN
        RAISE EXCEPTION 'person % never graded candidate %', person, candidate
            USING ERRCODE = 'check_violation', CONSTRAINT = 'repeat_follows_an_answer';
    END IF;
END $$;
CREATE FUNCTION annotate_judgment_checks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM annotate_check_has_a_reason(NEW.kind, NEW.candidate_id, NEW.person_id);
    RETURN NEW;
END $$;
CREATE TRIGGER judgment_checks BEFORE INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.kind IN ('check', 'repeat')) EXECUTE FUNCTION annotate_judgment_checks();
CREATE FUNCTION annotate_lease_checks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM annotate_check_has_a_reason(NEW.purpose, NEW.candidate_id, NEW.person_id);
    RETURN NEW;
END $$;
CREATE TRIGGER lease_checks BEFORE INSERT OR UPDATE OF purpose, candidate_id, person_id
ON annotate_lease FOR EACH ROW WHEN (NEW.slot IS NULL) EXECUTE FUNCTION annotate_lease_checks();
"""

_LANES: Final = """
-- A new candidate is in its query's lane from the start.
CREATE FUNCTION annotate_candidate_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM annotate_lane WHERE project_id IN (SELECT project_id FROM made)) THEN
        UPDATE annotate_candidate c SET lane = q.lane
        FROM made JOIN annotate_query q ON q.id = made.query_id
        WHERE c.id = made.id AND c.lane <> q.lane;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER candidate_lane AFTER INSERT ON annotate_candidate
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_candidate_lane();

-- Assigned queries are leased to whom they are assigned, as long as any of these is left.
CREATE FUNCTION annotate_lease_lane() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    lane bigint := (SELECT q.lane FROM annotate_candidate c JOIN annotate_query q
                    ON q.id = c.query_id WHERE c.id = NEW.candidate_id);
BEGIN
    IF lane <> 0 AND NOT coalesce((
        SELECT bool_or(who = NEW.person_id) FROM annotate_lane_people(lane) AS who), true)
    THEN
        RAISE EXCEPTION 'candidate % is assigned to others', NEW.candidate_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lease_honours_assignment';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lease_honours_assignment BEFORE INSERT ON annotate_lease
FOR EACH ROW WHEN (NEW.slot IS NOT NULL AND NEW.returned_at IS NULL)
EXECUTE FUNCTION annotate_lease_lane();

-- A lane's people and a group's members are of its project; a lane is of it, too.
CREATE FUNCTION annotate_seat_home() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stray boolean;
BEGIN
    IF TG_TABLE_NAME = 'annotate_groupmember' THEN
        SELECT g.project_id <> m.project_id INTO stray FROM annotate_group g, accounts_member m
        WHERE g.id = NEW.group_id AND m.id = NEW.member_id;
    ELSE
        SELECT l.project_id <> coalesce(
            (SELECT project_id FROM accounts_member WHERE id = NEW.member_id),
            (SELECT project_id FROM annotate_group WHERE id = NEW.group_id))
        INTO stray FROM annotate_lane l WHERE l.id = NEW.lane_id;
    END IF;
    IF stray THEN
        RAISE EXCEPTION 'queries are assigned to members and groups of their project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_of_one_project';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER group_member_home BEFORE INSERT OR UPDATE ON annotate_groupmember
FOR EACH ROW EXECUTE FUNCTION annotate_seat_home();
CREATE TRIGGER lane_seat_home BEFORE INSERT OR UPDATE ON annotate_laneseat
FOR EACH ROW EXECUTE FUNCTION annotate_seat_home();

CREATE FUNCTION annotate_query_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM annotate_lane WHERE id = NEW.lane AND project_id = NEW.project_id
    ) THEN
        RAISE EXCEPTION 'a query is in a lane of its project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lane_of_one_project';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER query_lane BEFORE INSERT OR UPDATE OF lane ON annotate_query
FOR EACH ROW WHEN (NEW.lane <> 0) EXECUTE FUNCTION annotate_query_lane();
"""

# One round trip for all that a batch of answers asks: locks first, then what holds under them.
_DESKS: Final = """
CREATE FUNCTION annotate_desks(project bigint, person bigint, about bigint[], ids uuid[])
RETURNS jsonb LANGUAGE plpgsql SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    overlap smallint := annotate_overlap_for(project, person);
    locked bigint[];
BEGIN
    SELECT coalesce(array_agg(id), '{}') INTO locked FROM (
        SELECT c.id FROM annotate_candidate c WHERE c.project_id = project AND c.id IN (
            SELECT unnest(about) UNION
            SELECT j.candidate_id FROM annotate_judgment j
            WHERE j.id = ANY (ids) AND j.person_id = person
        ) ORDER BY c.id FOR NO KEY UPDATE
    ) held;
    RETURN jsonb_build_object(
        'overlap', overlap,
        'closed', (SELECT closed_at IS NOT NULL FROM accounts_project WHERE id = project),
        'known', EXISTS (SELECT FROM annotate_judgment WHERE id = ANY (ids)),
        'grades', (SELECT jsonb_object_agg(value, id) FROM accounts_grade
                   WHERE project_id = project),
        'desks', (
            SELECT jsonb_agg(jsonb_build_object(
                'candidate', c.id,
                'passage_revision', p.revision, 'query_revision', q.revision,
                'length', char_length(t.text),
                'withdrawn', coalesce(c.withdrawn_at, q.withdrawn_at, p.withdrawn_at) IS NOT NULL,
                'theirs', CASE
                    WHEN q.lane <> 0 THEN coalesce((
                        SELECT bool_or(who = person) FROM annotate_lane_people(q.lane) AS who
                    ), true)
                    ELSE NOT coalesce((
                        SELECT assigned_only FROM annotate_queue WHERE project_id = project
                    ), false) END,
                'erased', CASE WHEN q.erased_at IS NOT NULL THEN 'query'
                               WHEN p.erased_at IS NOT NULL THEN 'passage' ELSE '' END,
                'lease', (
                    SELECT jsonb_build_array(l.purpose, l.slot) FROM annotate_lease l
                    WHERE l.candidate_id = c.id AND l.person_id = person
                      AND (l.slot IS NULL OR l.expires_at > statement_timestamp())),
                'held', (
                    SELECT jsonb_agg(l.slot) FROM annotate_lease l
                    WHERE l.candidate_id = c.id AND l.person_id <> person AND l.slot IS NOT NULL
                      AND l.expires_at > statement_timestamp()),
                'filled', (
                    SELECT jsonb_agg(j.slot) FROM annotate_judgment j
                    WHERE j.candidate_id = c.id AND j.current AND j.slot IS NOT NULL),
                'own', (
                    SELECT jsonb_agg(jsonb_build_array(j.id, j.kind, j.slot)
                                     ORDER BY j.created_at, j.id)
                    FROM annotate_judgment j
                    WHERE j.candidate_id = c.id AND j.person_id = person AND j.current
                      AND j.kind IN ('counted', 'late', 'check', 'repeat'))
            ))
            FROM annotate_candidate c JOIN annotate_query q ON q.id = c.query_id
            JOIN annotate_passage p ON p.id = c.passage_id
            JOIN annotate_text t ON t.id = p.text_id WHERE c.id = ANY (locked)
        )
    );
END $$;
"""

_WRITE: Final = """
-- Store a person's answers in their order, a microsecond apart, so that the newest is known. What
-- they held has served; an expired lease of somebody else on a slot must not come back to life.
CREATE FUNCTION annotate_answers_write(
    person bigint, candidates bigint[], slots smallint[], answers jsonb
) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    WITH over AS (
        SELECT l.id FROM unnest(candidates, slots) AS served (candidate, slot)
        JOIN annotate_lease l ON l.candidate_id = served.candidate
        WHERE l.person_id = person OR l.slot = served.slot
                                      AND l.expires_at <= statement_timestamp()
        ORDER BY l.id FOR UPDATE OF l
    )
    DELETE FROM annotate_lease l USING over WHERE l.id = over.id;
    INSERT INTO annotate_judgment (
        id, project_id, candidate_id, person_id, kind, action, grade_id, slot, skip_reason,
        seconds, comment, flagged, evidence, passage_revision, query_revision, replaces_id,
        current, created_at)
    SELECT new.id, new.project_id, new.candidate_id, person, new.kind, new.action, new.grade_id,
           new.slot, new.skip_reason, new.seconds, new.comment, new.flagged, new.evidence,
           new.passage_revision, new.query_revision, new.replaces_id, new.current,
           statement_timestamp() + each.n * interval '1 microsecond'
    FROM jsonb_array_elements(answers) WITH ORDINALITY AS each (answer, n)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::annotate_judgment, each.answer) AS new
    ORDER BY each.n;
END $$;
"""

_FIRST: Final = """
-- What answers nearly always are: first grades of what the person holds, on the wordings that hold.
-- Stores them all and returns their rows, or none and null where one of them needs a closer look.
CREATE FUNCTION annotate_first_grades(
    project bigint, person bigint, about bigint[], answers jsonb
) RETURNS jsonb LANGUAGE plpgsql SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    overlap smallint := annotate_overlap_for(project, person);
    made jsonb;
    slots smallint[];
BEGIN
    PERFORM FROM annotate_candidate WHERE project_id = project AND id = ANY (about)
    ORDER BY id FOR NO KEY UPDATE;
    SELECT jsonb_agg(each.answer || jsonb_build_object(
               'project_id', project, 'candidate_id', c.id, 'kind', 'counted',
               'action', 'grade', 'grade_id', g.id, 'slot', l.slot, 'skip_reason', '',
               'evidence', '[]'::jsonb, 'passage_revision', p.revision,
               'query_revision', q.revision, 'current', true) ORDER BY each.n),
           array_agg(l.slot ORDER BY each.n)
    INTO made, slots
    FROM jsonb_array_elements(answers) WITH ORDINALITY AS each (answer, n)
    JOIN annotate_candidate c
      ON c.id = about[each.n] AND c.project_id = project AND c.withdrawn_at IS NULL
    JOIN annotate_query q
      ON q.id = c.query_id AND q.withdrawn_at IS NULL AND q.erased_at IS NULL
    JOIN annotate_passage p
      ON p.id = c.passage_id AND p.withdrawn_at IS NULL AND p.erased_at IS NULL
    JOIN accounts_grade g
      ON g.project_id = project AND g.value = (each.answer ->> 'grade')::integer
    JOIN annotate_lease l
      ON l.candidate_id = c.id AND l.person_id = person AND l.purpose = 'counted'
     AND l.slot <= overlap AND l.expires_at > statement_timestamp()
    WHERE p.revision = coalesce((each.answer ->> 'revision')::integer, p.revision)
      AND q.revision = coalesce((each.answer ->> 'query_revision')::integer, q.revision)
      AND NOT EXISTS (SELECT FROM annotate_judgment j
                      WHERE j.id = (each.answer ->> 'id')::uuid)
      AND NOT EXISTS (SELECT FROM annotate_judgment j
                      WHERE j.candidate_id = c.id AND j.person_id = person AND j.current
                        AND j.kind IN ('counted', 'late'))
      AND NOT EXISTS (SELECT FROM annotate_judgment j
                      WHERE j.candidate_id = c.id AND j.current AND j.slot = l.slot)
      AND overlap > (SELECT count(*) FROM annotate_judgment j
                     WHERE j.candidate_id = c.id AND j.current AND j.slot IS NOT NULL);
    IF coalesce(cardinality(slots), 0) < cardinality(about) THEN
        RETURN NULL;
    END IF;
    PERFORM annotate_answers_write(person, about, slots, made);
    RETURN made;
END $$;
"""

FORWARD: Final = _GOLD + _CHECKS + _LANES + _DESKS + _WRITE + _FIRST
BACKWARD: Final = """
DROP FUNCTION annotate_first_grades(bigint, bigint, bigint[], jsonb);
DROP FUNCTION annotate_answers_write(bigint, bigint[], smallint[], jsonb);
DROP FUNCTION annotate_desks(bigint, bigint, bigint[], uuid[]);
DROP TRIGGER query_lane ON annotate_query;
DROP FUNCTION annotate_query_lane();
DROP TRIGGER lane_seat_home ON annotate_laneseat;
DROP TRIGGER group_member_home ON annotate_groupmember;
DROP FUNCTION annotate_seat_home();
DROP TRIGGER lease_honours_assignment ON annotate_lease;
DROP FUNCTION annotate_lease_lane();
DROP TRIGGER candidate_lane ON annotate_candidate;
DROP FUNCTION annotate_candidate_lane();
DROP TRIGGER lease_checks ON annotate_lease;
DROP FUNCTION annotate_lease_checks();
DROP TRIGGER judgment_checks ON annotate_judgment;
DROP FUNCTION annotate_judgment_checks();
DROP FUNCTION annotate_check_has_a_reason(text, bigint, bigint);
DROP TRIGGER grade_gold_guard ON accounts_grade;
DROP FUNCTION annotate_gold_grade_guard();
DROP TRIGGER gold_home ON annotate_gold;
DROP FUNCTION annotate_gold_home();
DROP TRIGGER gold_kept ON annotate_gold;
DROP TRIGGER gold_is_history ON annotate_gold;
DROP FUNCTION annotate_gold_guard();
"""
