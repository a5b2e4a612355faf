"""The registry: rerankers, immutable versions, their files, aliases and reviews."""

from typing import Final, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower, Now

from accounts.models import Project, User
from accounts.names import NAME_MAX_LENGTH, name_condition, validate_name

# Aliases are branches of the hub: never the form of a tag or of a variant of one (v1-onnx-int8),
# never something that reads as a commit.
ALIAS_PATTERN: Final = r"^[a-z][a-z0-9-]{0,39}$"
ALIAS_FORBIDDEN_PATTERN: Final = r"^(main|head|v[0-9]+(-.*)?|[0-9a-f]+)$"
CHAMPION: Final = "champion"
ALIAS_NAME: Final = Q(name__regex=ALIAS_PATTERN) & ~Q(name__regex=ALIAS_FORBIDDEN_PATTERN)

# What a version's files end in, in whatever case: weights, configurations and text.
ARTIFACT_SUFFIXES: Final = (".safetensors", ".json", ".txt", ".md", ".jinja", ".model")
_SUFFIX_PATTERN: Final = rf"\.({'|'.join(suffix[1:] for suffix in ARTIFACT_SUFFIXES)})$"
# From the root, hidden, out of the folder, of characters that not every system can store; and the
# archive's own list of files.
_UNSAFE_PATH_PATTERN: Final = r"(^|/)([./]|$)|\\|[[:cntrl:]]|^manifest\.json$"


class RerankerQuerySet(models.QuerySet["Reranker"]):
    def published(self) -> Self:
        """Rerankers with a version.

        A job keeps the name under which it is to publish from the start. Until a job succeeds, the
        name is nothing that could be read or loaded: it is shown nowhere but on its jobs.
        """
        return self.filter(Exists(Version.objects.filter(reranker=OuterRef("pk"))))


class Reranker(models.Model):
    """A name under which versions are published; `TEAM/NAME` to every client."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="rerankers")
    name = models.CharField(max_length=NAME_MAX_LENGTH, validators=[validate_name])
    description = models.TextField(blank=True)
    public = models.BooleanField(
        default=False,
        help_text=(
            "Its files and card may be read without an account; "
            "the card names the base model, the snapshot and the job."
        ),
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    objects = RerankerQuerySet.as_manager()

    class Meta:
        ordering = ["project__slug", "name"]
        constraints = [
            # Names that differ in case only are one folder on some systems.
            models.UniqueConstraint(F("project"), Lower("name"), name="reranker_name_once"),
            models.CheckConstraint(
                condition=name_condition("name"), name="reranker_name_is_a_repository_name"
            ),
        ]

    def __str__(self) -> str:
        return self.repo_id

    @property
    def repo_id(self) -> str:
        return f"{self.project.slug}/{self.name}"


class Version(models.Model):
    """One published model. The row and its files never change (kept by triggers).

    `revision` is the version's commit id, 40 lower-case hex digits, never reused. `job` is the
    training job that published it; its uniqueness makes publication happen once. `metrics` is
    `{split: {system: {metric: {value, low, high, n}}}}`; `lineage` names the snapshot digest, base
    model, code commit and package versions; `facts` is what the card was rendered from.
    """

    reranker = models.ForeignKey(Reranker, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    revision = models.CharField(max_length=40, unique=True)
    job = models.UUIDField(null=True, unique=True)
    base_model = models.CharField(max_length=200)
    snapshot_digest = models.CharField(max_length=64, blank=True)
    metrics = models.JSONField(default=dict)
    lineage = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["reranker", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["reranker", "number"], name="version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_number_from_one"),
            # What an alias and its moves refer to: a version of the very reranker.
            models.UniqueConstraint(fields=["reranker", "id"], name="version_of_reranker"),
            models.CheckConstraint(
                condition=Q(revision__regex=r"^[0-9a-f]{40}$"), name="version_revision_is_a_commit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reranker}@{self.tag}"

    @property
    def tag(self) -> str:
        return f"v{self.number}"


class Artifact(models.Model):
    """A file of a version, stored under its sha256. `oid` is its git blob's, see `objects`."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="artifacts")
    path = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    oid = models.CharField(max_length=40)

    class Meta:
        ordering = ["version", "path"]
        constraints = [
            # Paths that differ in case only overwrite each other on some systems.
            models.UniqueConstraint(F("version"), Lower("path"), name="artifact_path_once"),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="artifact_sha256_form"
            ),
            models.CheckConstraint(
                condition=Q(oid__regex=r"^[0-9a-f]{40}$"), name="artifact_oid_form"
            ),
            models.CheckConstraint(
                condition=Q(path__iregex=_SUFFIX_PATTERN), name="artifact_is_weights_or_text"
            ),
            models.CheckConstraint(
                condition=~Q(path__regex=_UNSAFE_PATH_PATTERN), name="artifact_path_is_relative"
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="artifact_size_not_negative"),
        ]

    def __str__(self) -> str:
        return self.path


class Upload(models.Model):
    """A file that was sent ahead of a commit, and lies in the storage under its sha256."""

    reranker = models.ForeignKey(Reranker, models.CASCADE, related_name="uploads")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["reranker", "sha256"]
        constraints = [
            models.UniqueConstraint(fields=["reranker", "sha256"], name="upload_once"),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="upload_sha256_form"
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="upload_size_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.reranker}: {self.sha256}"


class Use(models.TextChoices):
    """What is counted of a version."""

    DOWNLOAD = "download", "Downloads"
    RERANK = "rerank", "Rerank requests"


class DailyUse(models.Model):
    """How often a version was used on one day, in UTC."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="uses")
    use = models.CharField(max_length=8, choices=Use.choices)
    day = models.DateField()
    count = models.BigIntegerField()

    class Meta:
        ordering = ["version", "use", "day"]
        constraints = [
            models.UniqueConstraint(fields=["version", "use", "day"], name="daily_use_once"),
            models.CheckConstraint(condition=Q(use__in=Use.values), name="daily_use_known"),
            models.CheckConstraint(condition=Q(count__gte=1), name="daily_use_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.count} {self.get_use_display()} on {self.day}"


class Alias(models.Model):
    """A moving name for a version: champion, challenger, and what a team adds."""

    reranker = models.ForeignKey(Reranker, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=40)
    version = models.ForeignKey(Version, models.CASCADE, related_name="aliases")
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["reranker", "name"]
        constraints = [
            models.UniqueConstraint(fields=["reranker", "name"], name="alias_name_once"),
            models.CheckConstraint(condition=ALIAS_NAME, name="alias_name_is_no_tag_or_commit"),
        ]

    def __str__(self) -> str:
        return f"{self.name} -> {self.version.tag}"


class AliasMove(models.Model):
    """One move of an alias: who, when, why, from and to. Rows are only ever added."""

    reranker = models.ForeignKey(Reranker, models.CASCADE, related_name="alias_moves")
    name = models.CharField(max_length=40)
    from_version = models.ForeignKey(Version, models.CASCADE, null=True, related_name="+")
    to_version = models.ForeignKey(Version, models.CASCADE, related_name="+")
    moved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    by_setup = models.BooleanField(default=False)
    reason = models.TextField()
    gate = models.JSONField(default=list, help_text="What was asked of the version, and found.")
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-moved_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(moved_by__isnull=False, by_setup=False)
                | Q(moved_by__isnull=True, by_setup=True),
                name="alias_move_by_a_person_or_the_setup",
            ),
            models.CheckConstraint(
                condition=ALIAS_NAME, name="alias_move_name_is_no_tag_or_commit"
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="alias_move_says_why"),
            models.CheckConstraint(
                condition=Q(from_version__isnull=True) | ~Q(from_version=F("to_version")),
                name="alias_move_moves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.from_version} -> {self.to_version}"


class Verdict(models.TextChoices):
    """What a reviewer says of a version."""

    APPROVE = "approve", "Approved"
    REJECT = "reject", "Changes wanted"
    COMMENT = "comment", "Comment"


class Review(models.Model):
    """A member's verdict on a version; verdicts add up and are never edited."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(User, models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="review_verdict_known"
            ),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.APPROVE) | Q(comment__regex=r"\S"),
                name="review_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer}: {self.verdict}"
