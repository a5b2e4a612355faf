"""A person chooses what leaves and in which form, and sees how many rows that is."""

from pathlib import Path

import pytest
from django.test import Client

from annotate.exporting import FORMATS
from annotate.models import Candidate
from tests.annotate.import_files import pair, take, write
from tests.annotate.pairing import compare, offered, prefer
from tests.factory import PASSWORD, Cast, make_judgment

pytestmark = pytest.mark.django_db
PATH = "/projects/library/export/"


def log_in(client: Client, name: str) -> None:
    assert client.login(username=name, password=PASSWORD)


def test_it_counts_and_links_every_file_there_is(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    rows = [pair("q", f"p {n}", n % 2) for n in range(3)]
    take(cast.project, write(tmp_path / "labels.jsonl", *rows))
    make_judgment(Candidate.objects.earliest("pk"), cast.annotator, grade=1)
    log_in(client, cast.reviewer.username)
    assert "references" not in client.get(PATH).content.decode()
    [compared, *_] = offered(cast.project)
    compare(cast.project, cast.annotator, prefer(compared))
    page = client.get(PATH).content.decode()
    assert "4 rows" in page
    assert "3 rows" in page
    for name, one in FORMATS.items():
        assert one.purpose in page
        for what in one.whats:
            link = f"/api/v1/projects/library/export/?format={name}&amp;what={what}"
            assert f'href="{link}"' in page
            answer = client.get(link.replace("&amp;", "&"))
            assert answer.status_code == 200, link
            assert b"".join(answer)
    assert page.count("not in this format") == 5
    for path in ("/projects/library/queries/", "/projects/library/imports/"):
        assert f'href="{PATH}"' in client.get(path).content.decode()


def test_who_may_see_it(client: Client, cast: Cast) -> None:
    assert client.get(PATH).status_code == 302
    log_in(client, cast.outsider.username)
    assert client.get(PATH).status_code == 404
    log_in(client, cast.annotator.username)
    assert client.get(PATH).status_code == 403  # the project is blind
    assert f'href="{PATH}"' not in client.get("/projects/library/queries/").content.decode()
    log_in(client, cast.manager.username)
    assert client.get(PATH).status_code == 200
    assert client.post(PATH).status_code == 405
