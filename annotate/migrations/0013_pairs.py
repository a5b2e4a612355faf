"""Two candidates side by side: pairs, their leases, and preferences."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from annotate.migrations import _leave_rules, _pair_lease, _pair_rules


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_namespace"),
        ("annotate", "0012_bulk"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Pair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField()),
                ("lane", models.BigIntegerField(db_default=0, default=0, editable=False)),
                ("offered", models.BooleanField(db_default=True, default=True)),
                ("wanted", models.BooleanField(db_default=True, default=True, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "first",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="annotate.candidate",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairs",
                        to="accounts.project",
                    ),
                ),
                (
                    "query",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairs",
                        to="annotate.query",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="annotate.candidate",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PairLease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slot", models.PositiveSmallIntegerField()),
                ("expires_at", models.DateTimeField()),
                ("returned_at", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="leases",
                        to="annotate.pair",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PairQueue",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pair_queue",
                        serialize=False,
                        to="accounts.project",
                    ),
                ),
                ("on", models.BooleanField(db_default=False, default=False)),
                (
                    "scheme",
                    models.CharField(
                        choices=[("neighbours", "Neighbours in the ranking"), ("all", "Every two")],
                        db_default="neighbours",
                        default="neighbours",
                        max_length=10,
                    ),
                ),
                ("depth", models.PositiveSmallIntegerField(db_default=10, default=10)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        db_default="done",
                        default="done",
                        max_length=8,
                    ),
                ),
                ("asked", models.PositiveIntegerField(db_default=0, default=0)),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("made", models.BigIntegerField(db_default=0, default=0)),
                ("total", models.BigIntegerField(db_default=0, default=0)),
                ("reached", models.BigIntegerField(db_default=0, default=0)),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="annotate.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("prefer", "One is better"),
                            ("tie", "As good as one another"),
                            ("skip", "Skipped"),
                            ("withdraw", "Withdrawn"),
                        ],
                        max_length=8,
                    ),
                ),
                ("slot", models.PositiveSmallIntegerField(null=True)),
                ("skip_reason", models.CharField(blank=True, db_default="", max_length=200)),
                ("seconds", models.FloatField(null=True)),
                ("comment", models.TextField(blank=True, db_default="")),
                ("flagged", models.BooleanField(db_default=False, default=False)),
                ("first_revision", models.PositiveIntegerField()),
                ("second_revision", models.PositiveIntegerField()),
                ("query_revision", models.PositiveIntegerField()),
                ("current", models.BooleanField(db_default=True, default=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "left",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="annotate.candidate",
                    ),
                ),
                (
                    "pair",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preferences",
                        to="annotate.pair",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="preferences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "preferred",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="annotate.candidate",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preferences",
                        to="accounts.project",
                    ),
                ),
                (
                    "replaces",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replaced_by",
                        to="annotate.preference",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="pair",
            index=models.Index(
                condition=models.Q(("offered", True), ("wanted", True)),
                fields=["project", "lane", "position", "id"],
                name="pair_open",
            ),
        ),
        migrations.AddIndex(
            model_name="pair",
            index=models.Index(fields=["project"], name="pair_of_project"),
        ),
        migrations.AddConstraint(
            model_name="pair",
            constraint=models.UniqueConstraint(fields=("first", "second"), name="pair_once"),
        ),
        migrations.AddConstraint(
            model_name="pair",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lt", models.F("second"))), name="pair_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="pairlease",
            constraint=models.CheckConstraint(
                condition=models.Q(("slot__gte", 1)), name="pair_lease_holds_a_slot"
            ),
        ),
        migrations.AddConstraint(
            model_name="pairlease",
            constraint=models.UniqueConstraint(
                fields=("pair", "slot"), name="pair_lease_slot_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pairlease",
            constraint=models.UniqueConstraint(
                fields=("pair", "person"), name="pair_lease_once_per_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="pairqueue",
            constraint=models.CheckConstraint(
                condition=models.Q(("scheme__in", ["neighbours", "all"])),
                name="pair_queue_scheme_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairqueue",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["queued", "running", "done", "failed"])),
                name="pair_queue_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairqueue",
            constraint=models.CheckConstraint(
                condition=models.Q(("depth__gte", 2), ("depth__lte", 100)),
                name="pair_queue_depth_of_two",
            ),
        ),
        migrations.AddIndex(
            model_name="preference",
            index=models.Index(fields=["pair", "current"], name="preference_of_pair"),
        ),
        migrations.AddIndex(
            model_name="preference",
            index=models.Index(
                fields=["project", "person", "-created_at"], name="preference_of_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.UniqueConstraint(
                condition=models.Q(("current", True)),
                fields=("person", "pair"),
                name="preference_once_per_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaces__isnull", False)),
                fields=("replaces",),
                name="preference_replaced_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.UniqueConstraint(
                condition=models.Q(("current", True), ("slot__isnull", False)),
                fields=("pair", "slot"),
                name="preference_slot_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(("action__in", ["prefer", "tie", "skip", "withdraw"])),
                name="preference_action_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("action", "prefer"), ("preferred__isnull", False)),
                    models.Q(
                        models.Q(("action", "prefer"), _negated=True), ("preferred__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="preference_prefers_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("slot__isnull", True),
                    models.Q(("action__in", ["prefer", "tie"]), ("slot__gte", 1)),
                    _connector="OR",
                ),
                name="preference_only_answers_count",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("action", "withdraw"), _negated=True),
                    models.Q(("current", False), ("replaces__isnull", False)),
                    _connector="OR",
                ),
                name="preference_withdraw_is_no_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(("seconds__isnull", True), ("seconds__gte", 0), _connector="OR"),
                name="preference_seconds_not_negative",
            ),
        ),
        migrations.RunSQL(_pair_rules.FORWARD, _pair_rules.BACKWARD),
        migrations.RunSQL(_pair_lease.FORWARD, _pair_lease.BACKWARD),
        migrations.RunSQL(_leave_rules.FORWARD, _leave_rules.BACKWARD),
    ]
