"""What the browser needs: the words of passages, indexes for what is rare, views that are saved."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

FORWARD = r"""
-- The words of a passage as the search knows them: of identifiers and paths, too, each part is one.
-- No more than a tsvector can hold, which has no room for a whole megabyte.
CREATE FUNCTION annotate_words(title text, wording text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT strip(to_tsvector('simple', translate(
        left(title, 1000) || ' ' || left(wording, 200000), './\:@=&?#%+~-''"', '               ')))
$$;

-- They go with their passage, whoever deletes it.
ALTER TABLE annotate_passagewords ADD CONSTRAINT passage_words_of_a_passage
FOREIGN KEY (passage_id) REFERENCES annotate_passage (id) ON DELETE CASCADE
DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION annotate_words_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO annotate_passagewords (passage_id) SELECT id FROM made;
    ELSE
        UPDATE annotate_passagewords SET words = NULL WHERE passage_id IN (
            SELECT made.id FROM made JOIN was ON was.id = made.id
            WHERE (made.title, made.text_id) IS DISTINCT FROM (was.title, was.text_id));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER passage_words_wait AFTER INSERT ON annotate_passage
REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION annotate_words_wait();
CREATE TRIGGER passage_words_again AFTER UPDATE ON annotate_passage
REFERENCING OLD TABLE AS was NEW TABLE AS made
FOR EACH STATEMENT EXECUTE FUNCTION annotate_words_wait();
INSERT INTO annotate_passagewords (passage_id) SELECT id FROM annotate_passage;
SET CONSTRAINTS ALL IMMEDIATE;
"""

BACKWARD = """
DROP TRIGGER passage_words_again ON annotate_passage;
DROP TRIGGER passage_words_wait ON annotate_passage;
DROP FUNCTION annotate_words_wait();
DROP FUNCTION annotate_words(text, text);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_namespace"),
        ("annotate", "0010_corpus"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PassageWords",
            fields=[
                (
                    "passage",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="searchable",
                        serialize=False,
                        to="annotate.passage",
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField(null=True)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], name="passage_words"
                    ),
                    models.Index(
                        condition=Q(("words__isnull", True)),
                        fields=["passage"],
                        name="passage_unread",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "listed",
                    models.CharField(
                        choices=[("queries", "Queries"), ("candidates", "Candidates")],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("parameters", models.JSONField(default=dict)),
                (
                    "shared",
                    models.BooleanField(
                        default=False, help_text="Everybody in the project sees it."
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="views",
                        to="accounts.project",
                    ),
                ),
            ],
            options={
                "ordering": ["project", "listed", "name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "listed", "maker", "name"), name="view_name_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(("listed__in", ["queries", "candidates"])),
                        name="view_listed_known",
                    ),
                    models.CheckConstraint(condition=~Q(("name", "")), name="view_name_not_empty"),
                ],
            },
        ),
        migrations.AlterField(
            model_name="proposal",
            name="run",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proposals",
                to="annotate.run",
            ),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(
                "run",
                django.db.models.functions.comparison.Coalesce("rank", 2**31 - 1),
                "candidate",
                name="proposal_rank",
            ),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                condition=Q(("withdrawn_at__isnull", False)),
                fields=["project", "id"],
                name="candidate_withdrawn",
            ),
        ),
        migrations.AddIndex(
            model_name="judgment",
            index=models.Index(
                condition=Q(("current", True), ("flagged", True)),
                fields=["project", "candidate"],
                name="judgment_flagged",
            ),
        ),
        migrations.AddIndex(
            model_name="judgment",
            index=models.Index(
                condition=Q(("action", "skip"), ("current", True)),
                fields=["project", "candidate"],
                name="judgment_skipped",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
