"""Slices that the team has made: named parts of a project's queries."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from accounts.models import Project, User
from annotate.frozen.slicing import Conditions


class QuerySlice(models.Model):
    """A named part of a project's queries, whose figures each training run reports.

    `conditions` are as `annotate.frozen.slicing.Conditions` writes them: which queries they hold
    for is computed, of the queries as they are now, or of a frozen snapshot's.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="slices")
    name = models.CharField(max_length=80)
    conditions: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["project", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                "project", Lower("name"), name="slice_name_once",
                violation_error_message="There is a slice of this name.",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="slice_name_not_empty"),
            models.CheckConstraint(condition=~Q(conditions={}), name="slice_asks_for_something"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def asks(self) -> Conditions:
        return Conditions.from_dict(self.conditions)
