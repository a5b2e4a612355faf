"""What constraints cannot say: judgments are history, slots end at the overlap."""

from django.db import migrations

FORWARD = """
-- The overlap, which holds until the transaction ends: whoever changes it waits. Take it before
-- any candidate's lock.
CREATE FUNCTION annotate_overlap_of(project bigint) RETURNS smallint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('annotate_overlap'), project::integer);
    RETURN (SELECT overlap FROM accounts_project WHERE id = project);
END $$;

CREATE FUNCTION annotate_judgment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted smallint;  -- the overlap
    current_after boolean := NEW.current;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.current AND NOT OLD.current THEN
            RAISE EXCEPTION 'judgment % is history and cannot become current again', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_is_history';
        END IF;
        NEW.current := OLD.current;
        IF NEW IS DISTINCT FROM OLD THEN
            RAISE EXCEPTION 'judgment % cannot be rewritten; add a new one', OLD.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_is_history';
        END IF;
        NEW.current := current_after;
        RETURN NEW;
    END IF;
    -- Who leaves the project, or only looks on, judges no longer; what they said stays.
    IF NEW.person_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM accounts_member m
        WHERE m.project_id = NEW.project_id AND m.user_id = NEW.person_id AND m.role <> 'viewer'
    ) THEN
        RAISE EXCEPTION 'person % does not judge in project %', NEW.person_id, NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_is_a_members';
    END IF;
    IF NEW.slot IS NOT NULL THEN
        wanted := annotate_overlap_of(NEW.project_id);
        -- A corrected grade keeps its slot even where the overlap was lowered since.
        IF NEW.slot > wanted AND NOT EXISTS (
            SELECT FROM annotate_judgment kept
            WHERE kept.id = NEW.replaces_id AND NOT kept.current AND kept.slot = NEW.slot
            AND kept.candidate_id = NEW.candidate_id AND kept.person_id = NEW.person_id
        ) THEN
            RAISE EXCEPTION 'slot % is beyond the overlap of %', NEW.slot, wanted
                USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_slot_within_overlap';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER judgment_guard BEFORE INSERT OR UPDATE ON annotate_judgment
FOR EACH ROW EXECUTE FUNCTION annotate_judgment_guard();

-- Asked at the commit, since what replaces a judgment comes after it has ended. The plan is kept,
-- and must not be the one that suits small tables.
CREATE FUNCTION annotate_judgment_ended() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM annotate_judgment j JOIN annotate_candidate c ON c.id = j.candidate_id
        JOIN annotate_passage p ON p.id = c.passage_id JOIN annotate_query q ON q.id = c.query_id
        WHERE j.id = NEW.id AND p.revision <= j.passage_revision
          AND q.revision <= j.query_revision
          AND NOT EXISTS (SELECT FROM annotate_judgment r WHERE r.replaces_id = j.id)
    ) THEN
        RAISE EXCEPTION 'judgment % ends, and nothing replaces or withdraws it', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_ends_for_a_reason';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER judgment_ends_for_a_reason AFTER UPDATE ON annotate_judgment
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.current AND NOT NEW.current) EXECUTE FUNCTION annotate_judgment_ended();

-- The only writer of annotate_candidate.wanted.
CREATE FUNCTION annotate_candidate_settle(candidates bigint[], overlap smallint) RETURNS void
LANGUAGE sql AS $$
    UPDATE annotate_candidate c SET wanted = n.counted < overlap
    FROM (
        SELECT id, (SELECT count(*) FROM annotate_judgment j
                    WHERE j.candidate_id = given.id AND j.current AND j.slot IS NOT NULL) AS counted
        FROM unnest(candidates) AS given (id)
    ) n
    WHERE c.id = n.id AND c.wanted IS DISTINCT FROM (n.counted < overlap)
$$;

CREATE FUNCTION annotate_judgment_settle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    about annotate_judgment;
    overlap smallint;
BEGIN
    IF TG_OP = 'DELETE' THEN about := OLD; ELSE about := NEW; END IF;
    overlap := coalesce(annotate_overlap_of(about.project_id), 1::smallint);
    PERFORM FROM annotate_candidate WHERE id = about.candidate_id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' AND about.slot <= overlap AND overlap < (
        SELECT count(*) FROM annotate_judgment
        WHERE candidate_id = about.candidate_id AND current AND slot IS NOT NULL
    ) AND NOT EXISTS (
        SELECT FROM annotate_judgment kept
        WHERE kept.id = about.replaces_id AND kept.slot = about.slot
    ) THEN
        RAISE EXCEPTION 'candidate % has its % judgments', about.candidate_id, overlap
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_within_overlap';
    END IF;
    PERFORM annotate_candidate_settle(ARRAY[about.candidate_id], overlap);
    RETURN NULL;
END $$;
CREATE TRIGGER judgment_fills AFTER INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.slot IS NOT NULL) EXECUTE FUNCTION annotate_judgment_settle();
CREATE TRIGGER judgment_frees AFTER UPDATE OF current ON annotate_judgment
FOR EACH ROW WHEN (OLD.slot IS NOT NULL) EXECUTE FUNCTION annotate_judgment_settle();
CREATE TRIGGER judgment_leaves AFTER DELETE ON annotate_judgment
FOR EACH ROW WHEN (OLD.slot IS NOT NULL AND OLD.current)
EXECUTE FUNCTION annotate_judgment_settle();

CREATE FUNCTION annotate_overlap_settle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('annotate_overlap'), NEW.id::integer);
    PERFORM annotate_candidate_settle(
        ARRAY(SELECT DISTINCT candidate_id FROM annotate_judgment
              WHERE project_id = NEW.id AND current AND slot IS NOT NULL),
        NEW.overlap);
    RETURN NULL;
END $$;
CREATE TRIGGER overlap_settles AFTER UPDATE OF overlap ON accounts_project
FOR EACH ROW WHEN (OLD.overlap IS DISTINCT FROM NEW.overlap)
EXECUTE FUNCTION annotate_overlap_settle();

CREATE FUNCTION annotate_snapshot_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept annotate_snapshot := NEW;
BEGIN
    -- Who asked for it may leave the installation.
    IF kept.created_by_id IS NULL THEN kept.created_by_id := OLD.created_by_id; END IF;
    IF OLD.status IN ('ready', 'failed') AND kept IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'snapshot % is frozen: it is %', OLD.id, OLD.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'snapshot_is_frozen';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('queued', 'running'), ('running', 'ready'), ('running', 'failed')
    ) THEN
        RAISE EXCEPTION 'a snapshot cannot move from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'snapshot_move_allowed';
    END IF;
    IF (NEW.id, NEW.project_id, NEW.seed, NEW.policy, NEW.splits, NEW.created_at,
        kept.created_by_id)
        IS DISTINCT FROM
       (OLD.id, OLD.project_id, OLD.seed, OLD.policy, OLD.splits, OLD.created_at,
        OLD.created_by_id) THEN
        RAISE EXCEPTION 'what snapshot % freezes is fixed', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'snapshot_wish_is_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER snapshot_guard BEFORE UPDATE ON annotate_snapshot
FOR EACH ROW EXECUTE FUNCTION annotate_snapshot_guard();

CREATE FUNCTION annotate_snapshot_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a new snapshot is queued, not %', NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'snapshot_begins_queued';
END $$;
CREATE TRIGGER snapshot_begins BEFORE INSERT ON annotate_snapshot
FOR EACH ROW WHEN (NEW.status <> 'queued') EXECUTE FUNCTION annotate_snapshot_begin();

-- History leaves with its whole project only (accounts.services.project_delete says so).
CREATE TRIGGER judgment_kept BEFORE DELETE ON annotate_judgment
FOR EACH ROW EXECUTE FUNCTION accounts_delete_guard('judgment');
CREATE TRIGGER snapshot_kept BEFORE DELETE ON annotate_snapshot
FOR EACH ROW WHEN (OLD.digest IS NOT NULL) EXECUTE FUNCTION accounts_delete_guard('snapshot');

-- A candidate is of the project of its texts, a judgment of that of its candidate, grade and
-- source. Once per statement, since imports store many rows by one; counted, not looked for, since
-- a search for the first of none is planned as a nested loop; planned at each call, since a plan
-- kept from small tables is quadratic on large ones.
CREATE FUNCTION annotate_candidate_home() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    strays bigint;
BEGIN
    EXECUTE $query$
        SELECT count(*) FROM made JOIN annotate_query q ON q.id = made.query_id
        JOIN annotate_passage p ON p.id = made.passage_id
        WHERE q.project_id <> made.project_id OR p.project_id <> made.project_id
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a candidate, its query and its passage are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'candidate_of_one_project';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER candidate_home AFTER INSERT ON annotate_candidate
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_candidate_home();

CREATE FUNCTION annotate_judgment_home() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    strays bigint;
BEGIN
    EXECUTE $query$
        SELECT count(*) FROM made JOIN annotate_candidate c ON c.id = made.candidate_id
        LEFT JOIN accounts_grade g ON g.id = made.grade_id
        LEFT JOIN annotate_source s ON s.id = made.source_id
        WHERE made.project_id <> c.project_id OR made.project_id <> g.project_id
           OR made.project_id <> s.project_id
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a judgment, its candidate, grade and source are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_of_one_project';
    END IF;
    IF (SELECT count(*) FROM made WHERE replaces_id IS NOT NULL) = 0 THEN
        RETURN NULL;
    END IF;
    EXECUTE $query$
        SELECT count(*) FROM made JOIN annotate_judgment r ON r.id = made.replaces_id
        WHERE r.current OR (r.candidate_id, r.person_id, r.source_id)
              IS DISTINCT FROM (made.candidate_id, made.person_id, made.source_id)
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a judgment replaces one that ended, of the same author and candidate'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_replaces_its_own';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER judgment_home AFTER INSERT ON annotate_judgment
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_judgment_home();

CREATE FUNCTION annotate_home_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % stays where it is', TG_ARGV[0], OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_stays';
END $$;
CREATE TRIGGER candidate_stays BEFORE UPDATE ON annotate_candidate
FOR EACH ROW WHEN ((OLD.project_id, OLD.query_id, OLD.passage_id)
                   IS DISTINCT FROM (NEW.project_id, NEW.query_id, NEW.passage_id))
EXECUTE FUNCTION annotate_home_kept('candidate');
CREATE TRIGGER query_stays BEFORE UPDATE ON annotate_query
FOR EACH ROW WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id)
EXECUTE FUNCTION annotate_home_kept('query');
CREATE TRIGGER passage_stays BEFORE UPDATE ON annotate_passage
FOR EACH ROW WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id)
EXECUTE FUNCTION annotate_home_kept('passage');
CREATE TRIGGER source_stays BEFORE UPDATE ON annotate_source
FOR EACH ROW WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id)
EXECUTE FUNCTION annotate_home_kept('source');
CREATE TRIGGER grade_stays BEFORE UPDATE ON accounts_grade
FOR EACH ROW WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id)
EXECUTE FUNCTION annotate_home_kept('grade');

CREATE FUNCTION annotate_grade_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A judgment that is being made holds its grade, so that this update has waited for it.
    IF EXISTS (SELECT FROM annotate_judgment WHERE grade_id = OLD.id) THEN
        RAISE EXCEPTION 'judgments use grade %: it keeps its value', OLD.value
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grade_in_use_keeps_its_value';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER grade_guard BEFORE UPDATE ON accounts_grade
FOR EACH ROW WHEN (OLD.value IS DISTINCT FROM NEW.value) EXECUTE FUNCTION annotate_grade_guard();
"""

BACKWARD = """
DROP TRIGGER grade_guard ON accounts_grade;
DROP FUNCTION annotate_grade_guard();
DROP TRIGGER snapshot_begins ON annotate_snapshot;
DROP FUNCTION annotate_snapshot_begin();
DROP TRIGGER judgment_ends_for_a_reason ON annotate_judgment;
DROP FUNCTION annotate_judgment_ended();
DROP TRIGGER grade_stays ON accounts_grade;
DROP TRIGGER source_stays ON annotate_source;
DROP TRIGGER passage_stays ON annotate_passage;
DROP TRIGGER query_stays ON annotate_query;
DROP TRIGGER candidate_stays ON annotate_candidate;
DROP FUNCTION annotate_home_kept();
DROP TRIGGER judgment_home ON annotate_judgment;
DROP FUNCTION annotate_judgment_home();
DROP TRIGGER candidate_home ON annotate_candidate;
DROP FUNCTION annotate_candidate_home();
DROP TRIGGER snapshot_kept ON annotate_snapshot;
DROP TRIGGER judgment_kept ON annotate_judgment;
DROP TRIGGER snapshot_guard ON annotate_snapshot;
DROP FUNCTION annotate_snapshot_guard();
DROP TRIGGER judgment_guard ON annotate_judgment;
DROP FUNCTION annotate_judgment_guard();
DROP TRIGGER overlap_settles ON accounts_project;
DROP FUNCTION annotate_overlap_settle();
DROP TRIGGER judgment_leaves ON annotate_judgment;
DROP TRIGGER judgment_frees ON annotate_judgment;
DROP TRIGGER judgment_fills ON annotate_judgment;
DROP FUNCTION annotate_judgment_settle();
DROP FUNCTION annotate_candidate_settle(bigint[], smallint);
DROP FUNCTION annotate_overlap_of(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0001_initial"), ("accounts", "0002_namespace")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
