"""What constraints cannot say: wordings are kept, and leave with their project.

Statement triggers count by EXECUTE, for the reasons given in 0004.
"""

from django.db import migrations

FORWARD = """
-- For triggers of statements, before they join what was made with other tables. The statistics of
-- those may be from before an import, when the tables were empty: many rows never go row by row.
CREATE FUNCTION annotate_plan_for(made bigint) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('enable_nestloop', CASE WHEN made > 500 THEN 'off' ELSE 'on' END, true)
$$;

ALTER TABLE annotate_text ADD CONSTRAINT text_digest_is_its_own
CHECK (digest = sha256(convert_to(text, 'UTF8')));
ALTER TABLE annotate_query ADD CONSTRAINT query_digest_is_its_own
CHECK (digest = sha256(convert_to(text, 'UTF8')));

CREATE FUNCTION annotate_rewrite_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is never rewritten', TG_ARGV[0], OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_is_kept';
END $$;
CREATE TRIGGER text_kept BEFORE UPDATE ON annotate_text
FOR EACH ROW EXECUTE FUNCTION annotate_rewrite_guard('text');
CREATE TRIGGER query_revision_kept BEFORE UPDATE ON annotate_queryrevision
FOR EACH ROW EXECUTE FUNCTION annotate_rewrite_guard('revision');
CREATE TRIGGER passage_revision_kept BEFORE UPDATE ON annotate_passagerevision
FOR EACH ROW EXECUTE FUNCTION annotate_rewrite_guard('revision');
CREATE FUNCTION annotate_revision_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project bigint;
BEGIN
    IF TG_TABLE_NAME = 'annotate_queryrevision' THEN
        SELECT project_id INTO project FROM annotate_query WHERE id = OLD.query_id;
    ELSE
        SELECT project_id INTO project FROM annotate_passage WHERE id = OLD.passage_id;
    END IF;
    IF NOT accounts_erases(project) THEN
        PERFORM accounts_leaves_with(project, 'revision', OLD.id::text);
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER query_revision_stays BEFORE DELETE ON annotate_queryrevision
FOR EACH ROW EXECUTE FUNCTION annotate_revision_leaves();
CREATE TRIGGER passage_revision_stays BEFORE DELETE ON annotate_passagerevision
FOR EACH ROW EXECUTE FUNCTION annotate_revision_leaves();

-- A revision copies the wording that holds, just before that is replaced.
CREATE FUNCTION annotate_revision_begin() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on AS $$
DECLARE
    strays bigint;
BEGIN
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
    IF TG_TABLE_NAME = 'annotate_queryrevision' THEN
        EXECUTE $query$
            SELECT count(*) FROM made JOIN annotate_query q ON q.id = made.query_id
            WHERE (made.number, made.text) IS DISTINCT FROM (q.revision, q.text)
        $query$ INTO strays;
    ELSE
        EXECUTE $query$
            SELECT count(*) FROM made JOIN annotate_passage p ON p.id = made.passage_id
            WHERE (made.number, made.title, made.text_id)
                  IS DISTINCT FROM (p.revision, p.title, p.text_id)
        $query$ INTO strays;
    END IF;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a revision is made of the wording that holds'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'revision_is_what_was';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER query_revision_begins AFTER INSERT ON annotate_queryrevision
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_revision_begin();
CREATE TRIGGER passage_revision_begins AFTER INSERT ON annotate_passagerevision
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_revision_begin();

-- A wording and its number change together, one up, once the old wording is a revision; but for
-- what is erased, of which none is kept.
CREATE FUNCTION annotate_wording_guard() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on AS $$
DECLARE
    lost bigint;
BEGIN
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
    IF TG_TABLE_NAME = 'annotate_query' THEN
        EXECUTE $query$
            SELECT count(*) FROM was JOIN made ON made.id = was.id
            LEFT JOIN annotate_queryrevision r ON r.query_id = was.id AND r.number = was.revision
            WHERE (was.text, was.revision) IS DISTINCT FROM (made.text, made.revision)
              AND (made.revision <> was.revision + 1
                   OR r.id IS NULL AND made.erased_at IS NULL)
        $query$ INTO lost;
    ELSE
        EXECUTE $query$
            SELECT count(*) FROM was JOIN made ON made.id = was.id
            LEFT JOIN annotate_passagerevision r
              ON r.passage_id = was.id AND r.number = was.revision
            WHERE (was.title, was.text_id, was.revision)
                  IS DISTINCT FROM (made.title, made.text_id, made.revision)
              AND (made.revision <> was.revision + 1
                   OR r.id IS NULL AND made.erased_at IS NULL)
        $query$ INTO lost;
    END IF;
    IF lost > 0 THEN
        RAISE EXCEPTION 'a new wording is a new revision, which keeps the old one'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'wording_is_kept';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER query_wording AFTER UPDATE ON annotate_query
REFERENCING OLD TABLE AS was NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION annotate_wording_guard();
CREATE TRIGGER passage_wording AFTER UPDATE ON annotate_passage
REFERENCING OLD TABLE AS was NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION annotate_wording_guard();
"""

BACKWARD = """
DROP TRIGGER passage_wording ON annotate_passage;
DROP TRIGGER query_wording ON annotate_query;
DROP FUNCTION annotate_wording_guard();
DROP TRIGGER passage_revision_begins ON annotate_passagerevision;
DROP TRIGGER query_revision_begins ON annotate_queryrevision;
DROP FUNCTION annotate_revision_begin();
DROP TRIGGER passage_revision_stays ON annotate_passagerevision;
DROP TRIGGER query_revision_stays ON annotate_queryrevision;
DROP FUNCTION annotate_revision_leaves();
DROP TRIGGER passage_revision_kept ON annotate_passagerevision;
DROP TRIGGER query_revision_kept ON annotate_queryrevision;
DROP TRIGGER text_kept ON annotate_text;
DROP FUNCTION annotate_rewrite_guard();
ALTER TABLE annotate_query DROP CONSTRAINT query_digest_is_its_own;
ALTER TABLE annotate_text DROP CONSTRAINT text_digest_is_its_own;
DROP FUNCTION annotate_plan_for(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0002_history")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
