"""An owner deletes a project by typing its slug, and is told beforehand what goes with it."""

import pytest
from django.test import Client

from accounts.models import Project, User
from annotate.models import Judgment
from tests.factory import PASSWORD, Cast, make_judgment, make_label, make_queue

PAGE = "/projects/library/delete/"


def entered(cast: Cast, role: str) -> Client:
    user: User = getattr(cast, role)
    client = Client()
    assert client.login(username=user.username, password=PASSWORD)
    return client


def test_the_owner_reads_what_goes_and_types_the_slug(cast: Cast) -> None:
    first, second, *_ = make_queue(cast.project)
    make_judgment(first, cast.annotator, grade=1)
    make_label(second, grade=0)
    client = entered(cast, "owner")
    assert PAGE in client.get("/projects/library/settings/").content.decode()
    page = client.get(PAGE).content.decode()
    assert "2 judgments and imported labels" in page
    assert "0 published versions" in page
    answer = client.post(PAGE, {"slug": "library"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Library was deleted." in answer.content.decode()
    assert not Project.objects.filter(slug="library").exists()
    assert not Judgment.objects.exists()


@pytest.mark.parametrize("typed", ["", "Library", "library-elsewhere"])
def test_another_slug_deletes_nothing(cast: Cast, typed: str) -> None:
    answer = entered(cast, "owner").post(PAGE, {"slug": typed})
    assert answer.status_code == 200
    assert Project.objects.filter(slug="library").exists()


@pytest.mark.parametrize("role", ["manager", "reviewer", "annotator", "viewer"])
def test_nobody_else_may(cast: Cast, role: str) -> None:
    client = entered(cast, role)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"slug": "library"}).status_code == 403
    assert Project.objects.filter(slug="library").exists()


def test_outsiders_and_strangers_find_nothing(cast: Cast) -> None:
    assert entered(cast, "outsider").post(PAGE, {"slug": "library"}).status_code == 404
    assert Client().post(PAGE, {"slug": "library"})["Location"].startswith("/accounts/login/")
    assert entered(cast, "owner").put(PAGE).status_code == 405
    assert PAGE not in entered(cast, "manager").get("/projects/library/settings/").content.decode()
