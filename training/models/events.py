"""What jobs report while they run."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from training.models.jobs import TrainingJob


class EventKind(models.TextChoices):
    """What a job reports."""

    STAGE = "stage", "Stage"
    LOG = "log", "Log line"
    METRIC = "metric", "Metric"
    TRIAL = "trial", "Trial"


class TrialState(models.TextChoices):
    """Where a trial of a sweep stands; see `training.ml.reporter.Reporter.trial`."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    BEST = "best", "Best"


class JobEvent(models.Model):
    """One thing that a job reported. `id` grows, so a reader asks for what came after N."""

    job = models.ForeignKey(TrainingJob, models.CASCADE, related_name="events")
    attempt = models.PositiveSmallIntegerField()
    at = models.DateTimeField(db_default=Now())
    kind = models.CharField(max_length=8, choices=EventKind.choices)
    data = models.JSONField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["job", "id"], name="event_of_job")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EventKind.values), name="job_event_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.data}"
