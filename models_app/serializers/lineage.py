"""What a version came from, as the API gives it."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

SINGLE_VALUE: Final = {"type": ["string", "number", "boolean", "null"]}
# A sweep is an object: the values that were tried of each key.
RECIPE_VALUE: Final = {"type": ["string", "number", "boolean", "null", "object"]}


class BaseModelSerializer(serializers.Serializer[Any]):
    """What was asked for as base model and what was loaded, and why."""

    requested = serializers.CharField()
    loaded = serializers.CharField()
    again = serializers.CharField(help_text="The name that loads the same base again.")
    kind = serializers.CharField(help_text="hub, folder or packaged.")
    revision = serializers.CharField(allow_null=True, help_text="Commit or package version.")
    fell_back = serializers.BooleanField(help_text="Whether it stands in for what was asked for.")
    reason = serializers.CharField()
    fresh_head = serializers.BooleanField(help_text="Whether it had no output layer.")
    weights_sha256 = serializers.CharField()


class CodeSerializer(serializers.Serializer[Any]):
    """The code that trained; `modified` is null where there was no checkout to compare with."""

    git_commit = serializers.CharField()
    modified = serializers.BooleanField(allow_null=True)


class HostSerializer(serializers.Serializer[Any]):
    """The machine that trained."""

    name = serializers.CharField()
    system = serializers.CharField()
    python = serializers.CharField()
    cores = serializers.IntegerField(allow_null=True)


@extend_schema_field({"type": "object", "additionalProperties": RECIPE_VALUE})
class RecipeOfVersionField(serializers.DictField):
    """The recipe as it was when the version was trained, whatever keys there are today."""


class TeacherSerializer(serializers.Serializer[Any]):
    """The model whose scores a version has learned."""

    loaded = serializers.CharField()
    revision = serializers.CharField(allow_null=True, help_text="Commit or package version.")
    weights_sha256 = serializers.CharField()


class OriginSerializer(serializers.Serializer[Any]):
    """How a model that was made elsewhere came here."""

    how = serializers.CharField(help_text="push (a commit of a hub's client), zip, folder or hub.")
    message = serializers.CharField(required=False)
    description = serializers.CharField(required=False)
    client = serializers.CharField(required=False, help_text="As it names itself.")
    completes = serializers.IntegerField(
        required=False,
        help_text="The version before, of the same push: its client sent it in several commits.",
    )


class LineageSerializer(serializers.Serializer[Any]):
    """What a version came from. Outsiders read of it base model, teacher, code, packages, recipe
    and seed.
    """

    job = serializers.CharField(
        required=False, allow_null=True, help_text="Null where it comes from elsewhere."
    )
    attempt = serializers.IntegerField(required=False)
    origin = OriginSerializer(required=False)
    snapshot = serializers.CharField(required=False, help_text="Its digest.")
    base_model = BaseModelSerializer(required=False)
    teacher = TeacherSerializer(
        required=False, allow_null=True, help_text="Null where nobody taught it."
    )
    code = CodeSerializer(required=False)
    packages = serializers.DictField(child=serializers.CharField(), required=False)
    host = HostSerializer(required=False)
    recipe = RecipeOfVersionField(required=False)
    seed = serializers.IntegerField(required=False)
    seconds = serializers.DictField(
        child=serializers.FloatField(), required=False, help_text="By stage."
    )
