"""How the OpenAPI schema is made: what every operation shares is written once, here."""

from http import HTTPStatus
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, extend_schema_serializer
from rest_framework import serializers

from accounts.rest import ApiView, Parameters

_WHY: Final = {
    HTTPStatus.BAD_REQUEST: "What was sent is not allowed; `errors` says which fields, and why.",
    HTTPStatus.UNAUTHORIZED: "No token or session, or one that does not hold.",
    HTTPStatus.FORBIDDEN: "The token's scope or the caller's role does not allow this.",
    HTTPStatus.NOT_FOUND: "It does not exist, or the caller does not belong to its project.",
    HTTPStatus.CONFLICT: "It contradicts what is already there.",
}
_SENDING: Final = ("POST", "PUT", "PATCH")


@extend_schema_serializer(component_name="Problem")
class ProblemSerializer(serializers.Serializer[Any]):
    """An error (RFC 9457), sent as `application/problem+json`."""

    type = serializers.CharField(help_text="Always `about:blank`: the status says what it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong, for people.")

    def get_fields(self) -> dict[str, Any]:
        # Declared here, since DRF's own serializers have an attribute of this name.
        errors = serializers.DictField(required=False, help_text="With 400: messages per field.")
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

    @property
    def _parameters(self) -> type[Parameters]:
        return self.view.parameters if isinstance(self.view, ApiView) else Parameters

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        own = {HTTPStatus(int(code)) for code in bodies if int(code) >= HTTPStatus.BAD_REQUEST}
        for status in (*own, *self._problems()):
            bodies[str(status.value)] = self._problem(status)
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
        if asks or (self.method in _SENDING and self.get_request_serializer()):
            found.append(HTTPStatus.BAD_REQUEST)
        if self.method != "GET":
            found.append(HTTPStatus.FORBIDDEN)
        if "{" in self.path:
            found.append(HTTPStatus.NOT_FOUND)
        return found
