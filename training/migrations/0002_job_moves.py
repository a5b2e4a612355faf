"""A job starts as queued, its status moves along these edges only, a finished one is frozen, and
one that trains succeeds only with its version, which nobody else publishes under its id."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION training_job_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A user may be deleted, which empties created_by; nothing else of a finished job changes.
    IF OLD.status IN ('succeeded', 'failed', 'cancelled') AND NEW.status = OLD.status
        AND (to_jsonb(NEW) - 'created_by_id' IS DISTINCT FROM to_jsonb(OLD) - 'created_by_id'
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
    IF NEW.attempt < OLD.attempt THEN
        RAISE EXCEPTION 'the attempts of job % are counted up only', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_attempt_only_grows';
    END IF;
    -- Training publishes its version in the very transaction that ends the job.
    IF NEW.status = 'succeeded' AND OLD.status <> 'succeeded' AND NEW.kind = 'train'
        AND NOT EXISTS (SELECT FROM models_app_version WHERE job = NEW.id)
    THEN
        RAISE EXCEPTION 'job % has published no version and did not succeed', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_success_is_a_version';
    END IF;
    IF (NEW.id, NEW.project_id, NEW.snapshot_id, NEW.reranker_id, NEW.base_model,
        NEW.base_revision, NEW.recipe, NEW.kind)
        IS DISTINCT FROM
       (OLD.id, OLD.project_id, OLD.snapshot_id, OLD.reranker_id, OLD.base_model,
        OLD.base_revision, OLD.recipe, OLD.kind) THEN
        RAISE EXCEPTION 'what job % runs is fixed', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_spec_is_frozen';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_guard BEFORE UPDATE ON training_trainingjob
FOR EACH ROW EXECUTE FUNCTION training_job_guard();

CREATE FUNCTION training_job_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a job starts as queued, not as %', NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'job_starts_queued';
END $$;
CREATE TRIGGER job_start BEFORE INSERT ON training_trainingjob
FOR EACH ROW WHEN (NEW.status <> 'queued' OR NEW.attempt <> 0)
EXECUTE FUNCTION training_job_start();

-- Asked once, since a job, a frozen snapshot and a reranker stay in their project.
CREATE FUNCTION training_job_home() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM annotate_snapshot snapshot
        JOIN models_app_reranker reranker ON reranker.project_id = snapshot.project_id
        WHERE snapshot.id = NEW.snapshot_id AND snapshot.digest IS NOT NULL
        AND reranker.id = NEW.reranker_id AND snapshot.project_id = NEW.project_id
    ) THEN
        RAISE EXCEPTION 'a job, its frozen snapshot and its reranker are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_of_one_project';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER job_home BEFORE INSERT ON training_trainingjob
FOR EACH ROW EXECUTE FUNCTION training_job_home();

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
"""

BACKWARD = """
DROP TRIGGER version_of_its_job ON models_app_version;
DROP FUNCTION training_version_of_its_job();
DROP TRIGGER job_kept ON training_trainingjob;
DROP TRIGGER job_home ON training_trainingjob;
DROP FUNCTION training_job_home();
DROP TRIGGER job_start ON training_trainingjob;
DROP FUNCTION training_job_start();
DROP TRIGGER job_guard ON training_trainingjob;
DROP FUNCTION training_job_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0001_initial"),
        ("models_app", "0001_initial"),
        ("accounts", "0002_namespace"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
