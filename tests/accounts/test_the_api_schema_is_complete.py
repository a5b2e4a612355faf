"""The OpenAPI schema is generated without a warning and knows every route of the API."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver


def routes(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    found = []
    for each in patterns:
        path = prefix + str(each.pattern)
        found += routes(each.url_patterns, path) if isinstance(each, URLResolver) else [path]
    return found


def test_it_has_no_warning_and_misses_no_route(tmp_path: Path) -> None:
    target = tmp_path / "schema.yml"
    call_command("spectacular", "--file", str(target), "--fail-on-warn", "--validate")
    known = set(re.findall(r"^  (/api/\S+):", target.read_text("utf-8"), flags=re.MULTILINE))
    ours = {
        "/" + re.sub(r"<[^>]*>", "{}", route)
        for route in routes(get_resolver().url_patterns)
        if route.startswith("api/v1/")
    }
    assert ours == {re.sub(r"{[^}]*}", "{}", route) for route in known}


@pytest.mark.django_db
def test_it_is_served_and_rendered(client: Client) -> None:
    assert client.get("/api/schema/").status_code == 200
    assert b"swagger-ui" in client.get("/api/docs/").content
