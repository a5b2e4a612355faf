"""Versions, their files, reviews and the alias log are only ever added, a version with its files;
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
     OLD.snapshot_digest, OLD.metrics, OLD.lineage, OLD.created_at)
    IS DISTINCT FROM
    (NEW.id, NEW.reranker_id, NEW.number, NEW.revision, NEW.job, NEW.base_model,
     NEW.snapshot_digest, NEW.metrics, NEW.lineage, NEW.created_at)
    -- Who published it may leave the installation.
    OR NEW.created_by_id IS NOT NULL AND NEW.created_by_id IS DISTINCT FROM OLD.created_by_id
) EXECUTE FUNCTION models_app_immutable('version');
-- Facts quote texts, and are no part of what the commit id is made from: an erasure may take those
-- texts out of samples, usage and what slices are called and ask for, and nothing else.
CREATE FUNCTION models_app_facts_unquoted(facts jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT (facts #- '{dataset,samples}') - '{usage,slices}'::text[] || jsonb_build_object(
        'slices', (
            SELECT jsonb_agg(kind - 'slices' || jsonb_build_object('slices', (
                SELECT jsonb_agg(part - '{name,said,conditions}'::text[])
                FROM jsonb_array_elements(kind->'slices') part
            )))
            FROM jsonb_array_elements(
                CASE jsonb_typeof(facts->'slices') WHEN 'array' THEN facts->'slices' END
            ) kind
        )
    )
$$;
CREATE FUNCTION models_app_facts_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT accounts_erases((SELECT project_id FROM models_app_reranker WHERE id = OLD.reranker_id))
        OR models_app_facts_unquoted(OLD.facts)
            IS DISTINCT FROM models_app_facts_unquoted(NEW.facts)
    THEN
        RAISE EXCEPTION 'version % never changes', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_is_immutable';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_facts_kept BEFORE UPDATE ON models_app_version
FOR EACH ROW WHEN (OLD.facts IS DISTINCT FROM NEW.facts) EXECUTE FUNCTION models_app_facts_kept();
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

CREATE FUNCTION models_app_version_has_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM models_app_version WHERE id = NEW.id) AND NOT EXISTS (
        SELECT FROM models_app_artifact WHERE version_id = NEW.id
        HAVING count(*) FILTER (WHERE path IN ('README.md', 'config.json')) = 2
           AND count(*) FILTER (WHERE path LIKE '%.safetensors') > 0
    ) THEN
        RAISE EXCEPTION 'version % lacks its card, its configuration or its weights', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_has_files';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER version_has_files AFTER INSERT ON models_app_version
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION models_app_version_has_files();

CREATE FUNCTION models_app_version_is_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM models_app_version
                          WHERE reranker_id = NEW.reranker_id) THEN
        RAISE EXCEPTION 'version % of reranker % is not the next', NEW.number, NEW.reranker_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_is_next';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_is_next BEFORE INSERT ON models_app_version
FOR EACH ROW EXECUTE FUNCTION models_app_version_is_next();

-- A reranker's TEAM/NAME is in its versions' cards and commits; an alias's name is in the log.
CREATE FUNCTION models_app_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % keeps its name and its home', TG_ARGV[0], OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_stays';
END $$;
CREATE TRIGGER reranker_stays BEFORE UPDATE ON models_app_reranker
FOR EACH ROW WHEN ((OLD.id, OLD.project_id, OLD.name)
                   IS DISTINCT FROM (NEW.id, NEW.project_id, NEW.name))
EXECUTE FUNCTION models_app_stays('reranker');
CREATE TRIGGER alias_stays BEFORE UPDATE ON models_app_alias
FOR EACH ROW WHEN ((OLD.id, OLD.reranker_id, OLD.name)
                   IS DISTINCT FROM (NEW.id, NEW.reranker_id, NEW.name))
EXECUTE FUNCTION models_app_stays('alias');

ALTER TABLE models_app_alias ADD CONSTRAINT alias_version_of_its_reranker
FOREIGN KEY (reranker_id, version_id) REFERENCES models_app_version (reranker_id, id)
DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE models_app_aliasmove ADD CONSTRAINT alias_move_to_version_of_its_reranker
FOREIGN KEY (reranker_id, to_version_id) REFERENCES models_app_version (reranker_id, id)
DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE models_app_aliasmove ADD CONSTRAINT alias_move_from_version_of_its_reranker
FOREIGN KEY (reranker_id, from_version_id) REFERENCES models_app_version (reranker_id, id)
DEFERRABLE INITIALLY DEFERRED;

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

-- The log is a chain: a move starts where the one before it ended, and the alias is at its end.
CREATE FUNCTION models_app_move_has_its_alias() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM models_app_aliasmove move WHERE move.id = NEW.id AND (
            move.from_version_id IS DISTINCT FROM (
                SELECT earlier.to_version_id FROM models_app_aliasmove earlier
                WHERE earlier.reranker_id = move.reranker_id AND earlier.name = move.name
                AND earlier.id < move.id ORDER BY earlier.id DESC LIMIT 1
            ) OR NOT EXISTS (
                SELECT FROM models_app_alias alias WHERE alias.reranker_id = move.reranker_id
                AND alias.name = move.name AND alias.version_id = (
                    SELECT later.to_version_id FROM models_app_aliasmove later
                    WHERE later.reranker_id = move.reranker_id AND later.name = move.name
                    ORDER BY later.id DESC LIMIT 1
                )
            )
        )
    ) THEN
        RAISE EXCEPTION 'alias % of reranker % made no such move', NEW.name, NEW.reranker_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'alias_move_has_its_alias';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER alias_move_has_its_alias AFTER INSERT ON models_app_aliasmove
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION models_app_move_has_its_alias();

-- Who moves an alias or reviews has the right to at that time: one of the roles given here, which
-- are those of accounts.access.
CREATE FUNCTION models_app_done_by_member(reranker bigint, person bigint, roles text[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM models_app_reranker r JOIN accounts_member m ON m.project_id = r.project_id
        WHERE r.id = reranker AND m.user_id = person AND m.role = ANY (roles)
    ) THEN
        RAISE EXCEPTION 'person % has no right to do this to reranker %', person, reranker
            USING ERRCODE = 'check_violation', CONSTRAINT = 'done_by_member';
    END IF;
END $$;
CREATE FUNCTION models_app_move_by_manager() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM models_app_done_by_member(NEW.reranker_id, NEW.moved_by_id, '{owner,manager}');
    RETURN NEW;
END $$;
CREATE TRIGGER alias_move_by_manager BEFORE INSERT ON models_app_aliasmove
FOR EACH ROW WHEN (NEW.moved_by_id IS NOT NULL) EXECUTE FUNCTION models_app_move_by_manager();
CREATE FUNCTION models_app_review_by_reviewer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM models_app_done_by_member(
        (SELECT reranker_id FROM models_app_version WHERE id = NEW.version_id),
        NEW.reviewer_id, '{owner,manager,reviewer}');
    RETURN NEW;
END $$;
CREATE TRIGGER review_by_reviewer BEFORE INSERT ON models_app_review
FOR EACH ROW EXECUTE FUNCTION models_app_review_by_reviewer();

CREATE FUNCTION models_app_delete_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reranker bigint;
BEGIN
    IF TG_TABLE_NAME IN ('models_app_artifact', 'models_app_review') THEN
        SELECT reranker_id INTO reranker FROM models_app_version WHERE id = OLD.version_id;
    ELSE
        reranker := OLD.reranker_id;
    END IF;
    PERFORM accounts_leaves_with(
        (SELECT project_id FROM models_app_reranker WHERE id = reranker), TG_ARGV[0], OLD.id::text);
    RETURN OLD;
END $$;
CREATE TRIGGER version_kept BEFORE DELETE ON models_app_version
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('version');
CREATE TRIGGER artifact_kept BEFORE DELETE ON models_app_artifact
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('artifact');
CREATE TRIGGER alias_kept BEFORE DELETE ON models_app_alias
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('alias');
CREATE TRIGGER alias_move_kept BEFORE DELETE ON models_app_aliasmove
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('alias_move');
CREATE TRIGGER review_kept BEFORE DELETE ON models_app_review
FOR EACH ROW EXECUTE FUNCTION models_app_delete_guard('review');
"""

BACKWARD = """
DROP TRIGGER review_kept ON models_app_review;
DROP TRIGGER alias_kept ON models_app_alias;
DROP TRIGGER alias_move_has_its_alias ON models_app_aliasmove;
DROP FUNCTION models_app_move_has_its_alias();
DROP TRIGGER alias_has_its_move ON models_app_alias;
DROP FUNCTION models_app_alias_has_its_move();
ALTER TABLE models_app_aliasmove DROP CONSTRAINT alias_move_from_version_of_its_reranker;
ALTER TABLE models_app_aliasmove DROP CONSTRAINT alias_move_to_version_of_its_reranker;
ALTER TABLE models_app_alias DROP CONSTRAINT alias_version_of_its_reranker;
DROP TRIGGER alias_stays ON models_app_alias;
DROP TRIGGER reranker_stays ON models_app_reranker;
DROP FUNCTION models_app_stays();
DROP TRIGGER version_is_next ON models_app_version;
DROP FUNCTION models_app_version_is_next();
DROP TRIGGER version_has_files ON models_app_version;
DROP FUNCTION models_app_version_has_files();
DROP TRIGGER artifact_with_its_version ON models_app_artifact;
DROP FUNCTION models_app_artifact_with_its_version();
DROP TRIGGER review_immutable ON models_app_review;
DROP TRIGGER alias_move_kept ON models_app_aliasmove;
DROP TRIGGER artifact_kept ON models_app_artifact;
DROP TRIGGER version_kept ON models_app_version;
DROP TRIGGER alias_move_immutable ON models_app_aliasmove;
DROP TRIGGER artifact_immutable ON models_app_artifact;
DROP TRIGGER version_facts_kept ON models_app_version;
DROP FUNCTION models_app_facts_kept();
DROP FUNCTION models_app_facts_unquoted(jsonb);
DROP TRIGGER version_immutable ON models_app_version;
DROP FUNCTION models_app_immutable();
DROP FUNCTION models_app_delete_guard();
DROP TRIGGER review_by_reviewer ON models_app_review;
DROP FUNCTION models_app_review_by_reviewer();
DROP TRIGGER alias_move_by_manager ON models_app_aliasmove;
DROP FUNCTION models_app_move_by_manager();
DROP FUNCTION models_app_done_by_member(bigint, bigint, text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("models_app", "0001_initial"), ("accounts", "0002_namespace")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
