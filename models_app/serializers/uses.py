"""What the API says of how often a version is used."""

from typing import Any

from rest_framework import serializers

from models_app.models import Use


class UsedDaySerializer(serializers.Serializer[Any]):
    """One day in UTC."""

    day = serializers.DateField()
    count = serializers.IntegerField()


class UsedSerializer(serializers.Serializer[Any]):
    """One use of a version."""

    use = serializers.ChoiceField(choices=Use.choices)
    total = serializers.IntegerField()
    recent = serializers.IntegerField(help_text="In the last 30 days.")
    days = UsedDaySerializer(many=True, help_text="The last 30, the oldest first.")


class UsesSerializer(serializers.Serializer[Any]):
    """How often a version was downloaded, and asked for scores."""

    uses = UsedSerializer(many=True)
