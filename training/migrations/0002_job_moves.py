"""A training job's status moves along these edges and no others; terminal jobs stay as they are."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION training_job_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('queued', 'running'), ('queued', 'cancelled'), ('queued', 'failed'),
        ('running', 'queued'), ('running', 'cancelling'),
        ('running', 'succeeded'), ('running', 'failed'),
        ('cancelling', 'cancelled'), ('cancelling', 'succeeded')
    ) THEN
        RAISE EXCEPTION 'a job cannot move from % to %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'job_move_allowed';
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
"""

BACKWARD = """
DROP TRIGGER job_guard ON training_trainingjob;
DROP FUNCTION training_job_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("training", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
