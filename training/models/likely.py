"""Passages that nobody judged and that a job's model finds relevant."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from annotate.models import Passage, Query
from training.models.jobs import TrainingJob


class Why(models.TextChoices):
    """Why a passage came into question; see `training.ml.sets.mining.Why`."""

    CLOSE = "close", "As close as a relevant passage"
    ALIKE = "alike", "Nearly a relevant passage"
    NEGATIVE = "negative", "Learned as a negative"


class LikelyPair(models.Model):
    """A query and a passage that were no judged candidate when a job mined; never changes.

    `score` is that of the job's version, `near` the bi-encoder's cosine. It holds no text: an
    erased passage shows as such. `offered_at` says when it was given to the judging queue.
    """

    job = models.ForeignKey(TrainingJob, models.CASCADE, related_name="likely")
    query = models.ForeignKey(Query, models.CASCADE, related_name="+")
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="+")
    score = models.FloatField()
    near = models.FloatField(null=True)
    why = models.CharField(max_length=8, choices=Why.choices)
    offered_at = models.DateTimeField(null=True)
    offered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["job", "-score", "pk"]
        indexes = [models.Index(fields=["job", "-score", "id"], name="likely_of_job")]
        constraints = [
            models.UniqueConstraint(fields=["job", "query", "passage"], name="likely_once"),
            models.CheckConstraint(condition=Q(why__in=Why.values), name="likely_why_known"),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1), name="likely_score_in_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"query {self.query_id}, passage {self.passage_id}: {self.score:.3f}"
