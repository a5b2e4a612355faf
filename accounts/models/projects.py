"""What belongs together: projects and their names, grades and members."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.functional import cached_property

from accounts.card_fields import card_faults
from accounts.models.people import User
from accounts.names import (
    NAME_MAX_LENGTH,
    RESERVED_NAMES,
    name_condition,
    validate_top_name,
)

CURRENCY: Final = r"^[A-Z]{3}$"


class Project(models.Model):
    """A team's queries, passages, judgments and rerankers. Its slug is the TEAM of its models."""

    slug = models.CharField(max_length=NAME_MAX_LENGTH, unique=True, validators=[validate_top_name])
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    guidelines = models.TextField(
        blank=True, help_text="Markdown; shown beside every item that is judged."
    )
    overlap = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="How many people judge each candidate.",
    )
    blind = models.BooleanField(
        default=True, help_text="Hide others' judgments, ranks and scores until one's own is in."
    )
    language = models.CharField(
        max_length=40, blank=True, help_text="BCP 47 code of the texts, such as en; for the card."
    )
    license = models.CharField(
        max_length=80, blank=True, help_text="Licence of the models, as the Hub names it."
    )
    sample_texts = models.BooleanField(
        default=False, help_text="Cards of this project's models may quote its texts."
    )
    hourly_cost = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="What an hour of judging costs, in the currency below; for the forecast.",
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(CURRENCY, "Three capital letters, such as EUR.")],
        help_text="Three letters as ISO 4217 has them, such as EUR.",
    )
    running_jobs = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="How many training jobs of this project may run at once.",
    )
    waiting_jobs = models.PositiveSmallIntegerField(
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="How many more may wait at once; beyond that, new ones are refused.",
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    # The role under which the access helper has opened this project, for the page's tabs.
    opened_as: str | None = None

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(overlap__range=(1, 20)), name="project_overlap_range"
            ),
            models.CheckConstraint(
                condition=models.Q(running_jobs__range=(1, 1000), waiting_jobs__range=(1, 1000)),
                name="project_jobs_range",
            ),
            models.CheckConstraint(
                condition=models.Q(hourly_cost__isnull=True) | models.Q(hourly_cost__gte=0),
                name="project_hourly_cost_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(currency="") | models.Q(currency__regex=CURRENCY),
                name="project_currency_is_a_code",
            ),
            models.CheckConstraint(
                condition=name_condition("slug"), name="project_slug_is_a_repository_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if faults := card_faults(self.language, self.license):
            raise ValidationError(faults)

    @cached_property
    def scheme(self) -> list[Grade]:
        """The grades of this project, worst first."""
        return sorted(self.grades.all(), key=attrgetter("value"))  # which may be prefetched

    @property
    def closed(self) -> bool:
        return self.closed_at is not None


class Namespace(models.Model):
    """Every user name and project slug in lower case, once; triggers write it."""

    name = models.TextField(primary_key=True)
    user = models.OneToOneField(User, models.CASCADE, null=True, related_name="+")
    project = models.OneToOneField(Project, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True, project__isnull=False)
                | models.Q(user__isnull=False, project__isnull=True),
                name="namespace_belongs_to_one",
            ),
            models.CheckConstraint(
                condition=~models.Q(name__in=sorted(RESERVED_NAMES)),
                name="namespace_keeps_reserved_names",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Grade(models.Model):
    """One step of a project's label scheme.

    `gain` is what nDCG counts for it, `target` the training target in [0, 1], and `relevant` says
    whether binary measures count it as relevant. A grade that judgments use cannot be deleted.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="grades")
    value = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True)
    gain = models.FloatField()
    target = models.FloatField()
    relevant = models.BooleanField()

    class Meta:
        ordering = ["project", "value"]
        constraints = [
            models.UniqueConstraint(fields=["project", "value"], name="grade_value_once"),
            models.CheckConstraint(
                condition=models.Q(value__range=(0, 9)), name="grade_value_has_a_key"
            ),
            models.CheckConstraint(condition=models.Q(gain__gte=0), name="grade_gain_not_negative"),
            models.CheckConstraint(
                condition=models.Q(target__range=(0, 1)), name="grade_target_is_a_probability"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} {self.name}"


class Role(models.TextChoices):
    """What a member may do, strongest first."""

    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    REVIEWER = "reviewer", "Reviewer"
    ANNOTATOR = "annotator", "Annotator"
    VIEWER = "viewer", "Viewer"


class Member(models.Model):
    """A person's role in a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["project", "user__username"]
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="member_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="member_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
