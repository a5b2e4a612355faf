"""How the OpenAPI schema is made: what every operation shares is written once, here."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.rest import ApiView, Parameters

_WHY: Final = {
    HTTPStatus.NOT_MODIFIED: "The caller has these very bytes: their `ETag` is in `If-None-Match`.",
    HTTPStatus.BAD_REQUEST: "What was sent is not allowed; `errors` says which fields, and why.",
    HTTPStatus.UNAUTHORIZED: "No token or session, or one that does not hold.",
    HTTPStatus.FORBIDDEN: "The token's scope or the caller's role does not allow this.",
    HTTPStatus.NOT_FOUND: "It does not exist, or the caller does not belong to its project.",
    HTTPStatus.CONFLICT: "It contradicts what is already there.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large; send less at once.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of a kind that this call does not read.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The storage lacks a file of it; nothing was sent.",
}
_PATH: Final[Mapping[str, str]] = {
    "slug": "The project's slug.",
    "candidate": "The candidate's id.",
    "username": "The member's user name.",
    "reference": "A snapshot's id or digest.",
    "id": "As the answer to its creation gave it, and as lists do.",
    "team": "The slug of the reranker's project.",
    "name": "The reranker's name within its project.",
    "number": "The version's number: 3 of `v3`.",
    "alias": "The alias's name, such as `champion`.",
    "path": "The file's path within the version, which may have slashes.",
}
_SENDING: Final = ("POST", "PUT", "PATCH")


_NESTED: Final = {"$ref": "#/components/schemas/ProblemErrors"}


@extend_schema_field(
    {
        "type": "object",
        "description": "By field its messages, or those of the fields or items within it.",
        "additionalProperties": {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}},
                _NESTED,
                {"type": "array", "items": _NESTED},
            ]
        },
    },
    component_name="ProblemErrors",
)
class ErrorsField(serializers.DictField):
    """Messages by field, nested as what was sent."""


@extend_schema_serializer(component_name="Problem")
class ProblemSerializer(serializers.Serializer[Any]):
    """An error (RFC 9457), sent as `application/problem+json`."""

    type = serializers.CharField(help_text="Always `about:blank`: the status says what it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong, for people.")

    def get_fields(self) -> dict[str, Any]:
        # Declared here, since DRF's own serializers have an attribute of this name.
        errors = ErrorsField(required=False, help_text="With 400: messages per field.")
        return {**super().get_fields(), "errors": errors}


class Schema(AutoSchema):
    """An operation with its summary, its query parameters and its problems."""

    def get_summary(self) -> str | None:
        """Return the first sentence of the call's docstring."""
        first = str(super().get_summary() or self.get_description()).partition("\n")[0]
        return first.partition(". ")[0].removesuffix(".") or None

    def get_override_parameters(self) -> list[Any]:
        declared = self._parameters if self.method == "GET" else Parameters
        return [*super().get_override_parameters(), *([declared] if declared().fields else [])]

    def _get_parameters(self) -> list[dict[str, Any]]:
        return [
            each if each.get("description") else {**each, "description": _PATH[each["name"]]}
            for each in super()._get_parameters()
        ]

    @property
    def _parameters(self) -> type[Parameters]:
        return self.view.parameters if isinstance(self.view, ApiView) else Parameters

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        own = {HTTPStatus(int(code)) for code in bodies if int(code) >= HTTPStatus.BAD_REQUEST}
        for status in (*own, *self._problems()):
            bodies[str(status.value)] = self._problem(status)
        for code, body in bodies.items():
            body["description"] = _WHY.get(HTTPStatus(int(code)), body["description"])
        return dict(sorted(bodies.items()))

    def _problem(self, status: HTTPStatus) -> dict[str, Any]:
        body = self.resolve_serializer(ProblemSerializer, "response").ref
        return {
            "description": _WHY.get(status, status.phrase),
            "content": {"application/problem+json": {"schema": body}},
        }

    def _problems(self) -> list[HTTPStatus]:
        """Return what comes by the operation's kind; its own `responses` add further ones."""
        found = [HTTPStatus.UNAUTHORIZED]
        asks = any(parameter["in"] == "query" for parameter in self._get_parameters())
        sends = self.method in _SENDING and self.get_request_serializer()
        if asks or sends:
            found.append(HTTPStatus.BAD_REQUEST)
        if sends:
            found += [HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE]
        if self.method != "GET":
            found.append(HTTPStatus.FORBIDDEN)
        if "{" in self.path:
            found.append(HTTPStatus.NOT_FOUND)
        return found
