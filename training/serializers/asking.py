"""What the API takes of whoever asks for a job."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.rest import StrictSerializer
from training.kinds import HELD_OUT, SPECS, JobKind
from training.ml.models.names import PACKAGED
from training.selectors.base_models import DEFAULT
from training.spec.base import SpecError
from training.spec.presets import PRESETS
from training.spec.train import TrainSpec


@extend_schema_field(
    {
        "anyOf": [
            {
                "type": "object",
                "title": f"Recipe of a job of kind {kind}",
                "properties": {key.name: key.json_schema() for key in spec.described()},
                "additionalProperties": False,
            }
            for kind, spec in SPECS.items()
        ]
    },
    component_name="Recipe",
)
class RecipeField(serializers.DictField):
    """Keys of the spec of the job's kind; unknown ones and wrong values are errors by name."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values: dict[str, Any] = super().to_internal_value(data)
        asked = self.parent.initial_data if self.parent else {}
        try:
            SPECS.get(str(asked.get("kind")), TrainSpec).from_dict({**_begun(asked), **values})
        except SpecError as error:
            named = {key: [message] for key, message in error.errors.items()}
            raise serializers.ValidationError(named) from error
        return values


def _begun(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that a recipe begins with: those of its preset, if it has one."""
    trains = asked.get("kind", JobKind.TRAIN) == JobKind.TRAIN
    preset = PRESETS.get(str(asked.get("preset"))) if trains else None
    return preset.spec.to_dict() if preset else {}


class NameField(serializers.CharField):
    """A name as JSON text: a number is no name, which a CharField would make of it."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class JobInput(StrictSerializer):
    """A job to run.

    `train` learns from a snapshot and publishes, `pool` builds candidates, `score` has a version
    score them, `curve` measures quality against the number of labels, `doubt` checks labels,
    `evaluate` measures a model that is there already.
    """

    project = serializers.CharField(help_text="The project's slug.")
    kind = serializers.ChoiceField(choices=JobKind.choices, default=JobKind.TRAIN)
    snapshot = serializers.CharField(
        required=False,
        help_text="The snapshot's id or digest; to train, evaluate, draw a curve or check labels.",
    )
    base_model = NameField(
        required=False,
        help_text="A name on the Hub, or an allowed folder's path; to train also TEAM/NAME@vN or "
        f"TEAM/NAME@alias of this registry. Default to train: {DEFAULT}; the bi-encoder to pool "
        f"with: {PACKAGED}, which needs no network. To score: TEAM/NAME@vN or TEAM/NAME@alias.",
    )
    reranker = serializers.CharField(
        required=False,
        help_text="To train: the name to publish under, made where the project has none. "
        "Default: reranker.",
    )
    again = serializers.BooleanField(
        required=False,
        help_text="To evaluate: measure anew what was measured already. Without it, such a job is "
        "answered as it is, with 200.",
    )
    preset = serializers.ChoiceField(
        choices=list(PRESETS),
        required=False,
        help_text="To train: what base and recipe begin with. Keys of `recipe` outweigh it.",
    )
    recipe = RecipeField(default=dict)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        trains = attrs["kind"] == JobKind.TRAIN
        evaluates = attrs["kind"] == JobKind.EVALUATE
        learns = trains or evaluates or attrs["kind"] in HELD_OUT
        owned = (("snapshot", learns), ("reranker", trains), ("preset", trains),
                 ("again", evaluates))  # fmt: skip
        errors: dict[str, Any] = {
            name: f"A job of kind {attrs['kind']} has no {name}."
            for name, has in owned
            if not has and name in attrs
        }
        if learns and "snapshot" not in attrs:
            errors["snapshot"] = "Name the snapshot to learn from or measure on."
        if attrs["kind"] == JobKind.SCORE and "base_model" not in attrs:
            errors["base_model"] = "Name the version to score with."
        if evaluates and "base_model" not in attrs:
            errors["base_model"] = "Name the model to evaluate."
        if errors:
            raise serializers.ValidationError(errors)
        attrs["recipe"] = {**_begun(attrs), **attrs["recipe"]}
        if preset := attrs.pop("preset", None):
            attrs.setdefault("base_model", PRESETS[preset].base_model)
        return attrs
