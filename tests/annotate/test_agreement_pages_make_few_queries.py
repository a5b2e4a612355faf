"""Pages and API of agreement ask the database as often for many judges and conflicts as for few."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.services.agreement import agreement_current
from tests.factory import (
    PASSWORD,
    Cast,
    make_annotator,
    make_candidate,
    make_cast,
    make_judgment,
    make_passage,
    make_query,
)


def judged(slug: str, judges: int, conflicts: int) -> Cast:
    """So many judges who all judge everything, and texts that twin queries have graded apart."""
    cast = make_cast(slug, overlap=20)
    project = cast.project
    people = [make_annotator(project, f"{slug}-judge-{number}") for number in range(judges)]
    for number in range(conflicts):
        passage = make_passage(project, f"text {number}")
        for grade, text in enumerate((f"query number {number}", f"Query number {number}?")):
            row = make_candidate(make_query(project, text, text), passage)
            for slot, person in enumerate(people, 1):
                make_judgment(row, person, grade, slot)
    return cast


def counted(client: Client, cast: Cast) -> dict[str, int]:
    slug = cast.project.slug
    client.login(username=cast.manager.username, password=PASSWORD)
    report, _ = agreement_current(project=cast.project, with_imported=False)
    pair = (report.result or {})["pairs"][0]
    paths = {
        "page": f"/projects/{slug}/agreement/",
        "pair": f"/projects/{slug}/agreement/pair/?one={pair['one']}&other={pair['other']}",
        "conflicts": f"/projects/{slug}/agreement/conflicts/",
        "api": f"/api/v1/projects/{slug}/agreement/",
    }
    client.get(paths["page"])
    found = {}
    for name, path in paths.items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200, name
        found[name] = len(queries)
    return found


def test_queries_do_not_grow_with_what_is_shown(client: Client, db: None) -> None:
    few = counted(client, judged("few", judges=2, conflicts=2))
    many = counted(client, judged("many", judges=5, conflicts=6))
    assert few == many == {"page": 7, "pair": 5, "conflicts": 7, "api": 7}
