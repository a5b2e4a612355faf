"""The API's answers held against its own OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator

JSON = "application/json"
DOCUMENT = "/api/schema/?format=json"


@dataclass(frozen=True)
class Operation:
    """A method of a path of the document, such as `GET /api/v1/projects/{slug}/`."""

    method: str
    path: str
    spec: Mapping[str, Any] = field(compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def needs(self) -> list[str]:
        """The names of the query parameters without which it is not to be called."""
        return [each["name"] for each in self._query if each.get("required")]

    @property
    def open(self) -> bool:
        """Whether it may be called without a token or a session."""
        return {} in self.spec["security"]

    @property
    def paged(self) -> bool:
        return any(each["name"] == "cursor" for each in self._query)

    @property
    def asks(self) -> bool:
        return bool(self._query)

    @property
    def sends(self) -> bool:
        return "requestBody" in self.spec

    @property
    def _query(self) -> list[Mapping[str, Any]]:
        return [each for each in self.spec.get("parameters", []) if each["in"] == "query"]


class Contract:
    """Calls the API and notes in `faults` whatever its document does not say.

    An answer's status and media type have to be in the document, and its JSON has to fit the schema
    there, without a key that the schema does not have. `fulfilled` are the operations that have
    answered with success.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.document: dict[str, Any] = client.get(DOCUMENT).json()
        self.faults: list[str] = []
        self.fulfilled: set[Operation] = set()

    @cached_property
    def operations(self) -> list[Operation]:
        return [
            Operation(method.upper(), path, spec)
            for path, methods in self.document["paths"].items()
            for method, spec in methods.items()
        ]

    def operation(self, named: str) -> Operation:
        return next(each for each in self.operations if str(each) == named)

    def call(
        self,
        operation: Operation,
        values: Mapping[str, Any],
        body: Any = None,
        *,
        kind: str = JSON,
        query: Mapping[str, Any] | None = None,
        **headers: Any,
    ) -> Any:
        """Call an operation with `values` for its path's parameters; return the response."""
        path = operation.path.format(**values)
        send = getattr(self.client, operation.method.lower())
        if kind == "multipart/form-data":
            response = send(path, body, **headers)
        elif operation.method == "GET":
            response = send(path, query or {}, **headers)
        else:
            data = json.dumps(body) if kind == JSON and body is not None else body or ""
            response = send(path, data, content_type=kind, **headers)
        self.check(operation, response)
        return response

    def check(self, operation: Operation, response: Any) -> None:
        """Note what of a response the document does not say."""
        where = f"{operation} {response.status_code}"
        said = operation.spec["responses"].get(str(response.status_code))
        if said is None:
            self.faults.append(f"{where}: this status is not documented")
            return
        if response.status_code < 300:
            self.fulfilled.add(operation)
        content = said.get("content", {})
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        raw = b"".join(response.streaming_content) if response.streaming else response.content
        if not content:
            self.faults += [f"{where}: a body is not documented"] if raw else []
        elif kind not in content:
            self.faults.append(f"{where}: {kind} is not documented, {', '.join(content)} is")
        elif kind.endswith("json") and not response.streaming:
            found = self._misfits(content[kind]["schema"], json.loads(raw))
            self.faults += [f"{where}: {fault}" for fault in found]

    def _misfits(self, schema: Mapping[str, Any], body: Any) -> Iterator[str]:
        whole = {**schema, "components": self._closed}
        for error in Draft202012Validator(whole).iter_errors(body):
            yield f"{error.json_path}: {error.message[:300]}"

    @cached_property
    def _closed(self) -> dict[str, Any]:
        """The document's components, none of which has further keys than it lists."""
        closed: dict[str, Any] = json.loads(json.dumps(self.document["components"]))
        for schema in closed["schemas"].values():
            if "properties" in schema:
                schema.setdefault("additionalProperties", False)
        return closed


def parameters_in(path: str) -> set[str]:
    """Return the names in braces of a path."""
    return set(re.findall(r"{([^}]*)}", path))
