"""Agreement is measured by keys of metadata that have a few values: a category, head and tail."""

from typing import Any

import pytest

from accounts.services import project_update
from annotate.agreement.report import agreement_measure
from annotate.models import Candidate, Query
from annotate.selectors import facets
from annotate.selectors.agreement_rows import material_of
from annotate.selectors.facets import facets_of
from tests.annotate.judging import grade, record
from tests.factory import Cast, make_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows(cast: Cast) -> list[Candidate]:
    """Eight queries of ten candidates, judged by two; they agree on statutes only."""
    project_update(project=cast.project, overlap=2)
    rows = make_queue(cast.project, queries=8, passages=10)
    for number, row in enumerate(rows):
        statute = number % 2
        row.metadata = {"category": "statute" if statute else "doctrine", "file": f"f{number}"}
        row.metadata |= {"note": "x" * 100, "nested": {"a": 1}, "same": 1}
        row.save()
        other = number // 2 % 2 if statute else 1 - number // 2 % 2
        record(cast.project, cast.annotator, grade(row, number // 2 % 2))
        record(cast.project, cast.reviewer, grade(row, other))
    for number, query in enumerate(Query.objects.order_by("pk")):
        query.metadata = (
            {"tail": number % 2 == 1, "language": "ur"} if number < 7 else {"tail": None}
        )
        query.save()
    return rows


def parts(cast: Cast) -> dict[str, list[dict[str, Any]]]:
    measured = agreement_measure(material_of(cast.project, with_imported=False)).as_dict()
    found: dict[str, list[dict[str, Any]]] = {}
    for part in measured["slices"]:
        found.setdefault(part["kind"], []).append(part)
    return found


def test_each_value_has_its_figures_and_what_has_none_stands_apart(
    cast: Cast, rows: list[Candidate]
) -> None:
    found = parts(cast)
    assert [kind for kind in found if "(of the" in kind] == [
        "tail (of the query)", "category (of the pair)",
    ]  # fmt: skip
    tail = [(part["name"], part["units"]) for part in found["tail (of the query)"]]
    assert tail == [("false", 40), ("true", 30), ("without", 10)]
    percent = {
        part["name"]: part["figures"]["percent"]["value"]
        for part in found["category (of the pair)"]
    }
    assert percent == {"doctrine": 0, "statute": 1}


def test_a_key_with_too_many_values_is_no_part_and_keys_have_an_end(
    cast: Cast, rows: list[Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "VALUES_MAX", 80)
    assert list(facets_of(cast.project)) == [
        "tail (of the query)", "category (of the pair)", "file (of the pair)",
    ]  # fmt: skip
    monkeypatch.setattr(facets, "VALUES_MAX", 79)
    monkeypatch.setattr(facets, "KEYS_MAX", 1)
    assert list(facets_of(cast.project)) == ["tail (of the query)"]


def test_values_that_are_all_small_are_names_and_no_parts(
    cast: Cast, rows: list[Candidate]
) -> None:
    for number, row in enumerate(rows):
        row.metadata = {"event": number // 10} if number < 30 else {}  # one query each
        row.save(update_fields=["metadata"])
    assert list(facets_of(cast.project)) == ["tail (of the query)", "event (of the pair)"]
    assert "event (of the pair)" not in parts(cast)

    for row in rows[10:30]:
        row.metadata = {"event": 7}
        row.save(update_fields=["metadata"])
    assert "event (of the pair)" not in parts(cast)  # 20 candidates, and two queries only
    rows[5].metadata = {"event": 7}
    rows[5].save(update_fields=["metadata"])
    found = [(part["name"], part["units"]) for part in parts(cast)["event (of the pair)"]]
    assert found == [("7", 21), ("0", 9), ("without", 50)]


def test_of_what_one_person_has_judged_nothing_is_read(cast: Cast) -> None:
    row = make_queue(cast.project)[0]
    row.metadata = {"category": "a"}
    row.save()
    record(cast.project, cast.annotator, grade(row, 1))
    assert facets_of(cast.project) == {}
