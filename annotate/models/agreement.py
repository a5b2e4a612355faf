"""Agreement as it was measured last: a copy that can be made again from the judgments."""

from django.db import models
from django.db.models.functions import Now

from accounts.models import Project


class AgreementReport(models.Model):
    """The last measurement of a project's judgments, and whether a worker is asked for a new one.

    `fingerprint` says what it was measured of: where it is not that of the project now, the figures
    are old (`annotate.selectors.agreement_reports`). `result` is null until there is a first one.
    Only `annotate.services.agreement` writes it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="agreement_reports")
    with_imported = models.BooleanField(help_text="Import sources count as judges.")
    fingerprint = models.TextField(blank=True)
    result = models.JSONField(null=True)
    seconds = models.FloatField(null=True)
    measured_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "with_imported"], name="agreement_report_once"
            ),
            models.CheckConstraint(
                condition=models.Q(result__isnull=True, measured_at__isnull=True)
                | models.Q(result__isnull=False, measured_at__isnull=False),
                name="agreement_report_is_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"agreement in project {self.project_id}"
