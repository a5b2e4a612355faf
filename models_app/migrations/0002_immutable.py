"""Versions, their files, reviews and the alias log are only ever added, a version's files with it;
an alias stands where its last logged move says. Deleting a project removes them all."""

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
CREATE TRIGGER review_immutable BEFORE UPDATE ON models_app_review
FOR EACH ROW EXECUTE FUNCTION models_app_immutable('review');

-- A version's created_at is the time of the transaction that published it, and so tells that
-- transaction; xmin would not, since it may be a savepoint's.
CREATE FUNCTION models_app_artifact_with_its_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM models_app_version
                   WHERE id = NEW.version_id AND created_at = transaction_timestamp()) THEN
        RAISE EXCEPTION 'version % is published: no file is added to it', NEW.version_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'artifact_comes_with_its_version';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER artifact_with_its_version BEFORE INSERT ON models_app_artifact
FOR EACH ROW EXECUTE FUNCTION models_app_artifact_with_its_version();

CREATE FUNCTION models_app_alias_has_its_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM models_app_alias alias WHERE alias.id = NEW.id AND alias.version_id
        IS DISTINCT FROM (
            SELECT move.to_version_id FROM models_app_aliasmove move
            WHERE move.reranker_id = alias.reranker_id AND move.name = alias.name
            ORDER BY move.id DESC LIMIT 1
        )
    ) THEN
        RAISE EXCEPTION 'alias % of reranker % was moved without a log', NEW.name, NEW.reranker_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alias_has_its_move';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER alias_has_its_move AFTER INSERT OR UPDATE ON models_app_alias
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION models_app_alias_has_its_move();

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
CREATE TRIGGER review_kept BEFORE DELETE ON models_app_review
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('review');
"""

BACKWARD = """
DROP TRIGGER review_kept ON models_app_review;
DROP TRIGGER alias_has_its_move ON models_app_alias;
DROP FUNCTION models_app_alias_has_its_move();
DROP TRIGGER artifact_with_its_version ON models_app_artifact;
DROP FUNCTION models_app_artifact_with_its_version();
DROP TRIGGER review_immutable ON models_app_review;
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
