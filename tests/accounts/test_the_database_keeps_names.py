"""The database keeps user names and project slugs apart, and slugs as they are."""

from collections.abc import Callable
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import Namespace, Project, User
from accounts.names import RESERVED_NAMES, validate_name
from accounts.services import project_delete
from models_app.models import Reranker
from tests.factory import Cast, make_user


def refused(match: str, change: Callable[[], object]) -> None:
    """Make a change that the database has to refuse by the end of its transaction."""
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        commit(change)


def commit(change: Callable[[], object]) -> None:
    change()
    connection.check_constraints()


def test_a_name_in_use_cannot_be_freed(cast: Cast) -> None:
    for rows in (
        Namespace.objects.filter(project=cast.project),
        Namespace.objects.filter(user=cast.owner),
    ):
        refused("is in use", rows.delete)
        refused("is in use", partial(rows.update, name="free"))


def test_names_leave_with_who_had_them(cast: Cast) -> None:
    cast.outsider.delete()
    project_delete(project=cast.project)
    connection.check_constraints()
    assert not Namespace.objects.filter(name__in=["library", "library-outsider"]).exists()
    make_user("library")


@pytest.mark.parametrize("name", [*sorted(RESERVED_NAMES), "API"])
def test_nobody_and_no_project_takes_a_reserved_name(cast: Cast, name: str) -> None:
    refused("keeps_reserved", lambda: User.objects.create(username=name))
    refused("keeps_reserved", lambda: Project.objects.create(slug=name, name="x"))
    users = User.objects.filter(pk=cast.owner.pk)
    refused("keeps_reserved", lambda: users.update(username=name))


NO_REPOSITORY = [
    "../x",
    "a/b",
    "",
    ".x",
    "x-",
    "a--b",
    "a..b",
    "x.git",
    "x.ipynb",
    "x y",
    "x\n",
    "é",
]


@pytest.mark.parametrize("name", NO_REPOSITORY)
def test_a_slug_and_a_rerankers_name_can_be_parts_of_a_repository_id(cast: Cast, name: str) -> None:
    """The database and the forms refuse the same names."""
    with pytest.raises(ValidationError):
        validate_name(name)
    refused("project_slug_is_a_rep", lambda: Project.objects.create(slug=name, name="x"))
    project = cast.project
    refused("reranker_name_is_a_rep", lambda: Reranker.objects.create(project=project, name=name))


@pytest.mark.parametrize("name", ["x", "0", "a.b_c-d", "Team", "x.gitx", "a" * 40])
def test_good_names_pass(cast: Cast, name: str) -> None:
    validate_name(name)
    Project.objects.create(slug=name, name="x")
    Reranker.objects.create(project=cast.project, name=name)


@pytest.mark.parametrize("name", ["library", "Library"])
def test_nobody_takes_a_projects_slug(cast: Cast, name: str) -> None:
    refused("accounts_namespace_pkey", lambda: User.objects.create(username=name))
    users = User.objects.filter(pk=cast.owner.pk)
    refused("accounts_namespace_pkey", lambda: users.update(username=name))


def test_a_user_may_be_renamed_and_a_projects_slug_stays(cast: Cast) -> None:
    User.objects.filter(pk=cast.owner.pk).update(username="grace")
    connection.check_constraints()
    assert Namespace.objects.get(user=cast.owner).name == "grace"
    projects = Project.objects.filter(pk=cast.project.pk)
    refused("never changes", lambda: projects.update(slug="archive"))
    assert projects.update(name="Archive") == 1
