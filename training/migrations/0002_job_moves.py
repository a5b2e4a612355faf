"""A job starts as queued, its status moves along these edges only, a finished one is frozen with
what it reported, and one that trains succeeds with its version only, which nobody else publishes
under its id, and does not end otherwise once it has one."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION training_job_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A user may be deleted, which empties created_by, and where a text is erased, what an
    -- evaluation found may quote it; nothing else of a finished job changes.
    IF OLD.status IN ('succeeded', 'failed', 'cancelled') AND NEW.status = OLD.status
        AND (to_jsonb(NEW) - '{created_by_id,outcome}'::text[]
                IS DISTINCT FROM to_jsonb(OLD) - '{created_by_id,outcome}'::text[]
             OR NEW.outcome IS DISTINCT FROM OLD.outcome
                AND NOT (OLD.kind = 'evaluate' AND accounts_erases(OLD.project_id)
                    AND models_app_facts_unquoted(OLD.outcome)
                        IS NOT DISTINCT FROM models_app_facts_unquoted(NEW.outcome))
             OR NEW.created_by_id IS NOT NULL
                AND NEW.created_by_id IS DISTINCT FROM OLD.created_by_id)
    THEN
        RAISE EXCEPTION 'job % is finished and never changes', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_finished_is_frozen';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('queued', 'running'), ('queued', 'cancelled'), ('queued', 'failed'),
        ('running', 'queued'), ('running', 'cancelling'),
        ('running', 'succeeded'), ('running', 'failed'),
        ('cancelling', 'cancelled'), ('cancelling', 'succeeded')
    ) THEN
        RAISE EXCEPTION 'a job cannot move from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_move_allowed';
    END IF;
    -- Training publishes its version in the very transaction that ends the job.
    IF NEW.status = 'succeeded' AND OLD.status <> 'succeeded' AND NEW.kind = 'train'
        AND NOT EXISTS (SELECT FROM models_app_version WHERE job = NEW.id)
    THEN
        RAISE EXCEPTION 'job % has published no version and did not succeed', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_success_is_a_version';
    END IF;
    IF (NEW.id, NEW.project_id, NEW.snapshot_id, NEW.reranker_id, NEW.base_model,
        NEW.base_revision, NEW.recipe, NEW.kind, NEW.continues_id)
        IS DISTINCT FROM
       (OLD.id, OLD.project_id, OLD.snapshot_id, OLD.reranker_id, OLD.base_model,
        OLD.base_revision, OLD.recipe, OLD.kind, OLD.continues_id) THEN
        RAISE EXCEPTION 'what job % runs is fixed', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_spec_is_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_guard BEFORE UPDATE ON training_trainingjob
FOR EACH ROW EXECUTE FUNCTION training_job_guard();

-- Id and attempt are the claim by which a process writes, so that no two ever hold the same.
CREATE FUNCTION training_job_is_claimed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'each claim of job % counts one attempt, and nothing else does', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'job_is_claimed_by_attempt';
END $$;
CREATE TRIGGER job_is_claimed_by_attempt BEFORE UPDATE ON training_trainingjob
FOR EACH ROW WHEN (
    NEW.attempt - OLD.attempt <> (OLD.status <> 'running' AND NEW.status = 'running')::integer
) EXECUTE FUNCTION training_job_is_claimed();

CREATE FUNCTION training_job_with_a_version_succeeds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM models_app_version WHERE job = OLD.id) THEN
        RAISE EXCEPTION 'job % has published its version and cannot become %', OLD.id, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_with_a_version_succeeds';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_with_a_version_succeeds BEFORE UPDATE ON training_trainingjob
FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status IN ('queued', 'failed', 'cancelled'))
EXECUTE FUNCTION training_job_with_a_version_succeeds();

CREATE FUNCTION training_job_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a job starts as queued, not as %', NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'job_starts_queued';
END $$;
CREATE TRIGGER job_start BEFORE INSERT ON training_trainingjob
FOR EACH ROW WHEN (NEW.status <> 'queued' OR NEW.attempt <> 0)
EXECUTE FUNCTION training_job_start();

-- As many of a project as it may have; who counts takes turns, so that no two take one place.
-- The installation's own ceiling is a setting, and kept by job_claim and job_enqueue, which take
-- the same turns.
CREATE FUNCTION training_job_within_limits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_run integer;
    may_wait integer;
    there bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('jobs of project ' || NEW.project_id));
    SELECT running_jobs, waiting_jobs INTO may_run, may_wait
    FROM accounts_project WHERE id = NEW.project_id;
    SELECT count(*) INTO there FROM training_trainingjob
    WHERE project_id = NEW.project_id AND id <> NEW.id AND (
        NEW.status = 'running' AND status IN ('running', 'cancelling')
        OR NEW.status = 'queued' AND status = 'queued'
    );
    IF there >= (CASE NEW.status WHEN 'running' THEN may_run ELSE may_wait END) THEN
        RAISE EXCEPTION 'project % has % jobs that are %, and no more may be',
            NEW.project_id, there, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_within_limits';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_waits_within_limits BEFORE INSERT ON training_trainingjob
FOR EACH ROW EXECUTE FUNCTION training_job_within_limits();
CREATE TRIGGER job_runs_within_limits BEFORE UPDATE ON training_trainingjob
FOR EACH ROW WHEN (OLD.status = 'queued' AND NEW.status = 'running')
EXECUTE FUNCTION training_job_within_limits();

-- What has a snapshot and a reranker: constraint job_of_its_kind says which kinds do. Asked once,
-- since a job, a frozen snapshot and a reranker stay in their project.
CREATE FUNCTION training_job_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'train' AND NOT EXISTS (
        SELECT FROM annotate_snapshot snapshot
        JOIN models_app_reranker reranker ON reranker.project_id = snapshot.project_id
        WHERE snapshot.id = NEW.snapshot_id AND snapshot.digest IS NOT NULL
        AND reranker.id = NEW.reranker_id AND snapshot.project_id = NEW.project_id
    ) THEN
        RAISE EXCEPTION 'a job, its frozen snapshot and its reranker are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_of_one_project';
    END IF;
    IF NEW.kind IN ('curve', 'doubt', 'evaluate') AND NOT EXISTS (
        SELECT FROM annotate_snapshot snapshot WHERE snapshot.id = NEW.snapshot_id
        AND snapshot.digest IS NOT NULL AND snapshot.project_id = NEW.project_id
    ) THEN
        RAISE EXCEPTION 'a job and its frozen snapshot are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_of_one_project';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_home BEFORE INSERT ON training_trainingjob
FOR EACH ROW EXECUTE FUNCTION training_job_home();

-- What goes on is the same training: two jobs never go on from one, since the column is unique.
CREATE FUNCTION training_job_continues() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM training_trainingjob was
        WHERE was.id = NEW.continues_id AND was.status IN ('failed', 'cancelled')
        AND (was.project_id, was.kind, was.snapshot_id, was.reranker_id, was.base_model,
             was.base_revision, was.recipe)
            IS NOT DISTINCT FROM
            (NEW.project_id, NEW.kind, NEW.snapshot_id, NEW.reranker_id, NEW.base_model,
             NEW.base_revision, NEW.recipe)
    ) THEN
        RAISE EXCEPTION 'a job goes on with one of its kind that was cancelled or failed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_continues_its_like';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_continues BEFORE INSERT ON training_trainingjob
FOR EACH ROW WHEN (NEW.continues_id IS NOT NULL) EXECUTE FUNCTION training_job_continues();

CREATE TRIGGER job_kept BEFORE DELETE ON training_trainingjob
FOR EACH ROW EXECUTE FUNCTION accounts_delete_guard('job');

-- The job's row stays locked, so that it cannot be cancelled between this look and the commit.
-- A version without a job comes from elsewhere.
CREATE FUNCTION training_version_of_its_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM training_trainingjob
    WHERE id = NEW.job AND reranker_id = NEW.reranker_id AND status = 'running' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no job % is running that publishes to reranker %',
            NEW.job, NEW.reranker_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_of_a_running_job';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_of_its_job BEFORE INSERT ON models_app_version
FOR EACH ROW WHEN (NEW.job IS NOT NULL) EXECUTE FUNCTION training_version_of_its_job();

-- What a job reported is only added to, while it is not finished, and leaves with its project. Once
-- per statement, and planned at each, as in the other rooms: evaluations have thousands of rows.
CREATE FUNCTION training_report_of_a_live_job() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    late bigint;
BEGIN
    EXECUTE $query$
        SELECT count(*) FROM made JOIN training_trainingjob j ON j.id = made.job_id
        WHERE j.status IN ('succeeded', 'failed', 'cancelled')
    $query$ INTO late;
    IF late > 0 THEN
        RAISE EXCEPTION 'a finished job reports nothing more'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'report_of_a_live_job';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION training_report_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'report % is never rewritten', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'report_is_kept';
END $$;
-- Where a query or a passage is erased its scores stay, under a name that tells nothing of it.
CREATE FUNCTION training_score_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept training_jobqueryscore := NEW;
BEGIN
    kept.query_id := OLD.query_id;
    kept.top := OLD.top;
    IF kept IS DISTINCT FROM OLD
        OR NEW.query_id <> OLD.query_id AND NEW.query_id NOT LIKE 'erased:%'
        OR NEW.query_id = OLD.query_id AND NEW.top::text NOT LIKE '%"erased:%'
        OR NOT accounts_erases(
        (SELECT project_id FROM training_trainingjob WHERE id = OLD.job_id)
    ) THEN
        RAISE EXCEPTION 'report % is never rewritten', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'report_is_kept';
    END IF;
    RETURN NEW;
END $$;
-- A pair that nobody judged is offered once, and by whoever did it until they leave.
CREATE FUNCTION training_likely_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept training_likelypair := NEW;
BEGIN
    kept.offered_by_id := OLD.offered_by_id;
    IF OLD.offered_at IS NULL THEN
        kept.offered_at := NULL;
    END IF;
    IF kept IS DISTINCT FROM OLD
        OR OLD.offered_at IS NOT NULL AND NEW.offered_by_id IS NOT NULL
           AND NEW.offered_by_id IS DISTINCT FROM OLD.offered_by_id
    THEN
        RAISE EXCEPTION 'report % is never rewritten', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'report_is_kept';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION training_report_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM accounts_leaves_with(
        (SELECT project_id FROM training_trainingjob WHERE id = OLD.job_id),
        'report', OLD.id::text);
    RETURN OLD;
END $$;
CREATE TRIGGER report_of_a_live_job AFTER INSERT ON training_jobevent
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION training_report_of_a_live_job();
CREATE TRIGGER report_kept BEFORE UPDATE ON training_jobevent
FOR EACH ROW EXECUTE FUNCTION training_report_kept();
CREATE TRIGGER report_leaves BEFORE DELETE ON training_jobevent
FOR EACH ROW EXECUTE FUNCTION training_report_leaves();
CREATE TRIGGER report_of_a_live_job AFTER INSERT ON training_jobmetric
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION training_report_of_a_live_job();
CREATE TRIGGER report_kept BEFORE UPDATE ON training_jobmetric
FOR EACH ROW EXECUTE FUNCTION training_report_kept();
CREATE TRIGGER report_leaves BEFORE DELETE ON training_jobmetric
FOR EACH ROW EXECUTE FUNCTION training_report_leaves();
CREATE TRIGGER report_of_a_live_job AFTER INSERT ON training_jobqueryscore
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION training_report_of_a_live_job();
CREATE TRIGGER report_kept BEFORE UPDATE ON training_jobqueryscore
FOR EACH ROW EXECUTE FUNCTION training_score_kept();
CREATE TRIGGER report_leaves BEFORE DELETE ON training_jobqueryscore
FOR EACH ROW EXECUTE FUNCTION training_report_leaves();
CREATE TRIGGER report_of_a_live_job AFTER INSERT ON training_likelypair
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION training_report_of_a_live_job();
CREATE TRIGGER report_kept BEFORE UPDATE ON training_likelypair
FOR EACH ROW EXECUTE FUNCTION training_likely_kept();
CREATE TRIGGER report_leaves BEFORE DELETE ON training_likelypair
FOR EACH ROW EXECUTE FUNCTION training_report_leaves();
"""

BACKWARD = """
DROP TRIGGER report_leaves ON training_likelypair;
DROP TRIGGER report_kept ON training_likelypair;
DROP TRIGGER report_of_a_live_job ON training_likelypair;
DROP TRIGGER report_leaves ON training_jobevent;
DROP TRIGGER report_kept ON training_jobevent;
DROP TRIGGER report_of_a_live_job ON training_jobevent;
DROP TRIGGER report_leaves ON training_jobmetric;
DROP TRIGGER report_kept ON training_jobmetric;
DROP TRIGGER report_of_a_live_job ON training_jobmetric;
DROP TRIGGER report_leaves ON training_jobqueryscore;
DROP TRIGGER report_kept ON training_jobqueryscore;
DROP TRIGGER report_of_a_live_job ON training_jobqueryscore;
DROP FUNCTION training_report_leaves();
DROP FUNCTION training_likely_kept();
DROP FUNCTION training_score_kept();
DROP FUNCTION training_report_kept();
DROP FUNCTION training_report_of_a_live_job();
DROP TRIGGER version_of_its_job ON models_app_version;
DROP FUNCTION training_version_of_its_job();
DROP TRIGGER job_kept ON training_trainingjob;
DROP TRIGGER job_continues ON training_trainingjob;
DROP FUNCTION training_job_continues();
DROP TRIGGER job_home ON training_trainingjob;
DROP FUNCTION training_job_home();
DROP TRIGGER job_runs_within_limits ON training_trainingjob;
DROP TRIGGER job_waits_within_limits ON training_trainingjob;
DROP FUNCTION training_job_within_limits();
DROP TRIGGER job_start ON training_trainingjob;
DROP FUNCTION training_job_start();
DROP TRIGGER job_with_a_version_succeeds ON training_trainingjob;
DROP FUNCTION training_job_with_a_version_succeeds();
DROP TRIGGER job_is_claimed_by_attempt ON training_trainingjob;
DROP FUNCTION training_job_is_claimed();
DROP TRIGGER job_guard ON training_trainingjob;
DROP FUNCTION training_job_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0001_initial"),
        ("models_app", "0002_immutable"),
        ("accounts", "0002_namespace"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
