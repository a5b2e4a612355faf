"""What the API of training jobs gives of where a job stands: place, memory, what it kept."""

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


class KeptOutput(serializers.Serializer[Any]):
    """What a training that was cancelled or failed goes on from."""

    step = serializers.IntegerField(source="checkpoint.step", help_text="Optimiser steps.")
    steps = serializers.IntegerField(source="checkpoint.steps", help_text="Of so many.")
    trial = serializers.IntegerField(
        source="checkpoint.trial", allow_null=True, help_text="Of several trainings, which one."
    )
    silver = serializers.BooleanField(
        source="checkpoint.silver", help_text="Whether it is of the stage on made-up queries."
    )
    until = serializers.DateTimeField(help_text="When it is removed, or before, for want of disk.")
