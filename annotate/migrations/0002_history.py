"""What constraints cannot say: judgments are history, slots end at the overlap, leases are of
members, snapshots are frozen, and whether a candidate is wanted is counted.
"""

from django.db import migrations

FORWARD = """
-- The overlap, which holds until the transaction ends: whoever changes it waits. Take it before
-- any candidate's lock.
CREATE FUNCTION annotate_overlap_of(project bigint) RETURNS smallint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('annotate_overlap'), project::integer);
    RETURN (SELECT overlap FROM accounts_project WHERE id = project);
END $$;
-- The same for what a person is leased or answers. Whoever ends their membership waits until this
-- transaction ends, or this one for them (0013), before it holds anything.
CREATE FUNCTION annotate_overlap_for(project bigint, person bigint) RETURNS smallint
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('annotate_judge'), person::integer);
    RETURN annotate_overlap_of(project);
END $$;

-- An erasure takes a judgment's words and the places that it points to, and nothing else.
CREATE FUNCTION annotate_judgment_is_erased(was annotate_judgment, made annotate_judgment)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    -- A decision keeps that it had a reason.
    IF made.comment = (CASE was.kind WHEN 'adjudication' THEN '(erased)' ELSE '' END) THEN
        made.comment := was.comment;
    END IF;
    IF made.skip_reason IN ('', was.skip_reason) THEN made.skip_reason := was.skip_reason; END IF;
    IF made.evidence = '[]' THEN made.evidence := was.evidence; END IF;
    RETURN made IS NOT DISTINCT FROM was AND accounts_erases(was.project_id);
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
    IF NEW IS DISTINCT FROM OLD AND NOT annotate_judgment_is_erased(OLD, NEW) THEN
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

-- The only writers of annotate_candidate.wanted, always below a trigger, as the last ones see to.
CREATE FUNCTION annotate_judgment_settle() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    overlap smallint := annotate_overlap_of(NEW.project_id);
    counted bigint;
BEGIN
    PERFORM FROM annotate_candidate WHERE id = NEW.candidate_id FOR NO KEY UPDATE;
    SELECT count(*) INTO counted FROM annotate_judgment
    WHERE candidate_id = NEW.candidate_id AND current AND slot IS NOT NULL;
    IF TG_OP = 'INSERT' AND NEW.slot <= overlap AND overlap < counted AND NOT EXISTS (
        SELECT FROM annotate_judgment kept
        WHERE kept.id = NEW.replaces_id AND kept.slot = NEW.slot
    ) THEN
        RAISE EXCEPTION 'candidate % has its % judgments', NEW.candidate_id, overlap
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_within_overlap';
    END IF;
    UPDATE annotate_candidate SET wanted = counted < overlap
    WHERE id = NEW.candidate_id AND wanted IS DISTINCT FROM (counted < overlap);
    RETURN NULL;
END $$;
CREATE TRIGGER judgment_fills AFTER INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.slot IS NOT NULL) EXECUTE FUNCTION annotate_judgment_settle();
CREATE TRIGGER judgment_frees AFTER UPDATE OF current ON annotate_judgment
FOR EACH ROW WHEN (OLD.slot IS NOT NULL) EXECUTE FUNCTION annotate_judgment_settle();

CREATE FUNCTION annotate_overlap_settle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('annotate_overlap'), NEW.id::integer);
    UPDATE annotate_candidate c SET wanted = n.counted < NEW.overlap
    FROM (SELECT candidate_id, count(*) AS counted FROM annotate_judgment
          WHERE project_id = NEW.id AND current AND slot IS NOT NULL GROUP BY candidate_id) n
    WHERE c.id = n.candidate_id AND c.wanted IS DISTINCT FROM (n.counted < NEW.overlap);
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
    -- An erasure leaves the seals of records in their place, which the digest survives.
    IF OLD.status = 'ready' AND NEW.redacted > OLD.redacted AND accounts_erases(OLD.project_id) THEN
        kept.files := OLD.files;
        kept.redacted := OLD.redacted;
    END IF;
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

-- What was counted of a frozen snapshot is counted once.
CREATE FUNCTION annotate_copies_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'copies of snapshot % are counted already', OLD.snapshot_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'copies_are_kept';
END $$;
CREATE TRIGGER copies_kept BEFORE UPDATE ON annotate_copies
FOR EACH ROW WHEN (OLD.status <> 'running') EXECUTE FUNCTION annotate_copies_kept();

-- History leaves with its whole project only (accounts.services.project_delete says so).
CREATE TRIGGER judgment_kept BEFORE DELETE ON annotate_judgment
FOR EACH ROW EXECUTE FUNCTION accounts_delete_guard('judgment');
CREATE TRIGGER snapshot_kept BEFORE DELETE ON annotate_snapshot
FOR EACH ROW WHEN (OLD.digest IS NOT NULL) EXECUTE FUNCTION accounts_delete_guard('snapshot');

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

-- Once it is taken, a lease runs out by itself, whatever the overlap, or ends with the role (0013).
CREATE FUNCTION annotate_lease_is_a_members() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    project bigint := (SELECT project_id FROM annotate_candidate WHERE id = NEW.candidate_id);
    overlap smallint := annotate_overlap_for(project, NEW.person_id);
BEGIN
    PERFORM annotate_done_by_judge(project, NEW.person_id, 'lease_is_a_members');
    IF NEW.slot > overlap THEN
        RAISE EXCEPTION 'slot % is beyond the overlap of %', NEW.slot, overlap
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lease_slot_within_overlap';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lease_is_a_members BEFORE INSERT OR UPDATE OF candidate_id, person_id, slot
ON annotate_lease FOR EACH ROW EXECUTE FUNCTION annotate_lease_is_a_members();

CREATE FUNCTION annotate_wanted_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether candidate % is wanted is counted, not set', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'candidate_wanted_is_counted';
END $$;
CREATE TRIGGER wanted_is_counted BEFORE UPDATE ON annotate_candidate
FOR EACH ROW WHEN (OLD.wanted <> NEW.wanted AND pg_trigger_depth() = 0)
EXECUTE FUNCTION annotate_wanted_is_counted();
CREATE TRIGGER wanted_at_first BEFORE INSERT ON annotate_candidate
FOR EACH ROW WHEN (NOT NEW.wanted) EXECUTE FUNCTION annotate_wanted_is_counted();
"""

BACKWARD = """
DROP TRIGGER wanted_at_first ON annotate_candidate;
DROP TRIGGER wanted_is_counted ON annotate_candidate;
DROP FUNCTION annotate_wanted_is_counted();
DROP TRIGGER lease_is_a_members ON annotate_lease;
DROP FUNCTION annotate_lease_is_a_members();
DROP TRIGGER grade_guard ON accounts_grade;
DROP FUNCTION annotate_grade_guard();
DROP TRIGGER copies_kept ON annotate_copies;
DROP FUNCTION annotate_copies_kept();
DROP TRIGGER snapshot_begins ON annotate_snapshot;
DROP FUNCTION annotate_snapshot_begin();
DROP TRIGGER judgment_ends_for_a_reason ON annotate_judgment;
DROP FUNCTION annotate_judgment_ended();
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
DROP FUNCTION annotate_judgment_is_erased(annotate_judgment, annotate_judgment);
DROP TRIGGER overlap_settles ON accounts_project;
DROP FUNCTION annotate_overlap_settle();
DROP TRIGGER judgment_frees ON annotate_judgment;
DROP TRIGGER judgment_fills ON annotate_judgment;
DROP FUNCTION annotate_judgment_settle();
DROP FUNCTION annotate_overlap_for(bigint, bigint);
DROP FUNCTION annotate_overlap_of(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0001_initial"), ("accounts", "0002_namespace")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
