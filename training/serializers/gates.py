"""What the API takes and gives of gates."""

from typing import Any

from rest_framework import serializers

from accounts.rest import Parameters, StrictSerializer
from models_app.serializers.registry import CheckSerializer
from training.models import APPROVALS_MOST, Gate


class FloorSerializer(StrictSerializer):
    """The least nDCG@10 on a slice of the test queries; `all` is all of them."""

    slice = serializers.CharField(max_length=200)
    least = serializers.FloatField(min_value=0, max_value=1)


class GateInput(StrictSerializer):
    """What an alias asks of a version; what is left out asks for nothing."""

    snapshot = serializers.CharField(
        required=False, allow_null=True, default=None,
        help_text="Id or digest of the snapshot whose test counts; null: each version's own.",
    )  # fmt: skip
    gain = serializers.FloatField(
        required=False, allow_null=True, default=None, min_value=-1, max_value=1,
        help_text="How much better in nDCG@10 than what the alias names, with a paired test of p <"
        " 0.05; below 0, how much worse it may be at the lower end of the 95% interval.",
    )  # fmt: skip
    floors = FloorSerializer(many=True, required=False, default=list)
    no_leakage = serializers.BooleanField(
        required=False, default=False,
        help_text="Refuse what learned from a test query, or from a near-identical one.",
    )  # fmt: skip
    score_contract = serializers.BooleanField(
        required=False, default=False,
        help_text="Refuse what does not score its golden pairs as when it was saved.",
    )  # fmt: skip
    approvals = serializers.IntegerField(
        required=False, default=0, min_value=0, max_value=APPROVALS_MOST,
        help_text="Approvals of people other than the version's trainer.",
    )  # fmt: skip


class GateOutput(serializers.ModelSerializer[Gate]):
    """The gate of an alias."""

    snapshot = serializers.CharField(source="snapshot.digest", allow_null=True, default=None)
    floors = FloorSerializer(many=True)
    changed_by = serializers.CharField(source="changed_by.username", allow_null=True, default=None)

    class Meta:
        model = Gate
        fields = [
            "alias", "snapshot", "gain", "floors", "no_leakage", "score_contract", "approvals",
            "changed_by", "changed_at",
        ]  # fmt: skip


class StandingParameters(Parameters):
    """Whose gate is asked."""

    alias = serializers.CharField(required=False, default="", help_text="One alias alone.")


class StandingOutput(serializers.Serializer[Any]):
    """What the gate of an alias would say of a version now."""

    alias = serializers.CharField(source="gate.alias")
    before = serializers.IntegerField(
        source="before.number", allow_null=True, default=None,
        help_text="The version that the alias names now.",
    )  # fmt: skip
    open = serializers.BooleanField(help_text="Whether the version would pass.")
    checks = CheckSerializer(many=True)


class StandingsOutput(serializers.Serializer[Any]):
    """What the gates of a project would say of a version now, without aliases that name it."""

    gates = StandingOutput(many=True)
