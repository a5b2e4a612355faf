"""What the API gives of learning curves and checks of labels, and takes to send doubts."""

from typing import Any

from rest_framework import serializers

from accounts.rest import StrictSerializer
from annotate.selectors.adjudication import BEGINNING
from training.models import JobDoubt

SEND_MOST = 1_000


class PointOutput(serializers.Serializer[Any]):
    """nDCG@10 after training on so many queries, over all held-out queries of all draws."""

    queries = serializers.IntegerField()
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    deviation = serializers.FloatField(help_text="Of draws, beside what each is over all sizes.")
    n = serializers.IntegerField(help_text="Held-out queries.")


class MoreOutput(serializers.Serializer[Any]):
    """So many more judgments of so many more queries, those of the other splits included."""

    judgments = serializers.IntegerField()
    queries = serializers.IntegerField()


class AheadOutput(serializers.Serializer[Any]):
    """The forecast for `factor` times today's labels; the gain is on today."""

    factor = serializers.FloatField()
    queries = serializers.IntegerField(help_text="To train on.")
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    gain = serializers.FloatField()
    gain_low = serializers.FloatField()
    gain_high = serializers.FloatField()


class CurveOutcomeOutput(serializers.Serializer[Any]):
    """A learning curve: what was measured, and what more labels would probably bring."""

    points = PointOutput(many=True)
    untouched = serializers.FloatField(help_text="The base's own nDCG@10 on the held-out queries.")
    today = serializers.IntegerField(help_text="Queries of the training split.")
    today_value = serializers.FloatField(source="growth.today", help_text="nDCG@10 by the curve.")
    exponent = serializers.FloatField(
        source="growth.exponent", help_text="Of the power law; 0: a line in the logarithm."
    )
    flat = serializers.BooleanField(help_text="Whether no growth is shown between the sizes.")
    ahead = AheadOutput(source="growth.ahead", many=True)
    verdict = serializers.ChoiceField(
        choices=["told", "beyond", "open"],
        help_text="Whether it is told how many labels bring `gain`; `beyond`: more than `most`; "
        "`open`: it cannot be told.",
    )
    gain = serializers.FloatField(source="wanted.gain")
    about = MoreOutput(allow_null=True)
    least = MoreOutput(allow_null=True, help_text="The lower end of the 95% interval.")
    highest = MoreOutput(allow_null=True, help_text="Its upper end; null: more than `most`.")
    most = MoreOutput(help_text="How far is looked ahead.")
    sentence = serializers.CharField(help_text="All of that in words.")


class DoubtOutcomeOutput(serializers.Serializer[Any]):
    """What a check of labels has counted; the doubts themselves have a list of their own."""

    pairs = serializers.IntegerField(help_text="Labels that were checked.")
    queries = serializers.IntegerField()
    relevant = serializers.IntegerField()
    folds = serializers.IntegerField()
    auc = serializers.FloatField(
        allow_null=True, help_text="How well unseen relevant passages were told from others."
    )
    poor = serializers.BooleanField(help_text="Whether that is too badly for doubts to mean much.")
    confident = serializers.IntegerField(help_text="How many labels are wrong, by an estimate.")
    kept = serializers.IntegerField(help_text="Doubts that are kept, the strongest ones.")
    gone = serializers.IntegerField(help_text="Doubts of what was withdrawn meanwhile.")


class DoubtOutput(serializers.ModelSerializer[JobDoubt]):
    """A label that a model which had not seen it disagrees with."""

    id = serializers.CharField(read_only=True)
    candidate = serializers.CharField(source="candidate_id", read_only=True)
    query = serializers.CharField(source="candidate.query_id", read_only=True)
    query_text = serializers.CharField(source="candidate.query.text", read_only=True)
    title = serializers.CharField(source="candidate.passage.title", read_only=True)
    beginning = serializers.CharField(
        read_only=True, help_text=f"The passage's first {BEGINNING} characters."
    )
    people = serializers.IntegerField(
        read_only=True, help_text="Whose judgments the grade is of; 0: it was imported."
    )
    score = serializers.FloatField(read_only=True, help_text="The model's, calibrated.")
    rank = serializers.IntegerField(
        read_only=True, help_text="By the model, among the query's `of` judged passages."
    )
    decided = serializers.IntegerField(
        source="ruled", allow_null=True, read_only=True, help_text="A reviewer's grade since."
    )

    class Meta:
        model = JobDoubt
        fields = [
            "id", "place", "candidate", "query", "query_text", "title", "beginning", "split",
            "grade", "people", "score", "rank", "of", "strength", "sent_at", "decided",
        ]  # fmt: skip


class SendInput(StrictSerializer):
    """Which doubts to send to the reviewers."""

    doubts = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        min_length=1,
        max_length=SEND_MOST,
        help_text="Their ids.",
    )
    first = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=SEND_MOST,
        help_text="Instead: so many of those not sent yet, the strongest ones.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"doubts": "Give either `doubts` or `first`."})
        return attrs


class SentOutput(serializers.Serializer[Any]):
    """What came of it."""

    sent = serializers.IntegerField()
    before = serializers.IntegerField(help_text="Sent earlier, by this check or another one.")
    decided = serializers.IntegerField(help_text="Decided by a reviewer already; left so.")
    gone = serializers.IntegerField(help_text="Withdrawn since.")


class ChangedOutput(serializers.Serializer[Any]):
    """A share with its 95% interval; null where nothing is decided."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    n = serializers.IntegerField()


class PrecisionOutput(serializers.Serializer[Any]):
    """What reviewers made of the doubts that were sent: how often the check was right."""

    sent = serializers.IntegerField()
    decided = serializers.IntegerField()
    changed = ChangedOutput(help_text="Share of the decided ones that got another grade.")
