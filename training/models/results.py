"""What jobs measured."""

from django.db import models
from django.db.models import F, Q

from training.models.jobs import TrainingJob


class JobMetric(models.Model):
    """One figure with its 95% interval and the n behind it, for one system on one split."""

    job = models.ForeignKey(TrainingJob, models.CASCADE, related_name="metrics")
    split = models.CharField(max_length=10)
    system = models.CharField(max_length=40)
    metric = models.CharField(max_length=60)
    value = models.FloatField()
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    n = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "split", "system", "metric"], name="job_metric_once"
            ),
            models.CheckConstraint(
                condition=Q(low__isnull=True, high__isnull=True) | Q(low__lte=F("high")),
                name="job_metric_interval_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.split}/{self.system} {self.metric} {self.value:.4f}"


class JobQueryScore(models.Model):
    """The ranking metrics of one query, for one system on one split, and what it put first.

    `top` holds [passage id, score] of the first ten, best first; empty on dev.
    """

    job = models.ForeignKey(TrainingJob, models.CASCADE, related_name="query_scores")
    split = models.CharField(max_length=10)
    system = models.CharField(max_length=40)
    query_id = models.TextField()
    values = models.JSONField()
    top = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job", "split", "system", "query_id"], name="job_query_score_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.split}/{self.system} {self.query_id}"
