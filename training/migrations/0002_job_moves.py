"""A job starts as queued, its status moves along these edges only, a finished one is frozen, and
one that trains succeeds only with its version."""

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
"""

BACKWARD = """
DROP TRIGGER job_start ON training_trainingjob;
DROP FUNCTION training_job_start();
DROP TRIGGER job_guard ON training_trainingjob;
DROP FUNCTION training_job_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("training", "0001_initial"), ("models_app", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
