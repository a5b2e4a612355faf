"""Commits as clients of the hub send them."""

import base64
import json
from typing import Any

from django.test import Client

from tests.factory import Cast, bearer

COMMIT = "/api/models/library/finder/commit/main"


def commit(*operations: tuple[str, dict[str, Any]]) -> bytes:
    lines = [("header", {"summary": "Try", "description": ""}), *operations]
    return "".join(json.dumps({"key": key, "value": value}) + "\n" for key, value in lines).encode()


def sent(path: str, content: bytes) -> tuple[str, dict[str, Any]]:
    encoded = base64.b64encode(content).decode()
    return "file", {"path": path, "content": encoded, "encoding": "base64"}


def push(client: Client, cast: Cast, data: bytes, to: str = COMMIT) -> Any:
    kind = "application/x-ndjson"
    return client.post(to, data, content_type=kind, **bearer(cast.manager))
