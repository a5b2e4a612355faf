"""What has to hold before an alias may name a version."""

from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Project, User
from annotate.models import Snapshot

APPROVALS_MOST: Final = 20


class Gate(models.Model):
    """The conditions of one alias, for every reranker of a project. An alias without one is free.

    `gain` is how much better in nDCG@10 a version has to be, on `snapshot`'s test queries, than the
    one that the alias names; below 0, how much worse it may be. None asks for nothing.
    `floors` are `{"slice": name, "least": nDCG@10}`. `score_contract` asks for golden pairs that
    still come out as when the version was saved. `approvals` counts people who did not train the
    version.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="gates")
    alias = models.CharField(max_length=40)
    snapshot = models.ForeignKey(Snapshot, models.RESTRICT, null=True, related_name="+")
    gain = models.FloatField(null=True)
    floors: Any = models.JSONField(default=list)
    no_leakage = models.BooleanField(default=False)
    score_contract = models.BooleanField(default=False)
    approvals = models.PositiveSmallIntegerField(default=0)
    changed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["project", "alias"]
        constraints = [
            models.UniqueConstraint(fields=["project", "alias"], name="gate_once"),
            models.CheckConstraint(
                condition=Q(gain__isnull=True) | Q(gain__gte=-1, gain__lte=1),
                name="gate_gain_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(approvals__lte=APPROVALS_MOST), name="gate_approvals_in_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project.slug}: {self.alias}"
