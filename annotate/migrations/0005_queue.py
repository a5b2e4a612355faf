"""The queue's settings, gold candidates, groups and lanes; the lease as a function."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from annotate.migrations import _queue_checks, _queue_lease, _queue_rules


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_namespace"),
        ("annotate", "0004_homes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Gold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("explanation", models.TextField(blank=True)),
                (
                    "set_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["project", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "ordering": ["project", "name"],
            },
        ),
        migrations.CreateModel(
            name="GroupMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.TextField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LaneSeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Queue",
            fields=[
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="queue",
                        serialize=False,
                        to="accounts.project",
                    ),
                ),
                (
                    "strategy",
                    models.CharField(
                        choices=[
                            ("random", "Random"),
                            ("query", "Query by query"),
                            ("uncertainty", "Where a model is unsure"),
                            ("disagreement", "Where two rerankers disagree"),
                            ("unjudged", "Unjudged top ranks first"),
                        ],
                        db_default="random",
                        default="random",
                        max_length=12,
                    ),
                ),
                ("seed", models.PositiveIntegerField(db_default=0, default=0)),
                ("depth", models.PositiveSmallIntegerField(db_default=10, default=10)),
                ("gold_rate", models.FloatField(db_default=0.0, default=0.0)),
                ("gold_again", models.BooleanField(db_default=False, default=False)),
                ("repeat_rate", models.FloatField(db_default=0.0, default=0.0)),
                ("repeat_after", models.PositiveIntegerField(db_default=50, default=50)),
                ("repeat_days", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("assigned_only", models.BooleanField(db_default=False, default=False)),
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
                ("arranged", models.BigIntegerField(db_default=0, default=0)),
                ("total", models.BigIntegerField(db_default=0, default=0)),
                ("arranged_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("served", models.BigIntegerField(db_default=0, default=0)),
                ("checks_owed", models.PositiveIntegerField(db_default=0, default=0)),
                ("repeats_owed", models.PositiveIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.AddField(
            model_name="gold",
            name="candidate",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="golds",
                to="annotate.candidate",
            ),
        ),
        migrations.AddField(
            model_name="gold",
            name="grade",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="golds",
                to="accounts.grade",
            ),
        ),
        migrations.AddField(
            model_name="gold",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="golds",
                to="accounts.project",
            ),
        ),
        migrations.AddField(
            model_name="gold",
            name="removed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="gold",
            name="set_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="groups",
                to="accounts.project",
            ),
        ),
        migrations.AddField(
            model_name="groupmember",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="seats",
                to="annotate.group",
            ),
        ),
        migrations.AddField(
            model_name="groupmember",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.member"
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="members",
            field=models.ManyToManyField(
                related_name="groups", through="annotate.GroupMember", to="accounts.member"
            ),
        ),
        migrations.AddField(
            model_name="lane",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="lane",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lanes",
                to="accounts.project",
            ),
        ),
        migrations.AddField(
            model_name="laneseat",
            name="group",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="annotate.group",
            ),
        ),
        migrations.AddField(
            model_name="laneseat",
            name="lane",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="seats",
                to="annotate.lane",
            ),
        ),
        migrations.AddField(
            model_name="laneseat",
            name="member",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.member",
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="other_run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="annotate.run",
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="annotate.run",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="project",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="accounts.project",
            ),
        ),
        migrations.AddConstraint(
            model_name="gold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("candidate",),
                name="gold_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="groupmember",
            constraint=models.UniqueConstraint(
                fields=("group", "member"), name="group_member_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(fields=("project", "name"), name="group_name_once"),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="group_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="lane",
            constraint=models.UniqueConstraint(fields=("project", "key"), name="lane_once"),
        ),
        migrations.AddConstraint(
            model_name="laneseat",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("group__isnull", True), ("member__isnull", False)),
                    models.Q(("group__isnull", False), ("member__isnull", True)),
                    _connector="OR",
                ),
                name="lane_seat_is_somebodys",
            ),
        ),
        migrations.AddConstraint(
            model_name="laneseat",
            constraint=models.UniqueConstraint(fields=("lane", "member"), name="lane_member_once"),
        ),
        migrations.AddConstraint(
            model_name="laneseat",
            constraint=models.UniqueConstraint(fields=("lane", "group"), name="lane_group_once"),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("strategy__in", ["random", "query", "uncertainty", "disagreement", "unjudged"])
                ),
                name="queue_strategy_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["queued", "running", "done", "failed"])),
                name="queue_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("gold_rate__gte", 0),
                    ("repeat_rate__gte", 0),
                    (
                        "gold_rate__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.Value(0.5), "-", models.F("repeat_rate")
                        ),
                    ),
                ),
                name="queue_rates_leave_half",
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(("repeat_after__gte", 1)), name="queue_repeat_is_never_next"
            ),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.CheckConstraint(
                condition=models.Q(("depth__gte", 1)), name="queue_depth_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="turn",
            constraint=models.UniqueConstraint(fields=("project", "person"), name="turn_once"),
        ),
        # The rules name the lease's functions, which nothing calls before there are leases.
        migrations.RunSQL(_queue_checks.FORWARD, _queue_checks.BACKWARD),
        migrations.RunSQL(_queue_lease.FORWARD, _queue_lease.BACKWARD),
        migrations.RunSQL(_queue_rules.FORWARD, _queue_rules.BACKWARD),
    ]
