"""Views that people save: a list's search, filters and order under a name."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Project, User


class Listed(models.TextChoices):
    """Which list a saved view is of."""

    QUERIES = "queries", "Queries"
    CANDIDATES = "candidates", "Candidates"


class SavedView(models.Model):
    """A list's parameters under a name: its maker's own, or shared with the project.

    `parameters` are those of the list's address, without the place in it.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="views")
    maker = models.ForeignKey(User, models.CASCADE, related_name="+")
    listed = models.CharField(max_length=10, choices=Listed.choices)
    name = models.CharField(max_length=80)
    parameters = models.JSONField(default=dict)
    shared = models.BooleanField(default=False, help_text="Everybody in the project sees it.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["project", "listed", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "listed", "maker", "name"], name="view_name_once"
            ),
            models.CheckConstraint(condition=Q(listed__in=Listed.values), name="view_listed_known"),
            models.CheckConstraint(condition=~Q(name=""), name="view_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name
