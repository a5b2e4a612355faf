"""What the API gives of passages that nobody judged and a job found relevant."""

from typing import Any

from rest_framework import serializers

from training.models import LikelyPair, Why


class LikelyStandingOutput(serializers.Serializer[Any]):
    """How many pairs a job found, and what came of them."""

    found = serializers.IntegerField(help_text="Pairs that nobody had judged when the job mined.")
    offered = serializers.IntegerField(help_text="Of them, those given to the judging queue.")
    judged = serializers.IntegerField(help_text="Of these, those that people have judged.")
    relevant = serializers.IntegerField(help_text="Of these, those that they found relevant.")


class LikelyOutput(serializers.ModelSerializer[LikelyPair]):
    """A query and a passage that looks relevant to it."""

    id = serializers.CharField(read_only=True)
    query_id = serializers.CharField(source="query.key", read_only=True)
    query = serializers.CharField(source="query.text", read_only=True)
    passage_id = serializers.CharField(source="passage.key", read_only=True)
    title = serializers.CharField(source="passage.title", read_only=True)
    text = serializers.CharField(source="passage.text.text", read_only=True)
    score = serializers.FloatField(help_text="Of the version that the job trained, 0 to 1.")
    near = serializers.FloatField(
        allow_null=True, help_text="The bi-encoder's cosine of both, where mining asked for it."
    )
    why = serializers.ChoiceField(
        choices=Why.choices,
        help_text="Why it came into question: as close to the query as its relevant passages, "
        "nearly one of them, or learned as a negative and scored high all the same.",
    )

    class Meta:
        model = LikelyPair
        fields = [
            "id", "query_id", "query", "passage_id", "title", "text", "score", "near", "why",
            "offered_at",
        ]  # fmt: skip


class OfferedOutput(serializers.Serializer[Any]):
    """What came of an offer; a repeat offers nothing."""

    pairs = serializers.IntegerField(help_text="Pairs that are offered now.")
    candidates = serializers.IntegerField(help_text="Of them, those that were no candidates.")
    refused = serializers.IntegerField(help_text="Pairs that were withdrawn or erased meanwhile.")
