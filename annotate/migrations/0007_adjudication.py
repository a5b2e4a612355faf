"""Adjudications are a reviewer's; disputes are counted, with how much they matter."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FORWARD = """
-- Made by who may review at that time, on the wording that holds.
CREATE FUNCTION annotate_adjudication_home() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM accounts_member m WHERE m.project_id = NEW.project_id
        AND m.user_id = NEW.person_id AND m.role IN ('owner', 'manager', 'reviewer')
    ) THEN
        RAISE EXCEPTION 'person % does not review in project %', NEW.person_id, NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'adjudication_is_a_reviewers';
    END IF;
    IF NEW.current AND NOT EXISTS (
        SELECT FROM annotate_candidate c JOIN annotate_passage p ON p.id = c.passage_id
        JOIN annotate_query q ON q.id = c.query_id
        WHERE c.id = NEW.candidate_id AND c.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
        AND q.withdrawn_at IS NULL AND p.revision = NEW.passage_revision
        AND q.revision = NEW.query_revision
    ) THEN
        RAISE EXCEPTION 'an adjudication is of a wording that holds'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'adjudication_of_what_holds';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER judgment_adjudication_home BEFORE INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.kind = 'adjudication') EXECUTE FUNCTION annotate_adjudication_home();

-- The only writer of annotate_dispute, always below a trigger. docs/resolution.md explains
-- `importance`; a candidate without a rank counts as one of rank 100.
CREATE FUNCTION annotate_dispute_settle(candidates bigint[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    WITH votes AS (
        SELECT j.candidate_id, j.grade_id, count(j.slot) AS n, bool_or(j.flagged) AS flagged,
               bool_or(j.action = 'skip') AS skipped, bool_or(j.skip_reason <> '') AS why,
               bool_or(j.kind = 'adjudication') AS settled
        FROM annotate_judgment j
        WHERE j.candidate_id = ANY (candidates) AND j.current
          AND j.kind IN ('counted', 'late', 'adjudication')
        GROUP BY j.candidate_id, j.grade_id
    ), referred AS (
        SELECT r.candidate_id FROM annotate_referral r WHERE r.candidate_id = ANY (candidates)
    ), said AS (
        SELECT k.id, coalesce(sum(v.n), 0) AS judges, coalesce(max(v.n), 0) AS largest,
               count(*) FILTER (WHERE v.n > 0) > 1 AS differs,
               coalesce(max(g.gain) FILTER (WHERE v.n > 0)
                        - min(g.gain) FILTER (WHERE v.n > 0), 0) AS apart,
               count(DISTINCT g.relevant) FILTER (WHERE v.n > 0) > 1 AS crosses,
               coalesce(bool_or(v.flagged), false) AS flagged,
               coalesce(sum(v.n) = 0 AND bool_or(v.skipped) AND bool_or(v.why), false) AS skipped,
               coalesce(bool_or(v.settled), false) AS settled,
               k.id IN (SELECT candidate_id FROM referred) AS referred
        FROM (SELECT candidate_id AS id FROM votes UNION SELECT candidate_id FROM referred) k
        LEFT JOIN votes v ON v.candidate_id = k.id
        LEFT JOIN accounts_grade g ON g.id = v.grade_id
        GROUP BY k.id
        HAVING count(*) FILTER (WHERE v.n > 0) > 1 OR bool_or(v.flagged) OR bool_or(v.settled)
            OR (sum(v.n) = 0 AND bool_or(v.skipped) AND bool_or(v.why))
            OR k.id IN (SELECT candidate_id FROM referred)
    ), weighed AS (
        SELECT said.*, c.project_id, c.query_id, r.rank,
               CASE WHEN judges > 0 THEN 1 - largest / judges ELSE 0 END AS outvoted,
               coalesce(apart / nullif((SELECT max(gain) FROM accounts_grade
                                        WHERE project_id = c.project_id), 0), 0) AS spread,
               ln(2) / ln(1 + greatest(coalesce(r.rank, 100), 1)) AS discount
        FROM said JOIN annotate_candidate c ON c.id = said.id
        CROSS JOIN LATERAL (SELECT min(rank) AS rank FROM annotate_proposal
                            WHERE candidate_id = said.id) r
    ), gone AS (
        DELETE FROM annotate_dispute d
        WHERE d.candidate_id = ANY (candidates)
          AND NOT EXISTS (SELECT FROM said WHERE said.id = d.candidate_id)
    )
    INSERT INTO annotate_dispute AS d
        (candidate_id, project_id, query_id, differs, crosses, flagged, skipped, referred, settled,
         judges, outvoted, spread, rank, importance)
    SELECT id, project_id, query_id, differs, crosses, flagged, skipped, referred, settled,
           judges, outvoted, spread, rank,
           discount * (least(1, 2 * outvoted) * (spread + crosses::integer) / 2
                       + (flagged OR skipped OR referred)::integer / 4.0)
    FROM weighed
    ON CONFLICT (candidate_id) DO UPDATE SET
        differs = excluded.differs, crosses = excluded.crosses, flagged = excluded.flagged,
        skipped = excluded.skipped, referred = excluded.referred, settled = excluded.settled,
        judges = excluded.judges, outvoted = excluded.outvoted, spread = excluded.spread,
        rank = excluded.rank, importance = excluded.importance
    WHERE (d.*) IS DISTINCT FROM (excluded.*);
END $$;

CREATE FUNCTION annotate_judgment_disputes() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    PERFORM FROM annotate_candidate WHERE id = NEW.candidate_id FOR NO KEY UPDATE;
    -- The first to judge a candidate differs from nobody: by far the most frequent case.
    IF TG_OP = 'INSERT' AND NEW.slot IS NOT NULL AND NOT NEW.flagged AND NOT EXISTS (
        SELECT FROM annotate_judgment
        WHERE candidate_id = NEW.candidate_id AND current AND id <> NEW.id
    ) AND NOT EXISTS (SELECT FROM annotate_dispute WHERE candidate_id = NEW.candidate_id) THEN
        RETURN NULL;
    END IF;
    PERFORM annotate_dispute_settle(ARRAY[NEW.candidate_id]);
    RETURN NULL;
END $$;
-- By their names these come after what counts the slots: that is the order of the locks.
CREATE TRIGGER judgment_opens_a_dispute AFTER INSERT ON annotate_judgment
FOR EACH ROW WHEN (NEW.current AND NEW.kind IN ('counted', 'late', 'adjudication'))
EXECUTE FUNCTION annotate_judgment_disputes();
CREATE TRIGGER judgment_ends_a_dispute AFTER UPDATE OF current ON annotate_judgment
FOR EACH ROW WHEN (OLD.current AND NOT NEW.current
                   AND NEW.kind IN ('counted', 'late', 'adjudication'))
EXECUTE FUNCTION annotate_judgment_disputes();

-- A label check refers what is to be decided; whoever does has locked the candidates by id.
CREATE FUNCTION annotate_referral_disputes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM annotate_candidate
                   WHERE id = NEW.candidate_id AND project_id = NEW.project_id) THEN
        RAISE EXCEPTION 'a referral and its candidate are of one project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'referral_of_one_project';
    END IF;
    PERFORM annotate_dispute_settle(ARRAY[NEW.candidate_id]);
    RETURN NULL;
END $$;
CREATE TRIGGER referral_opens_a_dispute AFTER INSERT ON annotate_referral
FOR EACH ROW EXECUTE FUNCTION annotate_referral_disputes();
CREATE FUNCTION annotate_referral_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM accounts_leaves_with(OLD.project_id, 'referral', OLD.candidate_id::text);
    RETURN OLD;
END $$;
CREATE TRIGGER referral_kept BEFORE DELETE ON annotate_referral
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION annotate_referral_kept();

-- A run may rank what people have judged already.
CREATE FUNCTION annotate_proposal_disputes() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = on AS $$
DECLARE
    moved bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM annotate_dispute) THEN
        RETURN NULL;
    END IF;
    PERFORM annotate_plan_for((SELECT count(*) FROM made));
    EXECUTE $query$
        SELECT array_agg(DISTINCT d.candidate_id)
        FROM made JOIN annotate_dispute d ON d.candidate_id = made.candidate_id
        WHERE coalesce(d.rank > made.rank, made.rank IS NOT NULL) OR $1
    $query$ INTO moved USING TG_OP = 'UPDATE';
    IF moved IS NOT NULL THEN
        PERFORM annotate_dispute_settle(moved);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER proposal_disputes AFTER INSERT ON annotate_proposal
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_proposal_disputes();
CREATE TRIGGER proposal_disputes_again AFTER UPDATE ON annotate_proposal
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_proposal_disputes();

-- A scheme that changes gains, or the relevant line, weighs anew. Who judges meanwhile waits.
CREATE FUNCTION annotate_grade_disputes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one bigint;
BEGIN
    FOR one IN
        SELECT DISTINCT made.project_id FROM made
        WHERE EXISTS (SELECT FROM annotate_dispute d WHERE d.project_id = made.project_id)
    LOOP
        PERFORM pg_advisory_xact_lock(hashtext('annotate_overlap'), one::integer);
        PERFORM annotate_dispute_settle(
            ARRAY(SELECT candidate_id FROM annotate_dispute WHERE project_id = one));
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER grade_disputes AFTER INSERT ON accounts_grade
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_grade_disputes();
CREATE TRIGGER grade_disputes_again AFTER UPDATE ON accounts_grade
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_grade_disputes();
CREATE TRIGGER grade_disputes_after AFTER DELETE ON accounts_grade
REFERENCING OLD TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_grade_disputes();

CREATE FUNCTION annotate_dispute_is_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM accounts_leaves_with(OLD.project_id, 'dispute', OLD.candidate_id::text);
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the dispute on candidate % is counted, not set', NEW.candidate_id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'dispute_is_counted';
END $$;
CREATE TRIGGER dispute_is_counted BEFORE INSERT OR UPDATE OR DELETE ON annotate_dispute
FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION annotate_dispute_is_counted();
"""

BACKWARD = """
DROP TRIGGER dispute_is_counted ON annotate_dispute;
DROP FUNCTION annotate_dispute_is_counted();
DROP TRIGGER grade_disputes_after ON accounts_grade;
DROP TRIGGER grade_disputes_again ON accounts_grade;
DROP TRIGGER grade_disputes ON accounts_grade;
DROP FUNCTION annotate_grade_disputes();
DROP TRIGGER proposal_disputes_again ON annotate_proposal;
DROP TRIGGER proposal_disputes ON annotate_proposal;
DROP FUNCTION annotate_proposal_disputes();
DROP TRIGGER judgment_ends_a_dispute ON annotate_judgment;
DROP TRIGGER judgment_opens_a_dispute ON annotate_judgment;
DROP FUNCTION annotate_judgment_disputes();
DROP TRIGGER referral_kept ON annotate_referral;
DROP FUNCTION annotate_referral_kept();
DROP TRIGGER referral_opens_a_dispute ON annotate_referral;
DROP FUNCTION annotate_referral_disputes();
DROP FUNCTION annotate_dispute_settle(bigint[]);
DROP TRIGGER judgment_adjudication_home ON annotate_judgment;
DROP FUNCTION annotate_adjudication_home();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("annotate", "0006_agreement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
            fields=[
                (
                    "candidate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="dispute",
                        serialize=False,
                        to="annotate.candidate",
                    ),
                ),
                ("differs", models.BooleanField()),
                (
                    "crosses",
                    models.BooleanField(help_text="Some say relevant, some not."),
                ),
                ("flagged", models.BooleanField()),
                ("skipped", models.BooleanField()),
                (
                    "referred",
                    models.BooleanField(help_text="A model that had not seen the label disagrees."),
                ),
                ("settled", models.BooleanField(help_text="Whether an adjudication holds.")),
                ("judges", models.PositiveSmallIntegerField()),
                ("outvoted", models.FloatField()),
                ("spread", models.FloatField()),
                ("rank", models.PositiveIntegerField(null=True)),
                ("importance", models.FloatField()),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="disputes",
                        to="accounts.project",
                    ),
                ),
                (
                    "query",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="annotate.query",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["project", "settled", "importance", "candidate"],
                        name="dispute_list",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                (
                    "candidate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="referral",
                        serialize=False,
                        to="annotate.candidate",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[("model", "A model that had not seen the label disagrees")],
                        default="model",
                        max_length=8,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="referrals",
                        to="accounts.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("why__in", ["model"])), name="referral_why_known"
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
