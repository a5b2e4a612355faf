"""Deeds on many rows of a list."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_namespace"),
        ("annotate", "0011_browsing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Bulk",
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
                (
                    "deed",
                    models.CharField(
                        choices=[
                            ("withdraw", "Withdraw"),
                            ("gold", "Make gold"),
                            ("assign", "Assign"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("parameters", models.JSONField(default=dict)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("grade", models.PositiveSmallIntegerField(null=True)),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("changed", models.BigIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("finished_at", models.DateTimeField(null=True)),
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
                        related_name="bulks",
                        to="accounts.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("deed__in", ["withdraw", "gold", "assign"])),
                        name="bulk_deed_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["queued", "running", "succeeded", "failed"])
                        ),
                        name="bulk_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("deed", "gold"), _negated=True),
                            ("listed", "candidates"),
                            _connector="OR",
                        ),
                        name="bulk_gold_is_of_candidates",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("deed", "assign"), _negated=True),
                            ("listed", "queries"),
                            _connector="OR",
                        ),
                        name="bulk_assigns_queries",
                    ),
                ],
            },
        ),
    ]
