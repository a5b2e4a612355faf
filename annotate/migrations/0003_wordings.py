"""What constraints cannot say: wordings are kept, and leave with their project; rows do not stray;
leases are members', and whether a candidate is wanted is counted.

Statement triggers count by EXECUTE, for the reasons given in 0002.
"""

from django.db import migrations

FORWARD = """
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
    PERFORM accounts_leaves_with(project, 'revision', OLD.id::text);
    RETURN OLD;
END $$;
CREATE TRIGGER query_revision_stays BEFORE DELETE ON annotate_queryrevision
FOR EACH ROW EXECUTE FUNCTION annotate_revision_leaves();
CREATE TRIGGER passage_revision_stays BEFORE DELETE ON annotate_passagerevision
FOR EACH ROW EXECUTE FUNCTION annotate_revision_leaves();

-- A revision copies the wording that holds, just before that is replaced.
CREATE FUNCTION annotate_revision_begin() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    strays bigint;
BEGIN
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

-- A wording and its number change together, one up, once the old wording is a revision.
CREATE FUNCTION annotate_wording_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lost bigint;
BEGIN
    IF TG_TABLE_NAME = 'annotate_query' THEN
        EXECUTE $query$
            SELECT count(*) FROM was JOIN made ON made.id = was.id
            LEFT JOIN annotate_queryrevision r ON r.query_id = was.id AND r.number = was.revision
            WHERE (was.text, was.revision) IS DISTINCT FROM (made.text, made.revision)
              AND (made.revision <> was.revision + 1 OR r.id IS NULL)
        $query$ INTO lost;
    ELSE
        EXECUTE $query$
            SELECT count(*) FROM was JOIN made ON made.id = was.id
            LEFT JOIN annotate_passagerevision r
              ON r.passage_id = was.id AND r.number = was.revision
            WHERE (was.title, was.text_id, was.revision)
                  IS DISTINCT FROM (made.title, made.text_id, made.revision)
              AND (made.revision <> was.revision + 1 OR r.id IS NULL)
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

CREATE FUNCTION annotate_passage_home() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    strays bigint;
BEGIN
    EXECUTE $query$
        SELECT count(*) FROM made JOIN annotate_text x ON x.id = made.text_id
        WHERE x.project_id <> made.project_id
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a passage and its text are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'passage_of_one_project';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER passage_home AFTER INSERT ON annotate_passage
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_passage_home();
CREATE TRIGGER passage_home_kept AFTER UPDATE ON annotate_passage
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_passage_home();

CREATE FUNCTION annotate_proposal_home() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    strays bigint;
BEGIN
    EXECUTE $query$
        SELECT count(*) FROM made JOIN annotate_run r ON r.id = made.run_id
        JOIN annotate_candidate c ON c.id = made.candidate_id
        WHERE r.project_id <> c.project_id
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a proposal''s run and candidate are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_of_one_project';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER proposal_home AFTER INSERT ON annotate_proposal
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_proposal_home();
CREATE TRIGGER proposal_stays BEFORE UPDATE ON annotate_proposal
FOR EACH ROW WHEN ((OLD.run_id, OLD.candidate_id) IS DISTINCT FROM (NEW.run_id, NEW.candidate_id))
EXECUTE FUNCTION annotate_home_kept('proposal');
CREATE TRIGGER run_stays BEFORE UPDATE ON annotate_run
FOR EACH ROW WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id)
EXECUTE FUNCTION annotate_home_kept('run');

-- Once it is taken, a lease runs out by itself: a lower overlap, or a role that ends, recalls none.
CREATE FUNCTION annotate_lease_is_a_members() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    project bigint := (SELECT project_id FROM annotate_candidate WHERE id = NEW.candidate_id);
    overlap smallint := annotate_overlap_of(project);
BEGIN
    PERFORM annotate_done_by_judge(project, NEW.person_id, 'lease_is_a_members');
    IF NEW.slot > overlap THEN
        RAISE EXCEPTION 'slot % is beyond the overlap of %', NEW.slot, overlap
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lease_slot_within_overlap';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lease_is_a_members BEFORE INSERT OR UPDATE OF candidate_id, person_id, slot
ON annotate_lease FOR EACH ROW EXECUTE FUNCTION annotate_lease_is_a_members();

CREATE FUNCTION annotate_wanted_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether candidate % is wanted is counted, not set', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'candidate_wanted_is_counted';
END $$;
CREATE TRIGGER wanted_is_counted BEFORE UPDATE ON annotate_candidate
FOR EACH ROW WHEN (OLD.wanted <> NEW.wanted AND pg_trigger_depth() = 0)
EXECUTE FUNCTION annotate_wanted_is_counted();
CREATE TRIGGER wanted_at_first BEFORE INSERT ON annotate_candidate
FOR EACH ROW WHEN (NOT NEW.wanted) EXECUTE FUNCTION annotate_wanted_is_counted();
"""

BACKWARD = """
DROP TRIGGER wanted_at_first ON annotate_candidate;
DROP TRIGGER wanted_is_counted ON annotate_candidate;
DROP FUNCTION annotate_wanted_is_counted();
DROP TRIGGER lease_is_a_members ON annotate_lease;
DROP FUNCTION annotate_lease_is_a_members();
DROP TRIGGER run_stays ON annotate_run;
DROP TRIGGER proposal_stays ON annotate_proposal;
DROP TRIGGER proposal_home ON annotate_proposal;
DROP FUNCTION annotate_proposal_home();
DROP TRIGGER passage_home_kept ON annotate_passage;
DROP TRIGGER passage_home ON annotate_passage;
DROP FUNCTION annotate_passage_home();
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
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0002_history")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
