"""What the API takes and gives of snapshots."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest import StrictSerializer
from annotate.frozen.splitting import DEFAULT_SPLITS, SPLITS
from annotate.models import CopiesStatus, Snapshot
from annotate.resolving.resolution import POLICIES
from annotate.selectors.snapshots import copies_of

_RESOLVE = (
    "How the judgments that count become one grade: adjudications before people before imported"
    " labels; then "
    + " ".join(f"`{name}`: {policy.line}" for name, policy in POLICIES.items())
    + " Ties go to the lower grade."
)
_SOFT = (
    "Whether the training target is the mean of what judges said (with `dawid_skene` what the model"
    " expects), while grade and gain stay resolved."
)
_TRUST = "User names, for `most_trusted`: these before all others, in this order."
_RUN = (
    "Name of the run whose ranks and scores are frozen as the first stage; null, and absent, for"
    " the largest run that holds no reranker's scores."
)
_SHARE = f"Share of the queries. {DEFAULT_SPLITS}, unless `splits` is given; the three add up to 1."


class SnapshotPolicyInput(StrictSerializer):
    """Which judgments count, and whose ranks."""

    resolve = serializers.ChoiceField(choices=list(POLICIES), required=False, help_text=_RESOLVE)
    soft = serializers.BooleanField(required=False, help_text=_SOFT)
    trust = serializers.ListField(
        child=serializers.CharField(), required=False, allow_null=True, help_text=_TRUST
    )
    first_stage_run = serializers.CharField(
        required=False, allow_null=True, trim_whitespace=False, help_text=_RUN
    )


class SnapshotSharesInput(StrictSerializer):
    """Shares of the splits; one that is absent is 0. To evaluate on, test alone will do."""

    train = serializers.FloatField(required=False, help_text=_SHARE)
    dev = serializers.FloatField(required=False, help_text=_SHARE)
    test = serializers.FloatField(required=False, help_text=_SHARE)


class SnapshotInput(StrictSerializer):
    """How to freeze; every field is optional."""

    seed = serializers.IntegerField(
        required=False, help_text="The same seed splits the same queries the same way; 42."
    )
    policy = SnapshotPolicyInput(required=False)
    splits = SnapshotSharesInput(required=False)


class SnapshotPolicy(serializers.Serializer[Any]):
    """The policy asked for."""

    resolve = serializers.ChoiceField(choices=list(POLICIES), help_text=_RESOLVE)
    soft = serializers.BooleanField(help_text=_SOFT)
    trust = serializers.ListField(child=serializers.CharField(), required=False, help_text=_TRUST)
    first_stage_run = serializers.CharField(allow_null=True, help_text=_RUN)


class SnapshotShares(serializers.Serializer[Any]):
    """Shares of the queries; they add up to 1."""

    train = serializers.FloatField()
    dev = serializers.FloatField()
    test = serializers.FloatField()


class SnapshotLengths(serializers.Serializer[Any]):
    """Smallest, mean and largest length in characters, over the pairs."""

    min = serializers.IntegerField()
    mean = serializers.FloatField()
    max = serializers.IntegerField()


class SnapshotSplit(serializers.Serializer[Any]):
    """Counts of one split."""

    pairs = serializers.IntegerField()
    queries = serializers.IntegerField()
    queries_with_relevant = serializers.IntegerField()
    positives = serializers.IntegerField(help_text="Pairs whose grade counts as relevant.")
    label_mean = serializers.FloatField(
        allow_null=True, help_text="Mean training target; null for a split without pairs."
    )
    query_characters = SnapshotLengths()
    passage_characters = SnapshotLengths()


class SnapshotSplits(serializers.Serializer[Any]):
    """The three splits."""

    train = SnapshotSplit()
    dev = SnapshotSplit()
    test = SnapshotSplit()


class SnapshotLabels(serializers.Serializer[Any]):
    """Where the labels come from."""

    people = serializers.IntegerField(help_text="People who judged.")
    human = serializers.IntegerField(help_text="Counted judgments of people.")
    imported = serializers.IntegerField(help_text="Labels of import sources.")
    adjudicated = serializers.IntegerField(help_text="Pairs that were adjudicated.")
    sources = serializers.DictField(
        child=serializers.IntegerField(), help_text="Labels by import source."
    )
    source_descriptions = serializers.DictField(child=serializers.CharField())
    agreement = serializers.FloatField(
        allow_null=True, help_text="Share of pairs of counted judgments with one grade."
    )
    agreement_n = serializers.IntegerField(help_text="Those pairs; 0 where nobody judged twice.")


class SnapshotResolution(serializers.Serializer[Any]):
    """What came of the policy."""

    policy = serializers.CharField(help_text="In words.")
    against_majority = serializers.IntegerField(
        help_text="Candidates whose grade is another than the one that most judges gave."
    )
    compared = serializers.IntegerField(help_text="Of these many that people judged.")
    soft = serializers.IntegerField(help_text="Targets that are no grade's own.")
    left_out = serializers.IntegerField(help_text="Judged candidates that the policy left out.")
    iterations = serializers.IntegerField(allow_null=True, help_text="Of EM, for `dawid_skene`.")
    converged = serializers.BooleanField(allow_null=True)


class SnapshotCompared(serializers.Serializer[Any]):
    """Preferences of one split."""

    pairs = serializers.IntegerField(help_text="Pairs of passages of which one was preferred.")
    queries = serializers.IntegerField()


class SnapshotComparedSplits(serializers.Serializer[Any]):
    """The three splits."""

    train = SnapshotCompared()
    dev = SnapshotCompared()
    test = SnapshotCompared()


class SnapshotPreferences(serializers.Serializer[Any]):
    """What people preferred of two passages."""

    splits = SnapshotComparedSplits()
    people = serializers.IntegerField(help_text="People who compared.")
    answers = serializers.IntegerField(help_text="Their counted answers, ties included.")
    ties = serializers.IntegerField()
    undecided = serializers.IntegerField(
        help_text="Pairs that are left out, since as many preferred the one as the other."
    )
    agreement = serializers.FloatField(
        allow_null=True, help_text="Share of pairs of answers that are the same."
    )
    agreement_n = serializers.IntegerField(help_text="Those pairs; 0 where nobody compared twice.")


class SnapshotStatistics(serializers.Serializer[Any]):
    """What a snapshot holds."""

    splits = SnapshotSplits()
    queries = serializers.IntegerField()
    query_clusters = serializers.IntegerField(
        help_text="Groups of near-identical queries, single ones counted; none is split."
    )
    labels = SnapshotLabels()
    resolution = SnapshotResolution()
    preferences = SnapshotPreferences(
        allow_null=True, required=False, help_text="Null where nobody preferred anything."
    )
    first_stage_run = serializers.CharField(
        allow_null=True, help_text="The run that was frozen; null where none ranked anything."
    )


class SnapshotFinding(serializers.Serializer[Any]):
    """Something that whoever trusts the figures should know."""

    kind = serializers.CharField(
        help_text="`twin_queries`, `shared_relevant`, `shared_passages`, `repeated_pairs`,"
        " `contradictory_pairs`, `no_relevant` or `unjudged`."
    )
    split = serializers.ChoiceField(
        choices=list(SPLITS), required=False, help_text="Only where it is about one split."
    )
    count = serializers.IntegerField()
    of = serializers.IntegerField(help_text="How many there are of what is counted.")
    message = serializers.CharField(help_text="All of it, as a sentence.")


class SnapshotFile(serializers.Serializer[Any]):
    """A file of a snapshot."""

    sha256 = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    url = serializers.CharField(help_text="The path to download it from.")


class SnapshotCopiesSplit(serializers.Serializer[Any]):
    """Distinct passages of a split, by title and text."""

    passages = serializers.IntegerField()
    shared = serializers.IntegerField(help_text="Those that occur in train, word for word.")
    near = serializers.IntegerField(
        help_text="Those that do not, and share 80% or more of their three-word shingles with one"
        " of train."
    )
    cut = serializers.IntegerField(
        help_text="Those of which that is not certain: too many of train are somewhat like them."
    )


class SnapshotCopiesSplits(serializers.Serializer[Any]):
    """The splits that figures are measured on."""

    dev = SnapshotCopiesSplit()
    test = SnapshotCopiesSplit()


class SnapshotCopies(serializers.Serializer[Any]):
    """How many passages are known from train. Counted once the snapshot is frozen."""

    status = serializers.ChoiceField(choices=CopiesStatus.choices)
    seconds = serializers.FloatField(allow_null=True, help_text="What counting took.")
    splits = SnapshotCopiesSplits(
        source="found.splits", allow_null=True, help_text="Null until it is counted."
    )


class SnapshotOutput(serializers.ModelSerializer[Snapshot]):
    """A snapshot; `digest`, `statistics`, `findings` and `files` are there once it is ready."""

    id = serializers.CharField(read_only=True)
    policy = SnapshotPolicy(read_only=True)
    splits = SnapshotShares(read_only=True)
    statistics = serializers.SerializerMethodField()
    findings = SnapshotFinding(many=True, read_only=True)
    copies = serializers.SerializerMethodField(
        help_text="Passages that splits have in common; null until the snapshot is ready."
    )
    files = serializers.SerializerMethodField()
    redacted = serializers.IntegerField(
        read_only=True, help_text="Records that erasures took out; the digest survives that."
    )
    created_by = serializers.CharField(
        source="created_by.username", allow_null=True, read_only=True
    )

    class Meta:
        model = Snapshot
        fields = [
            "id", "status", "digest", "seed", "policy", "splits", "statistics", "findings",
            "copies", "files", "redacted", "error", "created_by", "created_at", "frozen_at",
        ]  # fmt: skip

    @extend_schema_field(SnapshotStatistics(allow_null=True))
    def get_statistics(self, snapshot: Snapshot) -> dict[str, Any] | None:
        if not snapshot.ready:
            return None
        # How far each judge is trusted is for reviewers: the page, and the manifest.
        return {key: value for key, value in snapshot.statistics.items() if key != "judges"}

    @extend_schema_field(SnapshotCopies(allow_null=True))
    def get_copies(self, snapshot: Snapshot) -> dict[str, Any] | None:
        copies = copies_of(snapshot)
        return None if copies is None else dict(SnapshotCopies(copies).data)

    @extend_schema_field(
        serializers.DictField(child=SnapshotFile(), help_text="By name; empty until it is ready.")
    )
    def get_files(self, snapshot: Snapshot) -> dict[str, Any]:
        place = (snapshot.project.slug, snapshot.pk)
        return {
            name: {**file, "url": reverse("api-snapshot-file", args=[*place, name])}
            for name, file in sorted(snapshot.files.items())
        }
