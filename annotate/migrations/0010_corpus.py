"""What people do to the corpus by hand, and erasure: the one way on which texts go for good.

A transaction that erases says so by a row in accounts_erasing, which its end takes away again. Only
beside such a row may a trigger let texts, comments and what a snapshot stores go, and only as far
as it says there; and the end asks for the record of who erased what and why.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import annotate.models.corpus

FORWARD = """
-- The end of an erasure: its record is done, in this very transaction.
CREATE FUNCTION annotate_erasure_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM annotate_erasure WHERE id = NEW.erasure_id AND project_id = NEW.project_id
        AND status = 'done' AND finished_at = transaction_timestamp()
    ) THEN
        RAISE EXCEPTION 'project % erases, and no record of it is made', NEW.project_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_is_recorded';
    END IF;
    DELETE FROM accounts_erasing WHERE project_id = NEW.project_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER erasure_is_recorded AFTER INSERT OR UPDATE ON accounts_erasing
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION annotate_erasure_recorded();

-- A done erasure stays as it is, but for who asked for it, who may leave, for the files that still
-- had to go, and for what may come back.
CREATE FUNCTION annotate_erasure_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept annotate_erasure := NEW;
BEGIN
    -- Its reason may quote what a later one erases.
    IF kept.reason = '(erased)' AND accounts_erases(OLD.project_id) THEN
        kept.reason := OLD.reason;
    END IF;
    IF (NEW.project_id, NEW.query_id, NEW.passage_id, kept.reason, NEW.keep_comments, NEW.remember)
        IS DISTINCT FROM
       (OLD.project_id, OLD.query_id, OLD.passage_id, OLD.reason, OLD.keep_comments, OLD.remember)
    THEN
        RAISE EXCEPTION 'what erasure % erases is fixed', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_wish_is_fixed';
    END IF;
    IF kept.created_by_id IS NULL THEN kept.created_by_id := OLD.created_by_id; END IF;
    kept.leftovers := OLD.leftovers;
    IF OLD.lifted_at IS NULL THEN kept.lifted_at := NULL; kept.lifted_by_id := NULL; END IF;
    IF kept.lifted_by_id IS NULL THEN kept.lifted_by_id := OLD.lifted_by_id; END IF;
    IF OLD.status = 'done' AND kept IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'erasure % is done and stays as it is', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_is_history';
    END IF;
    IF NEW.status = 'done' AND OLD.status <> 'done' AND NOT accounts_erases(NEW.project_id) THEN
        RAISE EXCEPTION 'erasure % is done where it erases', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_is_done_by_erasing';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER erasure_guard BEFORE UPDATE ON annotate_erasure
FOR EACH ROW EXECUTE FUNCTION annotate_erasure_guard();
CREATE FUNCTION annotate_erasure_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a new erasure is queued, not %', NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_begins_queued';
END $$;
CREATE TRIGGER erasure_begins BEFORE INSERT ON annotate_erasure
FOR EACH ROW WHEN (NEW.status <> 'queued') EXECUTE FUNCTION annotate_erasure_begin();
CREATE TRIGGER erasure_kept BEFORE DELETE ON annotate_erasure
FOR EACH ROW EXECUTE FUNCTION accounts_delete_guard('erasure');

CREATE FUNCTION annotate_change_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept annotate_change := NEW;
BEGIN
    -- Who did it may leave the installation; a reason may quote what is erased.
    IF kept.by_id IS NULL THEN kept.by_id := OLD.by_id; END IF;
    IF kept.reason = '(erased)' AND accounts_erases(OLD.project_id) THEN
        kept.reason := OLD.reason;
    END IF;
    IF kept IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'change % is never rewritten', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'change_is_kept';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER change_guard BEFORE UPDATE ON annotate_change
FOR EACH ROW EXECUTE FUNCTION annotate_change_guard();
CREATE TRIGGER change_kept BEFORE DELETE ON annotate_change
FOR EACH ROW EXECUTE FUNCTION accounts_delete_guard('change');

CREATE TRIGGER erased_records_kept BEFORE UPDATE ON annotate_erasedrecords
FOR EACH ROW EXECUTE FUNCTION annotate_rewrite_guard('erased_records');
CREATE FUNCTION annotate_erased_records_leave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM accounts_leaves_with(
        (SELECT project_id FROM annotate_erasure WHERE id = OLD.erasure_id),
        'erased_records', OLD.id::text);
    RETURN OLD;
END $$;
CREATE TRIGGER erased_records_stay BEFORE DELETE ON annotate_erasedrecords
FOR EACH ROW EXECUTE FUNCTION annotate_erased_records_leave();

-- What is erased stays erased, and becomes so by an erasure only.
CREATE FUNCTION annotate_erased_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NOT accounts_erases(NEW.project_id)
        OR OLD.erased_at IS NOT NULL AND NEW IS DISTINCT FROM OLD
    THEN
        RAISE EXCEPTION '% % is erased by an erasure only, and stays so', TG_ARGV[0], NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_stays_erased';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER query_erased BEFORE INSERT ON annotate_query
FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION annotate_erased_guard('query');
CREATE TRIGGER query_stays_erased BEFORE UPDATE ON annotate_query
FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NOT NULL)
EXECUTE FUNCTION annotate_erased_guard('query');
CREATE TRIGGER passage_erased BEFORE INSERT ON annotate_passage
FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION annotate_erased_guard('passage');
CREATE TRIGGER passage_stays_erased BEFORE UPDATE ON annotate_passage
FOR EACH ROW WHEN (OLD.erased_at IS NOT NULL OR NEW.erased_at IS NOT NULL)
EXECUTE FUNCTION annotate_erased_guard('passage');
"""

BACKWARD = """
DROP TRIGGER passage_stays_erased ON annotate_passage;
DROP TRIGGER passage_erased ON annotate_passage;
DROP TRIGGER query_stays_erased ON annotate_query;
DROP TRIGGER query_erased ON annotate_query;
DROP FUNCTION annotate_erased_guard();
DROP TRIGGER erased_records_stay ON annotate_erasedrecords;
DROP FUNCTION annotate_erased_records_leave();
DROP TRIGGER erased_records_kept ON annotate_erasedrecords;
DROP TRIGGER change_kept ON annotate_change;
DROP TRIGGER change_guard ON annotate_change;
DROP FUNCTION annotate_change_guard();
DROP TRIGGER erasure_kept ON annotate_erasure;
DROP TRIGGER erasure_begins ON annotate_erasure;
DROP FUNCTION annotate_erasure_begin();
DROP TRIGGER erasure_guard ON annotate_erasure;
DROP FUNCTION annotate_erasure_guard();
DROP TRIGGER erasure_is_recorded ON accounts_erasing;
DROP FUNCTION annotate_erasure_recorded();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_namespace"),
        ("annotate", "0009_import"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "thing",
                    models.CharField(
                        choices=[
                            ("query", "Query"),
                            ("passage", "Passage"),
                            ("candidate", "Candidate"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("add", "Added"),
                            ("edit", "Edited"),
                            ("withdraw", "Withdrawn"),
                            ("restore", "Restored"),
                            ("erase", "Erased"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "things",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ErasedRecords",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("records", models.PositiveIntegerField()),
            ],
            options={
                "ordering": ["snapshot"],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("keep_comments", models.BooleanField(default=False)),
                ("remember", models.BooleanField(default=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("queued", "Queued"), ("done", "Done"), ("failed", "Failed")],
                        default="queued",
                        max_length=6,
                    ),
                ),
                ("counts", models.JSONField(default=dict)),
                ("leftovers", models.JSONField(default=list)),
                ("error", models.TextField(blank=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="SnapshotKey",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.project",
                    ),
                ),
                ("key", models.BinaryField(default=annotate.models.corpus.key_new)),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "thing",
                    models.CharField(
                        choices=[
                            ("query", "Query"),
                            ("passage", "Passage"),
                            ("candidate", "Candidate"),
                        ],
                        max_length=9,
                    ),
                ),
                ("mark", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.AddField(
            model_name="change",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="corpus_changes",
                to="accounts.project",
            ),
        ),
        migrations.AddField(
            model_name="erasedrecords",
            name="snapshot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="erasures",
                to="annotate.snapshot",
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="lifted_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="passage",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="erasures",
                to="annotate.passage",
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="erasures",
                to="accounts.project",
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="query",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="erasures",
                to="annotate.query",
            ),
        ),
        migrations.AddField(
            model_name="erasedrecords",
            name="erasure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="snapshots",
                to="annotate.erasure",
            ),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="erasure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tombstones",
                to="annotate.erasure",
            ),
        ),
        migrations.AddField(
            model_name="tombstone",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.project",
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["project", "thing", "at"], name="change_of_project"),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(("thing__in", ["query", "passage", "candidate"])),
                name="change_thing_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(("deed__in", ["add", "edit", "withdraw", "restore", "erase"])),
                name="change_deed_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), _negated=True),
                    models.Q(("deed__in", ["withdraw", "erase"]), _negated=True),
                    _connector="OR",
                ),
                name="change_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["queued", "done", "failed"])),
                name="erasure_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("passage__isnull", True), ("query__isnull", False)),
                    models.Q(("passage__isnull", False), ("query__isnull", True)),
                    _connector="OR",
                ),
                name="erasure_of_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="erasure_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="erasure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", False), ("status", "done")),
                    models.Q(("status", "done"), _negated=True),
                    _connector="OR",
                ),
                name="erasure_done_has_a_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="erasedrecords",
            constraint=models.UniqueConstraint(
                fields=("erasure", "snapshot"), name="erased_records_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="tombstone",
            constraint=models.UniqueConstraint(
                fields=("project", "thing", "mark", "erasure"), name="tombstone_once"
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
