"""Agreement as it was measured last."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_namespace"), ("annotate", "0005_queue")]

    operations = [
        migrations.CreateModel(
            name="AgreementReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "with_imported",
                    models.BooleanField(help_text="Import sources count as judges."),
                ),
                ("fingerprint", models.TextField(blank=True)),
                ("result", models.JSONField(null=True)),
                ("seconds", models.FloatField(null=True)),
                ("measured_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="agreement_reports",
                        to="accounts.project",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "with_imported"), name="agreement_report_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("measured_at__isnull", True), ("result__isnull", True))
                        | models.Q(("measured_at__isnull", False), ("result__isnull", False)),
                        name="agreement_report_is_dated",
                    ),
                ],
            },
        ),
    ]
