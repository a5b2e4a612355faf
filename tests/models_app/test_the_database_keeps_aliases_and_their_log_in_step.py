"""The database keeps aliases and the log of their moves in step, whatever code asks it to do."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.services import member_remove, project_delete
from models_app.models import Alias, AliasMove, Version
from models_app.services.rerankers import alias_move
from tests.factory import Cast
from tests.models_app.published import publish

NAMES = ["main", "head", "v3", "v1-onnx-int8", "v10-", "deadbeef", "cafe", "Champion", "1st", ""]


@pytest.fixture
def second(cast: Cast, version: Version, tmp_path: Path) -> Version:
    return publish(cast.project, tmp_path / "second", seed=2)


@pytest.fixture
def foreign(cast: Cast, tmp_path: Path) -> Version:
    """A version of another reranker in the same project."""
    return publish(cast.project, tmp_path / "foreign", name="other")


@pytest.fixture
def champion(version: Version) -> Alias:
    alias = move(version)
    connection.check_constraints()
    return alias


def move(version: Version) -> Alias:
    return alias_move(
        reranker=version.reranker, name="champion", version=version, reason="x", by_setup=True
    )


def log(version: Version, **fields: Any) -> AliasMove:
    """Add a line to the log, and nothing else."""
    return AliasMove.objects.create(
        **{
            "reranker": version.reranker, "name": "champion", "to_version": version,
            "reason": "x", "by_setup": True, **fields,
        }
    )  # fmt: skip


def refused(match: str, *changes: Callable[[], object]) -> None:
    """Make changes of one transaction, which the database has to refuse by its end."""
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        commit(changes)


def commit(changes: Iterable[Callable[[], object]]) -> None:
    for change in changes:
        change()
    connection.check_constraints()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_reads_as_a_tag_or_commit_is_refused(version: Version, name: str) -> None:
    rows = {"reranker": version.reranker, "name": name}
    refused("alias_name_is_no", lambda: Alias.objects.create(**rows, version=version))
    refused("alias_move_name_is_no", lambda: log(version, name=name))


def test_an_alias_is_never_set_without_a_logged_move(version: Version) -> None:
    rows = {"reranker": version.reranker, "name": "champion", "version": version}
    refused("without a log", lambda: Alias.objects.create(**rows))


def test_an_alias_is_never_moved_without_a_logged_move(champion: Alias, second: Version) -> None:
    rows = Alias.objects.filter(pk=champion.pk)
    refused("without a log", lambda: rows.update(version=second))
    move(second)
    connection.check_constraints()


def test_an_alias_is_never_renamed_or_deleted(champion: Alias, second: Version) -> None:
    rows = Alias.objects.filter(pk=champion.pk)
    best = champion.version
    refused("keeps its name", lambda: log(best, name="best"), lambda: rows.update(name="best"))
    refused("never deleted alone", rows.delete)
    project_delete(project=champion.reranker.project)
    assert not Alias.objects.exists()


def test_an_alias_and_its_moves_stay_with_the_versions_of_their_reranker(
    champion: Alias, foreign: Version
) -> None:
    rows = Alias.objects.filter(pk=champion.pk)
    there = {"reranker": champion.reranker, "from_version": champion.version}
    refused("its_reranker", lambda: log(foreign, **there), lambda: rows.update(version=foreign))
    refused(
        "alias_version_of_its_reranker",
        lambda: Alias.objects.create(reranker=champion.reranker, name="best", version=foreign),
    )
    refused("alias_move_from", lambda: log(champion.version, name="best", from_version=foreign))


def test_a_move_that_no_alias_made_is_refused(champion: Alias, second: Version) -> None:
    refused("made no such move", lambda: log(second, from_version=champion.version))
    refused("made no such move", lambda: log(second, name="challenger"))


def test_a_move_starts_where_the_alias_stood(champion: Alias, second: Version) -> None:
    rows = Alias.objects.filter(pk=champion.pk)
    refused("made no such move", lambda: log(second), lambda: rows.update(version=second))
    refused("alias_move_moves", lambda: log(champion.version, from_version=champion.version))


@pytest.mark.parametrize("reason", ["", " ", "\n\t "])
def test_a_move_says_why(champion: Alias, second: Version, reason: str) -> None:
    refused("says_why", lambda: log(second, from_version=champion.version, reason=reason))


def test_only_who_may_manage_moves_an_alias(cast: Cast, champion: Alias, second: Version) -> None:
    def move_by(person: User) -> None:
        log(second, from_version=champion.version, moved_by=person, by_setup=False)
        Alias.objects.filter(pk=champion.pk).update(version=second)

    people = (cast.outsider, cast.viewer, cast.annotator, cast.reviewer)
    for person in people:
        refused("has no right to do this", partial(move_by, person))
    member_remove(project=cast.project, user=cast.manager)
    refused("has no right to do this", partial(move_by, cast.manager))
    commit([partial(move_by, cast.owner)])


def test_two_moves_in_one_transaction_are_two_lines(champion: Alias, second: Version) -> None:
    first = champion.version
    with transaction.atomic():
        move(second)
        move(first)
        connection.check_constraints()
    assert AliasMove.objects.count() == 3


def test_a_logged_move_is_neither_rewritten_nor_deleted(champion: Alias) -> None:
    refused("never changes", lambda: AliasMove.objects.update(reason="something else"))
    refused("never deleted alone", AliasMove.objects.all().delete)
