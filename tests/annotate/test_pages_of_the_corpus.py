"""People change queries and passages on pages, and see there what was changed, and why."""

import pytest
from django.test import Client

from annotate.models import Candidate, Erasure, Passage, Query
from annotate.services.corpus import passage_edit
from tests.factory import Cast, make_candidate, make_judgment, make_passage, make_query
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)
PROJECT = "/projects/library/"


@pytest.fixture
def pair(cast: Cast) -> Candidate:
    query = make_query(cast.project, "how to sort", "q")
    passage = make_passage(cast.project, "sorted() gives a new list", "p", title="Sorting")
    return make_candidate(query, passage)


def page(client: Client, path: str) -> str:
    answer = client.get(f"{PROJECT}{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def sent(client: Client, path: str, **fields: str) -> str:
    """Send a form that is right and return the page it leads to."""
    answer = client.post(f"{PROJECT}{path}", fields, follow=True)
    assert answer.redirect_chain, answer.content.decode()
    return answer.content.decode()


def test_a_manager_adds_edits_and_withdraws_on_pages(
    client: Client, cast: Cast, pair: Candidate
) -> None:
    client.force_login(cast.manager)
    assert 'href="/projects/library/queries/new/"' in page(client, "queries/")
    shown = sent(client, "queries/new/", text="how to read", external_id="r")
    assert "The query was added." in shown
    query = Query.objects.get(external_id="r")
    refused = client.post(f"{PROJECT}queries/new/", {"text": "x", "external_id": "r"})
    assert "There is a query with this id already" in refused.content.decode()
    place = f"queries/{query.pk}/candidates/new/"
    assert "open() reads" in sent(client, place, text="open() reads", title="")
    assert "Sorting" in sent(client, place, passage="p")
    both = client.post(f"{PROJECT}{place}", {"passage": "p", "text": "x"}).content.decode()
    assert "Give the id of a passage, or the text of a new one." in both
    edited = sent(client, f"queries/{query.pk}/edit/", text="how to read a file", revision="1")
    assert "how to read<ins> a file</ins>" in edited
    late = client.post(f"{PROJECT}queries/{query.pk}/edit/", {"text": "x", "revision": "1"})
    assert "at revision 2, not 1" in late.content.decode()
    gone = sent(client, f"queries/{query.pk}/withdraw/", reason="Off topic.")
    assert "Withdrawn on" in gone
    assert "Off topic." in gone
    assert "Withdrawn on" not in sent(client, f"queries/{query.pk}/restore/")
    taken = sent(client, f"candidates/{pair.pk}/withdraw/", reason="No pair.")
    assert "Withdrawn candidates (1)" in taken
    assert "No candidates." in taken


def test_a_passage_shows_where_it_is_judged_and_how_it_was_worded(
    client: Client, cast: Cast, pair: Candidate
) -> None:
    passage_edit(passage=pair.passage, by=cast.manager, revision=1, title="To sort")
    make_judgment(pair, cast.annotator, 1)
    client.force_login(cast.viewer)
    shown = page(client, f"passages/{pair.passage_id}/")
    assert "how to sort" in shown
    assert "Revision 2" in shown
    assert "<del>Sorting</del><ins>To sort</ins>" in shown
    assert cast.annotator.username not in shown  # a viewer of a blind project
    assert "Withdraw" not in shown
    client.force_login(cast.reviewer)
    assert cast.annotator.username in page(client, f"passages/{pair.passage_id}/")
    assert "To sort" in page(client, "passages/?q=new%20list")
    assert "No passage matches." in page(client, "passages/?q=never")


def test_an_erasure_says_what_it_touches_and_wants_the_id_typed(
    client: Client, cast: Cast, pair: Candidate
) -> None:
    other = make_passage(cast.project, "sorted() gives a new list", "p2")
    client.force_login(cast.manager)
    path = f"passages/{pair.passage_id}/erase/"
    asked = page(client, path)
    assert "1 other passage with the same text" in asked
    assert "It is p." in asked
    fields = {"reason": "Asked for.", "remember": "on"}
    wrong = client.post(f"{PROJECT}{path}", {**fields, "confirm": "P"}).content.decode()
    assert "nothing was erased" in wrong
    quoting = {"reason": "sorted() gives a new list", "confirm": "p"}
    assert "do not repeat" in client.post(f"{PROJECT}{path}", quoting).content.decode()
    assert not Erasure.objects.exists()
    queued = sent(client, path, **fields, confirm="p")
    assert "A worker is erasing it." in queued
    again = client.post(f"{PROJECT}{path}", {**fields, "confirm": "p"}).content.decode()
    assert "erased already, or about to be" in again
    erasure = Erasure.objects.get()
    erasure_run(erasure_id=erasure.pk)
    done = page(client, f"erasures/{erasure.pk}/")
    assert "Let imports bring it back" in done
    assert "No version in the registry" in page(client, f"jobs/erasures/{erasure.pk}/")
    assert "Asked for." in page(client, "erasures/")
    assert Passage.objects.filter(pk=other.pk, erased_at=None).count() == 0
    erased = page(client, f"passages/{pair.passage_id}/")
    assert "Erased on" in erased
    assert "sorted()" not in erased + page(client, f"queries/{pair.query_id}/")
    lifted = client.post(f"{PROJECT}erasures/{erasure.pk}/lift/", follow=True).content.decode()
    assert "may bring it back since" in lifted


FORMS = [
    "queries/new/", "passages/new/", "queries/{query}/edit/", "queries/{query}/withdraw/",
    "queries/{query}/restore/", "queries/{query}/erase/", "queries/{query}/candidates/new/",
    "passages/{passage}/edit/", "passages/{passage}/withdraw/", "passages/{passage}/restore/",
    "passages/{passage}/erase/", "candidates/{candidate}/withdraw/",
    "candidates/{candidate}/restore/",
]  # fmt: skip
READS = ["passages/", "passages/{passage}/", "erasures/"]


def test_who_may_not_is_told_so_on_every_page(client: Client, cast: Cast, pair: Candidate) -> None:
    keys = {"query": pair.query_id, "passage": pair.passage_id, "candidate": pair.pk}
    for path in (*FORMS, *READS):
        place = PROJECT + path.format(**keys)
        client.logout()
        assert client.get(place).status_code == 302, path
        client.force_login(cast.outsider)
        assert client.get(place).status_code == 404, path
        client.force_login(cast.reviewer)
        assert client.get(place).status_code == (403 if path in FORMS else 200), path
        client.force_login(cast.manager)
        assert client.get(place).status_code == 200, path
        assert client.put(place).status_code == 405, path
    assert client.get(f"{PROJECT}passages/{pair.passage_id + 10_000}/").status_code == 404
    assert client.get(f"{PROJECT}erasures/1/lift/").status_code == 405
