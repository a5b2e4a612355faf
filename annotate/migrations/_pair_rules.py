"""What the constraints of pairs cannot say: the rules of judgments (0002, 0004, 0005), on pairs."""

from typing import Final

_PAIRS: Final = """
-- Two candidates of one query, in its lane from the start, which stay what they are.
CREATE FUNCTION annotate_pair_home() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on AS $$
DECLARE
    strays bigint;
BEGIN
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
    EXECUTE $query$
        SELECT count(*) FROM made JOIN annotate_candidate a ON a.id = made.first_id
        JOIN annotate_candidate b ON b.id = made.second_id
        WHERE (made.project_id, made.query_id) IS DISTINCT FROM (a.project_id, a.query_id)
           OR (made.project_id, made.query_id) IS DISTINCT FROM (b.project_id, b.query_id)
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a pair is of two candidates of its query'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pair_of_one_query';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER pair_home AFTER INSERT ON annotate_pair
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_pair_home();
CREATE TRIGGER pair_stays BEFORE UPDATE ON annotate_pair
FOR EACH ROW WHEN ((OLD.id, OLD.project_id, OLD.query_id, OLD.first_id, OLD.second_id)
    IS DISTINCT FROM (NEW.id, NEW.project_id, NEW.query_id, NEW.first_id, NEW.second_id))
EXECUTE FUNCTION annotate_home_kept('pair');

-- Pairs follow their query at once. They are locked by id, as everywhere.
CREATE FUNCTION annotate_pair_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moved bigint[];
BEGIN
    SELECT array_agg(made.id) INTO moved
    FROM was JOIN made ON made.id = was.id WHERE made.lane <> was.lane;
    IF moved IS NOT NULL THEN
        PERFORM FROM annotate_pair WHERE query_id = ANY (moved) ORDER BY id FOR NO KEY UPDATE;
        UPDATE annotate_pair p SET lane = q.lane FROM annotate_query q
        WHERE p.query_id = q.id AND q.id = ANY (moved) AND p.lane <> q.lane;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER query_pairs_follow AFTER UPDATE ON annotate_query
REFERENCING OLD TABLE AS was NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION annotate_pair_follow();
"""

_HISTORY: Final = """
CREATE FUNCTION annotate_preference_is_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept annotate_preference := NEW;
BEGIN
    IF OLD.current THEN kept.current := true; END IF;
    IF accounts_erases(OLD.project_id) THEN  -- an erasure takes the words, and nothing else
        IF kept.comment = '' THEN kept.comment := OLD.comment; END IF;
        IF kept.skip_reason = '' THEN kept.skip_reason := OLD.skip_reason; END IF;
    END IF;
    IF kept IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'preference % is never rewritten; add a new one', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'preference_is_history';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER preference_is_history BEFORE UPDATE ON annotate_preference
FOR EACH ROW EXECUTE FUNCTION annotate_preference_is_history();
CREATE TRIGGER preference_kept BEFORE DELETE ON annotate_preference
FOR EACH ROW EXECUTE FUNCTION accounts_delete_guard('preference');

-- A member's, on a pair of the project, of wordings that there are or were.
CREATE FUNCTION annotate_preference_home() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    about record;
    fault text;
BEGIN
    PERFORM annotate_done_by_judge(NEW.project_id, NEW.person_id, 'preference_is_a_members');
    SELECT o.project_id, o.first_id, o.second_id, q.revision AS query, p.revision AS first,
           s.revision AS second, coalesce(q.withdrawn_at, a.withdrawn_at, b.withdrawn_at,
                                          p.withdrawn_at, s.withdrawn_at) AS withdrawn_at
    INTO about FROM annotate_pair o JOIN annotate_query q ON q.id = o.query_id
    JOIN annotate_candidate a ON a.id = o.first_id JOIN annotate_passage p ON p.id = a.passage_id
    JOIN annotate_candidate b ON b.id = o.second_id JOIN annotate_passage s ON s.id = b.passage_id
    WHERE o.id = NEW.pair_id;
    IF NEW.project_id IS DISTINCT FROM about.project_id THEN
        fault := 'preference_of_one_project';
    ELSIF NEW.left_id NOT IN (about.first_id, about.second_id)
        OR NEW.preferred_id NOT IN (about.first_id, about.second_id) THEN
        fault := 'preference_is_of_its_pair';
    ELSIF NEW.query_revision NOT BETWEEN 1 AND about.query
        OR NEW.first_revision NOT BETWEEN 1 AND about.first
        OR NEW.second_revision NOT BETWEEN 1 AND about.second THEN
        fault := 'preference_of_a_wording';
    ELSIF NEW.slot IS NOT NULL AND about.withdrawn_at IS NOT NULL THEN
        fault := 'preference_counts_what_is_there';
    ELSIF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM annotate_preference r WHERE r.id = NEW.replaces_id AND NOT r.current
          AND r.pair_id = NEW.pair_id AND r.person_id = NEW.person_id
    ) THEN
        fault := 'preference_replaces_its_own';
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'preference % does not fit what it is about: %', NEW.id, fault
            USING ERRCODE = 'check_violation', CONSTRAINT = fault;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER preference_home BEFORE INSERT ON annotate_preference
FOR EACH ROW EXECUTE FUNCTION annotate_preference_home();

-- Asked at the commit, since what replaces a preference comes after it has ended.
CREATE FUNCTION annotate_preference_ended() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM annotate_pair o JOIN annotate_query q ON q.id = o.query_id
        JOIN annotate_candidate a ON a.id = o.first_id
        JOIN annotate_passage p ON p.id = a.passage_id
        JOIN annotate_candidate b ON b.id = o.second_id
        JOIN annotate_passage s ON s.id = b.passage_id
        WHERE o.id = NEW.pair_id AND q.revision <= NEW.query_revision
          AND p.revision <= NEW.first_revision AND s.revision <= NEW.second_revision
          AND EXISTS (SELECT FROM annotate_preference WHERE id = NEW.id)
          AND NOT EXISTS (SELECT FROM annotate_preference r WHERE r.replaces_id = NEW.id)
    ) THEN
        RAISE EXCEPTION 'preference % ends, and nothing replaces or withdraws it', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'preference_ends_for_a_reason';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER preference_ends_for_a_reason AFTER UPDATE ON annotate_preference
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.current AND NOT NEW.current) EXECUTE FUNCTION annotate_preference_ended();

-- Preferences on an earlier wording become history. Who calls holds the overlap; answers that are
-- under way end first, so that they are retired, too, and later ones find the new wording.
CREATE FUNCTION annotate_preferences_retire(queries bigint[], passages bigint[]) RETURNS bigint
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    about bigint[];
    retired bigint;
BEGIN
    SELECT array_agg(id) INTO about FROM (
        SELECT o.id FROM annotate_pair o WHERE o.id IN (
            SELECT id FROM annotate_pair WHERE query_id = ANY (queries)
            UNION
            SELECT x.id FROM annotate_candidate c JOIN annotate_pair x ON x.first_id = c.id
            WHERE c.passage_id = ANY (passages)
            UNION
            SELECT x.id FROM annotate_candidate c JOIN annotate_pair x ON x.second_id = c.id
            WHERE c.passage_id = ANY (passages)
        ) ORDER BY o.id FOR NO KEY UPDATE
    ) held;
    UPDATE annotate_preference SET current = false WHERE pair_id = ANY (about) AND current;
    GET DIAGNOSTICS retired = ROW_COUNT;
    RETURN retired;
END $$;
"""

_SLOTS: Final = """
-- The only writer of annotate_pair.wanted, always below a trigger, as the last ones see to.
CREATE FUNCTION annotate_pair_settle(pairs bigint[], overlap smallint) RETURNS void
LANGUAGE sql AS $$
    UPDATE annotate_pair o SET wanted = n.counted < overlap
    FROM (
        SELECT id, (SELECT count(*) FROM annotate_preference j
                    WHERE j.pair_id = given.id AND j.current AND j.slot IS NOT NULL) AS counted
        FROM unnest(pairs) AS given (id)
    ) n
    WHERE o.id = n.id AND o.wanted IS DISTINCT FROM (n.counted < overlap)
$$;

CREATE FUNCTION annotate_preference_settle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    overlap smallint := annotate_overlap_of(NEW.project_id);
    kept boolean := EXISTS (  -- a changed answer keeps its slot even where the overlap was lowered
        SELECT FROM annotate_preference r WHERE r.id = NEW.replaces_id AND r.slot = NEW.slot);
BEGIN
    PERFORM FROM annotate_pair WHERE id = NEW.pair_id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' AND NOT kept AND (NEW.slot > overlap OR overlap < (
        SELECT count(*) FROM annotate_preference
        WHERE pair_id = NEW.pair_id AND current AND slot IS NOT NULL
    )) THEN
        RAISE EXCEPTION 'pair % has its % preferences', NEW.pair_id, overlap
            USING ERRCODE = 'check_violation', CONSTRAINT = 'preference_within_overlap';
    END IF;
    PERFORM annotate_pair_settle(ARRAY[NEW.pair_id], overlap);
    RETURN NULL;
END $$;
CREATE TRIGGER preference_fills AFTER INSERT ON annotate_preference
FOR EACH ROW WHEN (NEW.slot IS NOT NULL) EXECUTE FUNCTION annotate_preference_settle();
CREATE TRIGGER preference_frees AFTER UPDATE OF current ON annotate_preference
FOR EACH ROW WHEN (OLD.slot IS NOT NULL) EXECUTE FUNCTION annotate_preference_settle();

CREATE FUNCTION annotate_pair_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('annotate_overlap'), NEW.id::integer);
    PERFORM annotate_pair_settle(
        ARRAY(SELECT DISTINCT pair_id FROM annotate_preference
              WHERE project_id = NEW.id AND current AND slot IS NOT NULL),
        NEW.overlap);
    RETURN NULL;
END $$;
CREATE TRIGGER overlap_settles_pairs AFTER UPDATE OF overlap ON accounts_project
FOR EACH ROW WHEN (OLD.overlap IS DISTINCT FROM NEW.overlap)
EXECUTE FUNCTION annotate_pair_overlap();

CREATE FUNCTION annotate_pair_wanted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether pair % is wanted is counted, not set', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'pair_wanted_is_counted';
END $$;
CREATE TRIGGER pair_wanted BEFORE UPDATE ON annotate_pair
FOR EACH ROW WHEN (OLD.wanted <> NEW.wanted AND pg_trigger_depth() = 0)
EXECUTE FUNCTION annotate_pair_wanted();
CREATE TRIGGER pair_wanted_at_first BEFORE INSERT ON annotate_pair
FOR EACH ROW WHEN (NOT NEW.wanted) EXECUTE FUNCTION annotate_pair_wanted();

-- By a member who judges, within the overlap of that time; of an assigned query by its people.
CREATE FUNCTION annotate_pair_lease_home() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    about record;
    overlap smallint;
    fault text;
BEGIN
    SELECT o.project_id, q.lane INTO about
    FROM annotate_pair o JOIN annotate_query q ON q.id = o.query_id WHERE o.id = NEW.pair_id;
    overlap := annotate_overlap_for(about.project_id, NEW.person_id);
    PERFORM annotate_done_by_judge(about.project_id, NEW.person_id, 'pair_lease_is_a_members');
    IF NEW.slot > overlap THEN
        fault := 'pair_lease_within_overlap';
    ELSIF NEW.returned_at IS NULL AND about.lane <> 0 AND NOT coalesce((
        SELECT bool_or(who = NEW.person_id) FROM annotate_lane_people(about.lane) AS who), true)
    THEN
        fault := 'pair_lease_honours_assignment';
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION 'pair % is not for person % in slot %', NEW.pair_id, NEW.person_id, NEW.slot
            USING ERRCODE = 'check_violation', CONSTRAINT = fault;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pair_lease_home BEFORE INSERT OR UPDATE OF pair_id, person_id, slot
ON annotate_pairlease FOR EACH ROW EXECUTE FUNCTION annotate_pair_lease_home();
"""

FORWARD: Final = _PAIRS + _HISTORY + _SLOTS
BACKWARD: Final = """
DROP TRIGGER overlap_settles_pairs ON accounts_project;
DROP FUNCTION annotate_pair_overlap();
DROP TRIGGER query_pairs_follow ON annotate_query;
DROP FUNCTION annotate_pair_follow();
DROP TRIGGER pair_lease_home ON annotate_pairlease;
DROP FUNCTION annotate_pair_lease_home();
DROP TRIGGER pair_wanted_at_first ON annotate_pair;
DROP TRIGGER pair_wanted ON annotate_pair;
DROP FUNCTION annotate_pair_wanted();
DROP TRIGGER preference_frees ON annotate_preference;
DROP TRIGGER preference_fills ON annotate_preference;
DROP FUNCTION annotate_preference_settle();
DROP FUNCTION annotate_pair_settle(bigint[], smallint);
DROP FUNCTION annotate_preferences_retire(bigint[], bigint[]);
DROP TRIGGER preference_ends_for_a_reason ON annotate_preference;
DROP FUNCTION annotate_preference_ended();
DROP TRIGGER preference_home ON annotate_preference;
DROP FUNCTION annotate_preference_home();
DROP TRIGGER preference_kept ON annotate_preference;
DROP TRIGGER preference_is_history ON annotate_preference;
DROP FUNCTION annotate_preference_is_history();
DROP TRIGGER pair_stays ON annotate_pair;
DROP TRIGGER pair_home ON annotate_pair;
DROP FUNCTION annotate_pair_home();
"""
