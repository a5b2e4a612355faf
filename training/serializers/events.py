"""What the API of training jobs gives of what a job has reported."""

from typing import Any, ClassVar, Final

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from accounts.rest import Parameters
from models_app.serializers.lineage import SINGLE_VALUE
from training.kinds import Stage
from training.models import EventKind, JobEvent, TrialState


class EventsQuery(Parameters):
    """Which events of a job to list."""

    after = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, default=0, help_text="Number of the last event seen."
    )


class StageData(serializers.Serializer[Any]):
    """The stage that begins."""

    stage = serializers.ChoiceField(choices=Stage.choices)


class LogData(serializers.Serializer[Any]):
    """A line for people."""

    line = serializers.CharField()


class MetricData(serializers.Serializer[Any]):
    """Values measured after so many optimiser steps, such as `loss`; of `trial`, if of one.

    Those of a silver stage begin with `silver_`; its steps are counted apart.
    """

    step = serializers.IntegerField()
    epoch = serializers.FloatField()
    values = serializers.DictField(child=serializers.FloatField())
    trial = serializers.IntegerField(required=False)


@extend_schema_field({"type": "object", "additionalProperties": SINGLE_VALUE})
class ChangesField(serializers.DictField):
    """Keys of the recipe in which a trial differs from its job."""


class TrialData(serializers.Serializer[Any]):
    """A trial of a sweep: in which keys it differs, and its figures on the dev split so far."""

    number = serializers.IntegerField(help_text="From 1.")
    of = serializers.IntegerField(help_text="How many there are.")
    changes = ChangesField(help_text="Keys of the recipe with this trial's values.")
    state = serializers.ChoiceField(choices=TrialState.choices)
    values = serializers.DictField(
        child=serializers.FloatField(),
        help_text="`ndcg@10`, `ndcg@10_low` and `ndcg@10_high` (95%), `average_precision`, …",
    )
    seconds = serializers.FloatField(allow_null=True, help_text="What it took so far.")


class JobEventOutput(serializers.ModelSerializer[JobEvent]):
    """One thing that a job reported; its kind says what its data are."""

    of_kind: ClassVar[EventKind]
    of_data: ClassVar[type[serializers.Serializer[Any]]]

    id = serializers.CharField(read_only=True)

    class Meta:
        model = JobEvent
        fields = ["id", "at", "attempt", "kind"]

    def get_fields(self) -> dict[str, Any]:
        # Declared here, since DRF's own serializers have an attribute named `data`.
        kind: Any = serializers.CharField()
        kind = extend_schema_field({"type": "string", "const": self.of_kind.value})(kind)
        return {**super().get_fields(), "kind": kind, "data": self.of_data()}


class StageEvent(JobEventOutput):
    """A stage of the recipe begins."""

    of_kind, of_data = EventKind.STAGE, StageData


class LogEvent(JobEventOutput):
    """The job tells people something."""

    of_kind, of_data = EventKind.LOG, LogData


class MetricEvent(JobEventOutput):
    """The job has measured something while it trained."""

    of_kind, of_data = EventKind.METRIC, MetricData


class TrialEvent(JobEventOutput):
    """A trial of a sweep begins or ends, or is chosen as the best."""

    of_kind, of_data = EventKind.TRIAL, TrialData


_EVENTS: Final[dict[str, type[serializers.Serializer[Any]]]] = {
    each.of_kind.value: each for each in (StageEvent, LogEvent, MetricEvent, TrialEvent)
}


class JobEventsOutput(serializers.Serializer[Any]):
    """The next events; ask again with `after` = `last` for those that come later."""

    results = serializers.SerializerMethodField()
    last = serializers.IntegerField(help_text="Number of the last event so far.")
    more = serializers.BooleanField(help_text="Whether there are more events already.")

    @extend_schema_field(
        PolymorphicProxySerializer(
            component_name="JobEvent",
            serializers={**_EVENTS},
            resource_type_field_name="kind",
            many=True,
        )
    )
    def get_results(self, answer: dict[str, Any]) -> list[dict[str, Any]]:
        return [_EVENTS[event.kind](event).data for event in answer["results"]]
