"""What constraints cannot say: rows of one thing are of one project, and stay there."""

from django.db import migrations

FORWARD = """
-- A candidate is of the project of its texts, a judgment of that of its candidate, grade and
-- source. Once per statement, since imports store many rows by one; counted, not looked for, since
-- a search for the first of none is planned as a nested loop; planned at each call, since a plan
-- kept from small tables is quadratic on large ones.
--
-- These also take the place of the foreign keys of candidates, proposals and judgments (below), of
-- which a million rows would ask millions of times, one by one: what is referred to is held as a
-- foreign key holds it, so that its deletion waits, and then looked at. Migration 0009 has the
-- other side, which refuses to delete what is referred to.
CREATE FUNCTION annotate_candidate_home() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on AS $$
DECLARE
    strays bigint;
BEGIN
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
    EXECUTE 'SELECT FROM annotate_query WHERE id IN (SELECT query_id FROM made) FOR KEY SHARE';
    EXECUTE 'SELECT FROM annotate_passage WHERE id IN (SELECT passage_id FROM made) FOR KEY SHARE';
    EXECUTE $query$
        SELECT count(*) FROM made LEFT JOIN annotate_query q ON q.id = made.query_id
        LEFT JOIN annotate_passage p ON p.id = made.passage_id
        WHERE q.project_id IS DISTINCT FROM made.project_id
           OR p.project_id IS DISTINCT FROM made.project_id
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a candidate, its query and its passage are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'candidate_of_one_project';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER candidate_home AFTER INSERT ON annotate_candidate
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_candidate_home();

CREATE FUNCTION annotate_judgment_refuse(stray boolean, unread boolean, gone boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF stray THEN
        RAISE EXCEPTION 'a judgment, its candidate, grade and source are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_of_one_project';
    ELSIF unread THEN
        RAISE EXCEPTION 'a judgment is of a wording that there is or was'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_of_a_wording';
    ELSIF gone THEN
        RAISE EXCEPTION 'a judgment of what is withdrawn does not count'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_counts_what_is_there';
    END IF;
END $$;

-- People judge one by one: looked up by keys, under a plan that is kept.
CREATE FUNCTION annotate_answer_home() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    about record;
BEGIN
    SELECT c.project_id, p.revision AS passage, q.revision AS query,
           coalesce(c.withdrawn_at, p.withdrawn_at, q.withdrawn_at) AS withdrawn_at
    INTO about FROM annotate_candidate c JOIN annotate_passage p ON p.id = c.passage_id
    JOIN annotate_query q ON q.id = c.query_id WHERE c.id = NEW.candidate_id
    FOR KEY SHARE OF c;
    PERFORM annotate_judgment_refuse(
        NEW.project_id IS DISTINCT FROM about.project_id
            OR NEW.grade_id IS NOT NULL AND NEW.project_id IS DISTINCT FROM (
                SELECT project_id FROM accounts_grade WHERE id = NEW.grade_id FOR KEY SHARE),
        NEW.passage_revision NOT BETWEEN 1 AND about.passage
            OR NEW.query_revision NOT BETWEEN 1 AND about.query,
        NEW.slot IS NOT NULL AND about.withdrawn_at IS NOT NULL);
    RETURN NEW;
END $$;
CREATE TRIGGER judgment_answer_home BEFORE INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION annotate_answer_home();

-- Labels come by the thousand; joined in the order written.
CREATE FUNCTION annotate_label_home() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on SET join_collapse_limit = 1 AS $$
DECLARE
    strays bigint;
    unread bigint;
BEGIN
    IF (SELECT count(*) FROM made WHERE source_id IS NOT NULL) = 0 THEN
        RETURN NULL;
    END IF;
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
    EXECUTE 'SELECT FROM annotate_candidate WHERE id IN (SELECT candidate_id FROM made)
             FOR KEY SHARE';
    EXECUTE 'SELECT FROM accounts_grade WHERE id IN (SELECT grade_id FROM made) FOR KEY SHARE';
    EXECUTE 'SELECT FROM annotate_source WHERE id IN (SELECT source_id FROM made) FOR KEY SHARE';
    EXECUTE $query$
        SELECT count(*) FILTER (WHERE made.project_id IS DISTINCT FROM c.project_id
                                OR made.project_id IS DISTINCT FROM s.project_id
                                OR made.grade_id IS NOT NULL
                                   AND made.project_id IS DISTINCT FROM g.project_id),
               count(*) FILTER (WHERE made.passage_revision NOT BETWEEN 1 AND p.revision
                                OR made.query_revision NOT BETWEEN 1 AND q.revision)
        FROM made LEFT JOIN annotate_candidate c ON c.id = made.candidate_id
        LEFT JOIN annotate_passage p ON p.id = c.passage_id
        LEFT JOIN annotate_query q ON q.id = c.query_id
        LEFT JOIN accounts_grade g ON g.id = made.grade_id
        LEFT JOIN annotate_source s ON s.id = made.source_id
        WHERE made.source_id IS NOT NULL
    $query$ INTO strays, unread;
    PERFORM annotate_judgment_refuse(strays > 0, unread > 0, false);
    RETURN NULL;
END $$;
CREATE TRIGGER judgment_label_home AFTER INSERT ON annotate_judgment
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_label_home();

-- Adjudications revise one another, whoever made them.
CREATE FUNCTION annotate_judgment_replaces_its_own() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on AS $$
DECLARE
    strays bigint;
BEGIN
    IF (SELECT count(*) FROM made WHERE replaces_id IS NOT NULL) = 0 THEN
        RETURN NULL;
    END IF;
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
    EXECUTE $query$
        SELECT count(*) FROM made JOIN annotate_judgment r ON r.id = made.replaces_id
        LEFT JOIN made born ON born.id = r.id
        WHERE r.current OR born.id IS NOT NULL OR r.candidate_id <> made.candidate_id
              OR (r.kind = 'adjudication') <> (made.kind = 'adjudication')
              OR (r.kind <> 'adjudication' AND (r.person_id, r.source_id)
                  IS DISTINCT FROM (made.person_id, made.source_id))
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a judgment replaces one that ended, of the same author and candidate'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judgment_replaces_its_own';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER judgment_replaces_its_own AFTER INSERT ON annotate_judgment
REFERENCING NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION annotate_judgment_replaces_its_own();

CREATE FUNCTION annotate_passage_home() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on AS $$
DECLARE
    strays bigint;
BEGIN
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
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

CREATE FUNCTION annotate_proposal_home() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on AS $$
DECLARE
    strays bigint;
BEGIN
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
    EXECUTE 'SELECT FROM annotate_run WHERE id IN (SELECT run_id FROM made) FOR KEY SHARE';
    EXECUTE 'SELECT FROM annotate_candidate WHERE id IN (SELECT candidate_id FROM made)
             FOR KEY SHARE';
    EXECUTE $query$
        SELECT count(*) FROM made LEFT JOIN annotate_run r ON r.id = made.run_id
        LEFT JOIN annotate_candidate c ON c.id = made.candidate_id
        WHERE r.project_id IS NULL OR c.project_id IS NULL OR r.project_id <> c.project_id
    $query$ INTO strays;
    IF strays > 0 THEN
        RAISE EXCEPTION 'a proposal''s run and candidate are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'proposal_of_one_project';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER proposal_home AFTER INSERT ON annotate_proposal
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_proposal_home();

CREATE FUNCTION annotate_home_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % stays where it is, with its id', TG_ARGV[0], OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_stays';
END $$;
CREATE TRIGGER candidate_stays BEFORE UPDATE ON annotate_candidate
FOR EACH ROW WHEN ((OLD.project_id, OLD.query_id, OLD.passage_id)
                   IS DISTINCT FROM (NEW.project_id, NEW.query_id, NEW.passage_id))
EXECUTE FUNCTION annotate_home_kept('candidate');
CREATE TRIGGER query_stays BEFORE UPDATE ON annotate_query
FOR EACH ROW WHEN (OLD.project_id <> NEW.project_id OR NEW.erased_at IS NULL
                   AND OLD.external_id IS DISTINCT FROM NEW.external_id)
EXECUTE FUNCTION annotate_home_kept('query');
CREATE TRIGGER passage_stays BEFORE UPDATE ON annotate_passage
FOR EACH ROW WHEN (OLD.project_id <> NEW.project_id OR NEW.erased_at IS NULL
                   AND OLD.external_id IS DISTINCT FROM NEW.external_id)
EXECUTE FUNCTION annotate_home_kept('passage');
CREATE TRIGGER source_stays BEFORE UPDATE ON annotate_source
FOR EACH ROW WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id)
EXECUTE FUNCTION annotate_home_kept('source');
CREATE TRIGGER grade_stays BEFORE UPDATE ON accounts_grade
FOR EACH ROW WHEN (OLD.project_id IS DISTINCT FROM NEW.project_id)
EXECUTE FUNCTION annotate_home_kept('grade');
CREATE TRIGGER proposal_stays BEFORE UPDATE ON annotate_proposal
FOR EACH ROW WHEN ((OLD.run_id, OLD.candidate_id) IS DISTINCT FROM (NEW.run_id, NEW.candidate_id))
EXECUTE FUNCTION annotate_home_kept('proposal');
CREATE TRIGGER run_stays BEFORE UPDATE ON annotate_run
FOR EACH ROW WHEN ((OLD.project_id, OLD.version) IS DISTINCT FROM (NEW.project_id, NEW.version))
EXECUTE FUNCTION annotate_home_kept('run');
"""

BACKWARD = """
DROP TRIGGER grade_stays ON accounts_grade;
DROP TRIGGER source_stays ON annotate_source;
DROP TRIGGER passage_stays ON annotate_passage;
DROP TRIGGER query_stays ON annotate_query;
DROP TRIGGER candidate_stays ON annotate_candidate;
DROP TRIGGER run_stays ON annotate_run;
DROP TRIGGER proposal_stays ON annotate_proposal;
DROP FUNCTION annotate_home_kept();
DROP TRIGGER judgment_replaces_its_own ON annotate_judgment;
DROP FUNCTION annotate_judgment_replaces_its_own();
DROP TRIGGER judgment_label_home ON annotate_judgment;
DROP FUNCTION annotate_label_home();
DROP TRIGGER judgment_answer_home ON annotate_judgment;
DROP FUNCTION annotate_answer_home();
DROP FUNCTION annotate_judgment_refuse(boolean, boolean, boolean);
DROP TRIGGER candidate_home ON annotate_candidate;
DROP FUNCTION annotate_candidate_home();
DROP TRIGGER proposal_home ON annotate_proposal;
DROP FUNCTION annotate_proposal_home();
DROP TRIGGER passage_home_kept ON annotate_passage;
DROP TRIGGER passage_home ON annotate_passage;
DROP FUNCTION annotate_passage_home();
"""


class Migration(migrations.Migration):
    dependencies = [("annotate", "0003_wordings")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
