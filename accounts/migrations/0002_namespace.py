"""User names and project slugs share one namespace, whatever the case; a slug never changes.

And the guard that every room puts on what leaves with its whole project only, or by an erasure.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_namespace_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_namespace (name, user_id) VALUES (lower(NEW.username), NEW.id)
    ON CONFLICT (user_id) DO UPDATE SET name = excluded.name;
    RETURN NULL;
END $$;
CREATE TRIGGER namespace_user AFTER INSERT OR UPDATE OF username ON accounts_user
FOR EACH ROW EXECUTE FUNCTION accounts_namespace_user();

CREATE FUNCTION accounts_namespace_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_namespace (name, project_id) VALUES (lower(NEW.slug), NEW.id)
    ON CONFLICT (project_id) DO UPDATE SET name = excluded.name;
    RETURN NULL;
END $$;
CREATE TRIGGER namespace_project AFTER INSERT ON accounts_project
FOR EACH ROW EXECUTE FUNCTION accounts_namespace_project();

-- A slug is in the cards and manifests of the project's models.
CREATE FUNCTION accounts_project_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the slug of project % never changes', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'project_slug_stays';
END $$;
CREATE TRIGGER project_stays BEFORE UPDATE ON accounts_project
FOR EACH ROW WHEN ((OLD.id, OLD.slug) IS DISTINCT FROM (NEW.id, NEW.slug))
EXECUTE FUNCTION accounts_project_stays();

CREATE FUNCTION accounts_namespace_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM accounts_user u WHERE u.id = OLD.user_id AND NOT EXISTS (
            SELECT FROM accounts_namespace WHERE user_id = u.id AND name = lower(u.username)
        )
    ) OR EXISTS (
        SELECT FROM accounts_project p WHERE p.id = OLD.project_id AND NOT EXISTS (
            SELECT FROM accounts_namespace WHERE project_id = p.id AND name = lower(p.slug)
        )
    ) THEN
        RAISE EXCEPTION 'the name % is in use', OLD.name
            USING ERRCODE = 'check_violation', CONSTRAINT = 'namespace_is_kept';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER namespace_kept AFTER UPDATE OR DELETE ON accounts_namespace
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_namespace_kept();

-- The projects that the present transaction deletes. Its end asks whether they are gone and forgets
-- them, so that nobody else ever sees a row.
CREATE TABLE accounts_leaving (project_id bigint PRIMARY KEY);
CREATE FUNCTION accounts_project_leave(project bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO accounts_leaving VALUES (project) ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION accounts_project_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_project WHERE id = NEW.project_id) THEN
        RAISE EXCEPTION 'project % was to be deleted as a whole and is there', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'project_leaves_whole';
    END IF;
    DELETE FROM accounts_leaving WHERE project_id = NEW.project_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER project_leaves_whole AFTER INSERT OR UPDATE ON accounts_leaving
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_project_gone();

CREATE FUNCTION accounts_leaves_with(project bigint, kind text, id text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM accounts_leaving WHERE project_id = project) THEN
        RAISE EXCEPTION '% % is never deleted alone', kind, id
            USING ERRCODE = 'check_violation', CONSTRAINT = kind || '_is_kept';
    END IF;
END $$;

-- The projects in which the present transaction erases texts for good. Each room lets go what it
-- has to for such a project; annotate's 0010 looks for the record of it at the end and takes the
-- row away, so that nobody else ever sees one.
CREATE TABLE accounts_erasing (project_id bigint PRIMARY KEY, erasure_id bigint NOT NULL);
CREATE FUNCTION accounts_erase(project bigint, erasure bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO accounts_erasing VALUES (project, erasure)
$$;
CREATE FUNCTION accounts_erases(project bigint) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM accounts_erasing WHERE project_id = project)
$$;

-- For rows that name their project themselves.
CREATE FUNCTION accounts_delete_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM accounts_leaves_with(OLD.project_id, TG_ARGV[0], OLD.id::text);
    RETURN OLD;
END $$;
"""

BACKWARD = """
DROP FUNCTION accounts_delete_guard();
DROP FUNCTION accounts_erases(bigint);
DROP FUNCTION accounts_erase(bigint, bigint);
DROP TABLE accounts_erasing;
DROP FUNCTION accounts_leaves_with(bigint, text, text);
DROP FUNCTION accounts_project_leave(bigint);
DROP TABLE accounts_leaving;
DROP FUNCTION accounts_project_gone();
DROP TRIGGER namespace_kept ON accounts_namespace;
DROP FUNCTION accounts_namespace_kept();
DROP TRIGGER project_stays ON accounts_project;
DROP FUNCTION accounts_project_stays();
DROP TRIGGER namespace_project ON accounts_project;
DROP TRIGGER namespace_user ON accounts_user;
DROP FUNCTION accounts_namespace_project();
DROP FUNCTION accounts_namespace_user();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
