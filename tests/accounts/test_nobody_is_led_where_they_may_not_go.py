"""What a role may not do is not offered to it; who tries it all the same finds the way back."""

import re
from html import unescape

import pytest
from django.test import Client

from annotate.models import Import
from tests.factory import PASSWORD, Cast
from tests.training.jobs import frozen_snapshot, label_project

BASE = "/projects/library/"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["viewer", "annotator", "reviewer", "manager"])
@pytest.mark.parametrize("filled", [False, True])
def test_every_link_of_a_projects_pages_opens(
    client: Client, cast: Cast, role: str, filled: bool
) -> None:
    paths = ["", "queries/", "imports/", "snapshots/", "jobs/", "rerankers/", "progress/"]
    if filled:
        label_project(cast.project)
        paths.append(f"snapshots/{frozen_snapshot(cast.project).pk}/")
        for status in ("succeeded", "failed"):
            row = Import.objects.create(
                project=cast.project, name="f", source_name="s", created_by=cast.owner,
                status=status,
            )  # fmt: skip
            paths.append(f"imports/{row.pk}/")
    client.login(username=getattr(cast, role).username, password=PASSWORD)
    for path in paths:
        page = client.get(BASE + path).content.decode()
        main = page[page.index("<main") :]
        for link in set(re.findall(r'href="(/[^"#]+)"', main)):
            assert client.get(unescape(link)).status_code == 200, (path, link)


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("imports/", "Owners and managers import files."),
        ("queries/", "Owners and managers import them."),
        ("snapshots/", "Owners and managers freeze them."),
        ("jobs/", "Owners and managers start jobs."),
        ("rerankers/", "Owners and managers start training jobs."),
    ],
)
def test_who_may_not_is_told_who_may(client: Client, cast: Cast, path: str, who: str) -> None:
    client.login(username=cast.annotator.username, password=PASSWORD)
    assert who in client.get(BASE + path).content.decode()
    client.login(username=cast.manager.username, password=PASSWORD)
    assert who not in client.get(BASE + path).content.decode()


def test_a_page_that_one_may_not_see_leads_back_to_the_project(client: Client, cast: Cast) -> None:
    client.login(username=cast.annotator.username, password=PASSWORD)
    answer = client.get(f"{BASE}jobs/new/")
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "Only owners and managers may manage this project; you are an annotator here." in page
    assert f'href="{BASE}">Back to Library</a>' in page
