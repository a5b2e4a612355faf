"""The OpenAPI schema is generated without a warning, knows every route, and says what may come."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
WRITING = {"post", "put", "patch", "delete"}
# What may hold anything, and why.
METADATA = "Metadata are whatever an imported file said."
FREE = {
    "QueryOutput.metadata.*": METADATA,
    "CandidateOutput.metadata.*": METADATA,
    "LeasedPassage.metadata.*": METADATA,
    "LeasedQuery.metadata.*": METADATA,
    "PassageOutput.metadata.*": METADATA,
    "QueryDetailOutput.metadata.*": METADATA,
    "PassageDetailOutput.metadata.*": METADATA,
    "CandidateDetailOutput.metadata.*": METADATA,
    "QueryInput.metadata.*": METADATA,
    "PassageInput.metadata.*": METADATA,
    "PatchedQueryEdit.metadata.*": METADATA,
    "PatchedPassageEdit.metadata.*": METADATA,
    "ImportInput.mapping": "JSON in a field of a form, described in docs/formats.md.",
    "ImportInput.label_names": "JSON in a field of a form, described in docs/formats.md.",
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    target: Path = tmp_path_factory.mktemp("schema") / "schema.json"
    options = {"fail_on_warn": True, "validate": True, "format": "openapi-json"}
    call_command("spectacular", file=str(target), **options)
    return json.loads(target.read_text("utf-8"))


def operations(schema: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, {"parameters": [], **operation}


def routes(patterns: Sequence[URLPattern | URLResolver], prefix: str = "") -> list[str]:
    found = []
    for each in patterns:
        path = prefix + str(each.pattern)
        found += routes(each.url_patterns, path) if isinstance(each, URLResolver) else [path]
    return found


def test_it_has_no_warning_and_misses_no_route(schema: Any) -> None:
    ours = {
        "/" + re.sub(r"<[^>]*>", "{}", route)
        for route in routes(get_resolver().url_patterns)
        if route.startswith("api/v1/")
    }
    assert ours == {re.sub(r"{[^}]*}", "{}", route) for route in schema["paths"]}


def test_every_operation_has_a_summary_its_path_and_both_ways_in(schema: Any) -> None:
    for path, method, operation in operations(schema):
        assert operation["summary"], (path, method)
        named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert named == set(re.findall(r"{([^}]*)}", path)), (path, method)
        assert all(each["description"] for each in operation["parameters"]), (path, method)
        ways = {name for way in operation["security"] for name in way}
        assert ways == {"token", "session"}, (path, method)
    described = schema["components"]["securitySchemes"]
    assert all(described[name]["description"] for name in ("token", "session"))


def test_every_operation_says_which_problems_may_come(schema: Any) -> None:
    for path, method, operation in operations(schema):
        expected = {"401"}
        query = any(each["in"] == "query" for each in operation["parameters"])
        expected |= {"400"} if query or "requestBody" in operation else set()
        expected |= {"413", "415"} if "requestBody" in operation else set()
        expected |= {"403"} if method in WRITING else set()
        expected |= {"404"} if "{" in path else set()
        problems = {code: body for code, body in operation["responses"].items() if code >= "400"}
        assert expected <= set(problems), (path, method)
        assert all(body["content"] == PROBLEM for body in problems.values()), (path, method)
        assert all(body["description"] for body in problems.values())


def test_only_reads_of_what_may_be_public_are_open_to_everybody(schema: Any) -> None:
    found = {(method, path) for path, method, each in operations(schema) if {} in each["security"]}
    start = "/api/v1/rerankers/{team}/{name}/"
    version = f"{start}versions/{{number}}/"
    assert found == {
        ("get", path)
        for path in (
            start, f"{start}versions/", version, f"{version}archive/", f"{version}files/{{path}}",
            f"{start}compare/", f"{start}aliases/{{alias}}/",
        )
    }  # fmt: skip


def test_no_schema_says_nothing(schema: Any) -> None:
    empty = {
        f"{name}{where}"
        for name, component in schema["components"]["schemas"].items()
        for where in saying_nothing(component)
    }
    assert empty <= FREE.keys(), empty - FREE.keys()


def saying_nothing(schema: Any, where: str = "") -> Iterator[str]:
    """Yield where in a schema any value, or an object of any keys, is all that it says."""
    if schema is True or not schema.keys() - {"description", "readOnly", "title", "default"}:
        yield where
        return
    rest = schema.get("additionalProperties")
    inner = {**schema.get("properties", {})}
    if schema.get("type") == "object" and not inner and rest is None:
        yield where
    for kind in ("items", "additionalProperties"):
        if kind in schema and schema[kind] is not False:
            inner["*"] = schema[kind]
    for name, each in inner.items():
        yield from saying_nothing(each, f"{where}.{name}")
    for kind in ("oneOf", "anyOf", "allOf"):
        for each in schema.get(kind, []):
            yield from saying_nothing(each, where)


def test_what_may_conflict_says_so(schema: Any) -> None:
    conflicting = {
        (method, path) for path, method, each in operations(schema) if "409" in each["responses"]
    }
    assert conflicting == {
        ("post", "/api/v1/projects/{slug}/adjudications/{candidate}/"),
        ("post", "/api/v1/projects/{slug}/pairs/lease/"),
        ("post", "/api/v1/projects/{slug}/preferences/"),
        ("post", "/api/v1/projects/{slug}/imports/{id}/cancel/"),
        ("put", "/api/v1/rerankers/{team}/{name}/aliases/{alias}/"),
        ("post", "/api/v1/training-jobs/"),
        ("post", "/api/v1/training-jobs/{id}/cancel/"),
        ("post", "/api/v1/training-jobs/{id}/doubts/send/"),
        ("patch", "/api/v1/projects/{slug}/queries/{id}/"),
        ("post", "/api/v1/projects/{slug}/queries/{id}/erase/"),
        ("patch", "/api/v1/projects/{slug}/passages/{id}/"),
        ("post", "/api/v1/projects/{slug}/passages/{id}/erase/"),
        ("get", "/api/v1/projects/{slug}/snapshots/{reference}/verification/"),
    }


def test_every_list_shows_its_pages(schema: Any) -> None:
    lists = 0
    for path, method, operation in operations(schema):
        names = {each["name"] for each in operation["parameters"]}
        answer = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        if not answer or "Paginated" not in json.dumps(answer):
            assert not names & {"cursor", "page_size", "order"}, (path, method)
            continue
        lists += 1
        assert {"cursor", "page_size", "order"} <= names, (path, method)
        page = schema["components"]["schemas"][answer["schema"]["$ref"].rpartition("/")[2]]
        assert set(page["properties"]) == {"next", "previous", "results"}
        order = next(each for each in operation["parameters"] if each["name"] == "order")
        assert order["schema"]["default"] in order["schema"]["enum"]
    assert lists >= 10


@pytest.mark.django_db
def test_it_is_served_and_rendered(client: Client) -> None:
    assert client.get("/api/schema/").status_code == 200
    assert b"swagger-ui" in client.get("/api/docs/").content


@pytest.mark.django_db
def test_it_is_served_as_json(client: Client) -> None:
    answer = client.get("/api/schema/?format=json")
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json()["openapi"].startswith("3.1")
