"""What the API of training jobs gives of where a job stands: its place, its memory."""

from typing import Any

from rest_framework import serializers


class QueuePlaceOutput(serializers.Serializer[Any]):
    """Where a job waits. Of other projects than its own, only how many jobs there are."""

    ahead = serializers.IntegerField(help_text="Jobs that are taken before it, of all projects.")
    own_ahead = serializers.IntegerField(help_text="Those of them that are of its project.")
    running = serializers.IntegerField(help_text="Jobs that run now, of all projects.")
    own_running = serializers.IntegerField(help_text="Those of them that are of its project.")
    may_run = serializers.IntegerField(help_text="How many of its project may run at once.")


class MemoryOutput(serializers.Serializer[Any]):
    """Bytes of main memory and, on a machine with GPUs, of their own; null without."""

    bytes = serializers.IntegerField(help_text="Resident, of all its processes.")
    peak_bytes = serializers.IntegerField()
    device_bytes = serializers.IntegerField(allow_null=True)
    device_peak_bytes = serializers.IntegerField(allow_null=True)
