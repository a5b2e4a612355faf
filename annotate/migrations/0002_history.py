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

CREATE FUNCTION annotate_judgment_is_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    current_after boolean := NEW.current;
BEGIN
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
END $$;
CREATE TRIGGER judgment_is_history BEFORE UPDATE ON annotate_judgment
FOR EACH ROW EXECUTE FUNCTION annotate_judgment_is_history();

-- Who leaves the project, or only looks on, judges no longer; what they said stays.
CREATE FUNCTION annotate_done_by_judge(project bigint, person bigint, kept text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM accounts_member m
        WHERE m.project_id = project AND m.user_id = person AND m.role <> 'viewer'
    ) THEN
        RAISE EXCEPTION 'person % does not judge in project %', person, project
            USING ERRCODE = 'check_violation', CONSTRAINT = kept;
    END IF;
END $$;
CREATE FUNCTION annotate_judgment_is_a_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM annotate_done_by_judge(NEW.project_id, NEW.person_id, 'judgment_is_a_members');
    RETURN NEW;
END $$;
CREATE TRIGGER judgment_is_a_members BEFORE INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION annotate_judgment_is_a_members();

CREATE FUNCTION annotate_judgment_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    overlap smallint := annotate_overlap_of(NEW.project_id);
BEGIN
    -- A corrected grade keeps its slot even where the overlap was lowered since.
    IF NEW.slot > overlap AND NOT EXISTS (
        SELECT FROM annotate_judgment kept
        WHERE kept.id = NEW.replaces_id AND NOT kept.current AND kept.slot = NEW.slot
        AND kept.candidate_id = NEW.candidate_id AND kept.person_id = NEW.person_id
    ) THEN
        RAISE EXCEPTION 'slot % is beyond the overlap of %', NEW.slot, overlap
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_slot_within_overlap';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER judgment_slot_within_overlap BEFORE INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.slot IS NOT NULL) EXECUTE FUNCTION annotate_judgment_slot();

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

-- The only writer of annotate_candidate.wanted, always below a trigger (0003 keeps that).
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
    overlap smallint := annotate_overlap_of(NEW.project_id);
BEGIN
    PERFORM FROM annotate_candidate WHERE id = NEW.candidate_id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' AND NEW.slot <= overlap AND overlap < (
        SELECT count(*) FROM annotate_judgment
        WHERE candidate_id = NEW.candidate_id AND current AND slot IS NOT NULL
    ) AND NOT EXISTS (
        SELECT FROM annotate_judgment kept
        WHERE kept.id = NEW.replaces_id AND kept.slot = NEW.slot
    ) THEN
        RAISE EXCEPTION 'candidate % has its % judgments', NEW.candidate_id, overlap
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_within_overlap';
    END IF;
    PERFORM annotate_candidate_settle(ARRAY[NEW.candidate_id], overlap);
    RETURN NULL;
END $$;
CREATE TRIGGER judgment_fills AFTER INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.slot IS NOT NULL) EXECUTE FUNCTION annotate_judgment_settle();
CREATE TRIGGER judgment_frees AFTER UPDATE OF current ON annotate_judgment
FOR EACH ROW WHEN (OLD.slot IS NOT NULL) EXECUTE FUNCTION annotate_judgment_settle();

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
    IF OLD.digest IS NOT NULL AND kept IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'snapshot % is frozen', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'snapshot_is_frozen';
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

CREATE FUNCTION annotate_judgment_refuse(stray boolean, unread boolean, gone boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF stray THEN
        RAISE EXCEPTION 'a judgment, its candidate, grade and source are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_of_one_project';
    ELSIF unread THEN
        RAISE EXCEPTION 'a judgment is of a wording that there is or was'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_of_a_wording';
    ELSIF gone THEN
        RAISE EXCEPTION 'a judgment of what is withdrawn does not count'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_counts_what_is_there';
    END IF;
END $$;

-- People judge one by one: looked up by keys, under a plan that is kept.
CREATE FUNCTION annotate_answer_home() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    about record;
BEGIN
    SELECT c.project_id, p.revision AS passage, q.revision AS query,
           coalesce(c.withdrawn_at, p.withdrawn_at, q.withdrawn_at) AS withdrawn_at
    INTO about FROM annotate_candidate c JOIN annotate_passage p ON p.id = c.passage_id
    JOIN annotate_query q ON q.id = c.query_id WHERE c.id = NEW.candidate_id;
    PERFORM annotate_judgment_refuse(
        NEW.project_id <> about.project_id OR NEW.project_id <> (
            SELECT project_id FROM accounts_grade WHERE id = NEW.grade_id),
        NEW.passage_revision NOT BETWEEN 1 AND about.passage
            OR NEW.query_revision NOT BETWEEN 1 AND about.query,
        NEW.slot IS NOT NULL AND about.withdrawn_at IS NOT NULL);
    RETURN NEW;
END $$;
CREATE TRIGGER judgment_answer_home BEFORE INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION annotate_answer_home();

-- Labels come by the thousand. Joined in the order written, never row by row: with statistics of
-- smaller tables the planner would go over the new rows, which have no index, for each text.
CREATE FUNCTION annotate_label_home() RETURNS trigger LANGUAGE plpgsql
SET join_collapse_limit = 1 SET enable_nestloop = off AS $$
DECLARE
    strays bigint;
    unread bigint;
BEGIN
    IF (SELECT count(*) FROM made WHERE source_id IS NOT NULL) = 0 THEN
        RETURN NULL;
    END IF;
    EXECUTE $query$
        SELECT count(*) FILTER (WHERE made.project_id <> c.project_id
                                OR made.project_id <> g.project_id
                                OR made.project_id <> s.project_id),
               count(*) FILTER (WHERE made.passage_revision NOT BETWEEN 1 AND p.revision
                                OR made.query_revision NOT BETWEEN 1 AND q.revision)
        FROM made JOIN annotate_candidate c ON c.id = made.candidate_id
        JOIN annotate_passage p ON p.id = c.passage_id JOIN annotate_query q ON q.id = c.query_id
        LEFT JOIN accounts_grade g ON g.id = made.grade_id
        JOIN annotate_source s ON s.id = made.source_id
    $query$ INTO strays, unread;
    PERFORM annotate_judgment_refuse(strays > 0, unread > 0, false);
    RETURN NULL;
END $$;
CREATE TRIGGER judgment_label_home AFTER INSERT ON annotate_judgment
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_label_home();

CREATE FUNCTION annotate_judgment_replaces_its_own() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    strays bigint;
BEGIN
    IF (SELECT count(*) FROM made WHERE replaces_id IS NOT NULL) = 0 THEN
        RETURN NULL;
    END IF;
    EXECUTE $query$
        SELECT count(*) FROM made JOIN annotate_judgment r ON r.id = made.replaces_id
        LEFT JOIN made born ON born.id = r.id
        WHERE r.current OR born.id IS NOT NULL OR (r.candidate_id, r.person_id, r.source_id)
              IS DISTINCT FROM (made.candidate_id, made.person_id, made.source_id)
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a judgment replaces one that ended, of the same author and candidate'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_replaces_its_own';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER judgment_replaces_its_own AFTER INSERT ON annotate_judgment
REFERENCING NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION annotate_judgment_replaces_its_own();

CREATE FUNCTION annotate_home_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % stays where it is, with its id', TG_ARGV[0], OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_stays';
END $$;
CREATE TRIGGER candidate_stays BEFORE UPDATE ON annotate_candidate
FOR EACH ROW WHEN ((OLD.project_id, OLD.query_id, OLD.passage_id)
                   IS DISTINCT FROM (NEW.project_id, NEW.query_id, NEW.passage_id))
EXECUTE FUNCTION annotate_home_kept('candidate');
CREATE TRIGGER query_stays BEFORE UPDATE ON annotate_query
FOR EACH ROW WHEN ((OLD.project_id, OLD.external_id)
                   IS DISTINCT FROM (NEW.project_id, NEW.external_id))
EXECUTE FUNCTION annotate_home_kept('query');
CREATE TRIGGER passage_stays BEFORE UPDATE ON annotate_passage
FOR EACH ROW WHEN ((OLD.project_id, OLD.external_id)
                   IS DISTINCT FROM (NEW.project_id, NEW.external_id))
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
DROP TRIGGER judgment_replaces_its_own ON annotate_judgment;
DROP FUNCTION annotate_judgment_replaces_its_own();
DROP TRIGGER judgment_label_home ON annotate_judgment;
DROP FUNCTION annotate_label_home();
DROP TRIGGER judgment_answer_home ON annotate_judgment;
DROP FUNCTION annotate_answer_home();
DROP FUNCTION annotate_judgment_refuse(boolean, boolean, boolean);
DROP TRIGGER candidate_home ON annotate_candidate;
DROP FUNCTION annotate_candidate_home();
DROP TRIGGER snapshot_kept ON annotate_snapshot;
DROP TRIGGER judgment_kept ON annotate_judgment;
DROP TRIGGER snapshot_guard ON annotate_snapshot;
DROP FUNCTION annotate_snapshot_guard();
DROP TRIGGER judgment_slot_within_overlap ON annotate_judgment;
DROP FUNCTION annotate_judgment_slot();
DROP TRIGGER judgment_is_a_members ON annotate_judgment;
DROP FUNCTION annotate_judgment_is_a_members();
DROP FUNCTION annotate_done_by_judge(bigint, bigint, text);
DROP TRIGGER judgment_is_history ON annotate_judgment;
DROP FUNCTION annotate_judgment_is_history();
DROP TRIGGER overlap_settles ON accounts_project;
DROP FUNCTION annotate_overlap_settle();
DROP TRIGGER judgment_frees ON annotate_judgment;
DROP TRIGGER judgment_fills ON annotate_judgment;
DROP FUNCTION annotate_judgment_settle();
DROP FUNCTION annotate_candidate_settle(bigint[], smallint);
DROP FUNCTION annotate_overlap_of(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0001_initial"), ("accounts", "0002_namespace")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
