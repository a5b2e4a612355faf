"""Versions, their files and the alias log are only ever added; deleting a project removes them."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION models_app_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % never changes', TG_ARGV[0], OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_is_immutable';
END $$;
CREATE TRIGGER version_immutable BEFORE UPDATE ON models_app_version
FOR EACH ROW WHEN (
    (OLD.id, OLD.reranker_id, OLD.number, OLD.revision, OLD.job, OLD.base_model,
     OLD.snapshot_digest, OLD.metrics, OLD.lineage, OLD.facts, OLD.created_at)
    IS DISTINCT FROM
    (NEW.id, NEW.reranker_id, NEW.number, NEW.revision, NEW.job, NEW.base_model,
     NEW.snapshot_digest, NEW.metrics, NEW.lineage, NEW.facts, NEW.created_at)
) EXECUTE FUNCTION models_app_immutable('version');
CREATE TRIGGER artifact_immutable BEFORE UPDATE ON models_app_artifact
FOR EACH ROW EXECUTE FUNCTION models_app_immutable('artifact');
CREATE TRIGGER alias_move_immutable BEFORE UPDATE ON models_app_aliasmove
FOR EACH ROW EXECUTE FUNCTION models_app_immutable('alias_move');

CREATE FUNCTION models_app_delete_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('arbiter.deleting_project', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% % is never deleted alone', TG_ARGV[0], OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_is_kept';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER version_kept BEFORE DELETE ON models_app_version
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('version');
CREATE TRIGGER artifact_kept BEFORE DELETE ON models_app_artifact
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('artifact');
CREATE TRIGGER alias_move_kept BEFORE DELETE ON models_app_aliasmove
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('alias_move');
"""

BACKWARD = """
DROP TRIGGER alias_move_kept ON models_app_aliasmove;
DROP TRIGGER artifact_kept ON models_app_artifact;
DROP TRIGGER version_kept ON models_app_version;
DROP FUNCTION models_app_delete_guard();
DROP TRIGGER alias_move_immutable ON models_app_aliasmove;
DROP TRIGGER artifact_immutable ON models_app_artifact;
DROP TRIGGER version_immutable ON models_app_version;
DROP FUNCTION models_app_immutable();
"""


class Migration(migrations.Migration):
    dependencies = [("models_app", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
