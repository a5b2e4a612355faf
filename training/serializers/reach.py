"""What the API says of what a judge, a query or a passage has reached."""

from typing import Any

from rest_framework import serializers

from accounts.rest import Parameters


class ReachParameters(Parameters):
    """One of them."""

    judge = serializers.CharField(required=False, default="", help_text="A user name.")
    query = serializers.CharField(required=False, default="", help_text="Its id in snapshots.")
    passage = serializers.CharField(required=False, default="", help_text="Its id in snapshots.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse none, and several."""
        if sum(bool(value) for value in attrs.values()) != 1:
            raise serializers.ValidationError("Name a judge, a query or a passage.")
        return attrs


class ReachedOutput(serializers.Serializer[Any]):
    """A version that was reached."""

    version = serializers.CharField(help_text="TEAM/NAME@vN.")
    records = serializers.IntegerField(help_text="Records of its snapshot that rest on it.")
    through = serializers.CharField(
        allow_null=True, help_text="The version it was trained from or taught by, if it has none."
    )


class ReachOutput(serializers.Serializer[Any]):
    """What must be retrained without it."""

    versions = ReachedOutput(many=True)
    unread = serializers.ListField(
        child=serializers.CharField(),
        help_text="Digests of snapshots whose records are not here any more.",
    )
