"""Labels that a check doubts, and which of them were sent to be decided."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from annotate.models import Candidate
from training.models.jobs import TrainingJob


class JobDoubt(models.Model):
    """A label that a model which had not seen it disagrees with, and how much.

    `place` counts from 1, the most doubted first. `grade` is what the snapshot had resolved, by so
    many `people`, or from imports where they are none. `score` is the model's, calibrated; `rank`
    its place among the query's `of` judged passages. `sent_at` says that reviewers were asked. No
    text is kept here: it is read from the candidate, and gone with it.
    """

    job = models.ForeignKey(TrainingJob, models.CASCADE, related_name="label_doubts")
    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="+")
    place = models.PositiveIntegerField()
    split = models.CharField(max_length=10)
    grade = models.FloatField()
    people = models.PositiveSmallIntegerField()
    score = models.FloatField()
    rank = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    strength = models.FloatField()
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["job", "place"], name="job_doubt_place_once"),
            models.UniqueConstraint(fields=["job", "candidate"], name="job_doubt_once"),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1), name="job_doubt_score_a_probability"
            ),
        ]

    def __str__(self) -> str:
        return f"doubt {self.place} of {self.job_id}"
