"""Every move of an alias is logged: who, when, why, from and to."""

import threading
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.problems import ConflictError
from models_app.models import Alias, AliasMove, Version
from models_app.services.rerankers import NOWHERE, alias_move
from tests.factory import Cast, make_cast
from tests.models_app.published import publish


def test_moving_there_and_back_leaves_both_moves_in_the_log(cast: Cast, tmp_path: Path) -> None:
    one, two = (publish(cast.project, tmp_path / str(n), seed=n) for n in range(2))
    for version, reason in ((one, "first"), (two, "better"), (one, "slower than thought")):
        alias_move(
            reranker=one.reranker,
            name="champion",
            version=version,
            reason=reason,
            moved_by=cast.owner,
        )
    assert Alias.objects.get().version == one
    moves = [
        (m.from_version and m.from_version.number, m.to_version.number, m.reason, m.moved_by)
        for m in AliasMove.objects.order_by("pk")
    ]
    assert moves == [
        (None, 1, "first", cast.owner),
        (1, 2, "better", cast.owner),
        (2, 1, "slower than thought", cast.owner),
    ]


def test_a_move_to_where_it_stands_is_no_move(cast: Cast, tmp_path: Path) -> None:
    one = publish(cast.project, tmp_path / "m")
    for _ in range(2):
        alias_move(
            reranker=one.reranker, name="champion", version=one, reason="first", moved_by=cast.owner
        )
    assert AliasMove.objects.count() == 1


def test_the_setup_may_move_and_is_named_as_such(cast: Cast, tmp_path: Path) -> None:
    one = publish(cast.project, tmp_path / "m")
    alias_move(reranker=one.reranker, name="champion", version=one, reason="sample", by_setup=True)
    move = AliasMove.objects.get()
    assert (move.moved_by, move.by_setup) == (None, True)


@pytest.mark.parametrize("by_setup", [True, False])
def test_nobody_and_both_at_once_are_refused(cast: Cast, tmp_path: Path, by_setup: bool) -> None:
    one = publish(cast.project, tmp_path / "m")
    person = cast.owner if by_setup else None
    with pytest.raises(ValueError, match="exactly one"):
        alias_move(
            reranker=one.reranker,
            name="champion",
            version=one,
            reason="x",
            moved_by=person,
            by_setup=by_setup,
        )
    with pytest.raises(IntegrityError, match="by_a_person"), transaction.atomic():
        AliasMove.objects.create(
            reranker=one.reranker,
            name="champion",
            to_version=one,
            moved_by=person,
            by_setup=by_setup,
            reason="x",
        )


FORBIDDEN = ["main", "head", "v3", "v1-onnx-int8", "deadbeef", "Champion", "a b", "x" * 41]


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_forbidden_name_is_refused_in_words(cast: Cast, tmp_path: Path, name: str) -> None:
    one = publish(cast.project, tmp_path / "m")
    with pytest.raises(ValidationError) as caught:
        alias_move(reranker=one.reranker, name=name, version=one, reason="x", moved_by=cast.owner)
    assert set(caught.value.message_dict) == {"alias"}


def test_a_reason_is_required_and_the_version_must_be_ones_own(cast: Cast, tmp_path: Path) -> None:
    one = publish(cast.project, tmp_path / "m")
    other = publish(cast.project, tmp_path / "o", name="other")
    with pytest.raises(ValidationError) as caught:
        alias_move(
            reranker=one.reranker, name="champion", version=other, reason=" ", moved_by=cast.owner
        )
    assert set(caught.value.message_dict) == {"reason", "version"}
    assert not Alias.objects.exists()


def test_a_move_from_an_outdated_view_is_refused(cast: Cast, tmp_path: Path) -> None:
    one, two = (publish(cast.project, tmp_path / str(n), seed=n) for n in range(2))

    def move(version: Version, expected: int) -> Alias:
        return alias_move(
            reranker=one.reranker,
            name="champion",
            version=version,
            reason="x",
            moved_by=cast.owner,
            expected=expected,
        )

    move(one, NOWHERE)
    with pytest.raises(ConflictError, match="champion is at v1, not at no version"):
        move(two, NOWHERE)
    assert move(two, 1).version == two


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_at_once_from_the_same_view_one_wins(tmp_path: Path) -> None:
    cast = make_cast()
    versions = [publish(cast.project, tmp_path / str(n), seed=n) for n in range(2)]
    barrier, refused = threading.Barrier(2), []

    def run(row: int) -> None:
        barrier.wait()
        try:
            alias_move(
                reranker=versions[0].reranker,
                name="champion",
                version=versions[row],
                reason="mine",
                moved_by=cast.owner,
                expected=NOWHERE,
            )
        except ConflictError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(row,)) for row in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(refused) == 1
    assert AliasMove.objects.count() == 1
