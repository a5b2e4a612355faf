"""References that no foreign key keeps: what candidates, proposals and judgments refer to stays.

Those three tables take millions of rows from one file, and a foreign key would ask about each row
of each column. Migration 0004 asks once per statement, and holds what is referred to meanwhile; so
who deletes it has waited, and finds here, as with a deferred foreign key, that it is referred to.
The project needs no such care, since that of a candidate is its query's, and that of a judgment its
candidate's. What refers to something keeps doing so: migrations 0002 and 0004 see to that.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION annotate_referred_refuse(referred boolean, kind text, id bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF referred THEN
        RAISE EXCEPTION '% % is still referred to', kind, id
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = kind || '_is_referred_to';
    END IF;
END $$;

-- The plans are kept, and must not be those that suit small tables.
CREATE FUNCTION annotate_query_left() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    PERFORM annotate_referred_refuse(
        EXISTS (SELECT FROM annotate_candidate WHERE query_id = OLD.id), 'query', OLD.id);
    RETURN NULL;
END $$;
CREATE FUNCTION annotate_passage_left() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    PERFORM annotate_referred_refuse(
        EXISTS (SELECT FROM annotate_candidate WHERE passage_id = OLD.id), 'passage', OLD.id);
    RETURN NULL;
END $$;
CREATE FUNCTION annotate_candidate_left() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    PERFORM annotate_referred_refuse(
        EXISTS (SELECT FROM annotate_proposal WHERE candidate_id = OLD.id)
            OR EXISTS (SELECT FROM annotate_judgment WHERE candidate_id = OLD.id),
        'candidate', OLD.id);
    RETURN NULL;
END $$;
CREATE FUNCTION annotate_run_left() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    PERFORM annotate_referred_refuse(
        EXISTS (SELECT FROM annotate_proposal WHERE run_id = OLD.id), 'run', OLD.id);
    RETURN NULL;
END $$;
CREATE FUNCTION annotate_source_left() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    PERFORM annotate_referred_refuse(
        EXISTS (SELECT FROM annotate_judgment WHERE source_id = OLD.id), 'source', OLD.id);
    RETURN NULL;
END $$;
CREATE FUNCTION annotate_grade_left() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    PERFORM annotate_referred_refuse(
        EXISTS (SELECT FROM annotate_judgment WHERE grade_id = OLD.id), 'grade', OLD.id);
    RETURN NULL;
END $$;

-- Nor does what is referred to take another id.
CREATE CONSTRAINT TRIGGER query_left AFTER DELETE OR UPDATE OF id ON annotate_query
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION annotate_query_left();
CREATE CONSTRAINT TRIGGER passage_left AFTER DELETE OR UPDATE OF id ON annotate_passage
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION annotate_passage_left();
CREATE CONSTRAINT TRIGGER candidate_left AFTER DELETE OR UPDATE OF id ON annotate_candidate
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION annotate_candidate_left();
CREATE CONSTRAINT TRIGGER run_left AFTER DELETE OR UPDATE OF id ON annotate_run
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION annotate_run_left();
CREATE CONSTRAINT TRIGGER source_left AFTER DELETE OR UPDATE OF id ON annotate_source
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION annotate_source_left();
CREATE CONSTRAINT TRIGGER grade_left AFTER DELETE OR UPDATE OF id ON accounts_grade
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION annotate_grade_left();
"""

BACKWARD = """
DROP TRIGGER grade_left ON accounts_grade;
DROP TRIGGER source_left ON annotate_source;
DROP TRIGGER run_left ON annotate_run;
DROP TRIGGER candidate_left ON annotate_candidate;
DROP TRIGGER passage_left ON annotate_passage;
DROP TRIGGER query_left ON annotate_query;
DROP FUNCTION annotate_grade_left();
DROP FUNCTION annotate_source_left();
DROP FUNCTION annotate_run_left();
DROP FUNCTION annotate_candidate_left();
DROP FUNCTION annotate_passage_left();
DROP FUNCTION annotate_query_left();
DROP FUNCTION annotate_referred_refuse(boolean, text, bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0007_adjudication")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
