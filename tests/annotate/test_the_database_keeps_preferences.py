"""Pairs, their leases and preferences that cannot be are refused, whatever code asks."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from accounts.models import Role, User
from accounts.services import member_set, project_delete, project_update
from annotate.models import Pair, PairLease, Preference, PreferenceAction
from annotate.services.assigning import queries_assign
from tests.annotate.judging import reword_passage, reword_query
from tests.annotate.pairing import compare, leased, make_pairs, prefer, tie
from tests.factory import Cast, make_queue

pytestmark = pytest.mark.django_db


def refused(message: str, attack: Callable[[], object]) -> None:
    def attacked() -> None:
        attack()
        connection.check_constraints()

    with pytest.raises(IntegrityError, match=message), transaction.atomic():
        attacked()


def preference(cast: Cast, pair: Pair, **fields: Any) -> Preference:
    """Return a preference that is not stored yet."""
    given = {
        "id": uuid.uuid4(), "project": cast.project, "pair": pair, "person": cast.annotator,
        "action": PreferenceAction.PREFER, "preferred_id": pair.first_id, "left_id": pair.first_id,
        "slot": 1, "first_revision": 1, "second_revision": 1, "query_revision": 1,
    }  # fmt: skip
    return Preference(**{**given, **fields})


def lease(pair: Pair, person: User, **fields: Any) -> PairLease:
    until = Now() + timedelta(minutes=5)
    return PairLease(**{"pair": pair, "person": person, "slot": 1, "expires_at": until, **fields})


def test_a_preference_is_of_its_pair_a_member_and_a_wording(cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    stray = {"project": cast.outsider.memberships.get().project}
    attacks: dict[str, list[dict[str, Any]]] = {
        "preference_is_of_its_pair": [
            {"preferred_id": other.second_id}, {"left_id": other.second_id}
        ],
        "preference_prefers_one": [
            {"preferred_id": None}, {"action": PreferenceAction.TIE},
        ],
        "does not judge in project": [{"person": cast.viewer}, {"person": cast.outsider}, stray],
        "preference_of_a_wording": [
            {"first_revision": 2}, {"second_revision": 0}, {"query_revision": 3}
        ],
        "preference_only_answers_count": [{"action": "skip", "preferred_id": None}, {"slot": 0}],
        "preference_action_known": [{"action": "love", "preferred_id": None, "slot": None}],
        "preference_withdraw_is_no_answer": [
            {"action": "withdraw", "preferred_id": None, "slot": None}
        ],
        "has its 1 preferences": [{"slot": 2}],
        "preference_seconds_not_negative": [{"seconds": -1.0}],
    }  # fmt: skip
    for message, rows in attacks.items():
        for fields in rows:
            refused(message, partial(preference(cast, pair, **fields).save, force_insert=True))
    preference(cast, pair).save(force_insert=True)
    with_theirs = partial(preference(cast, pair, person=cast.owner).save, force_insert=True)
    refused("preference_slot_once|has its 1 preferences", with_theirs)
    refused("preference_once_per_person", partial(
        preference(cast, pair, slot=None).save, force_insert=True
    ))  # fmt: skip


def test_it_is_history(cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    [made] = compare(cast.project, cast.annotator, prefer(pair, comment="Kept."))
    rows = Preference.objects.filter(pk=made.id)
    for fields in (
        {"preferred_id": pair.second_id}, {"comment": ""}, {"left_id": pair.second_id}, {"slot": 2}
    ):  # fmt: skip
        refused("never rewritten", partial(rows.update, **fields))
    refused("nothing replaces or withdraws it", partial(rows.update, current=False))
    refused("never deleted alone", rows.delete)
    compare(cast.project, cast.annotator, tie(pair))
    refused("never rewritten", partial(rows.update, current=True))
    for replaces in (made.id, Preference.objects.counted().get().pk):  # ended twice; not ended
        row = preference(cast, pair, slot=None, current=False, replaces_id=replaces)
        refused("replaced_once|replaces_its_own", partial(row.save, force_insert=True))
    row = preference(cast, other, replaces_id=made.id)
    refused("replaced_once|replaces_its_own", partial(row.save, force_insert=True))


def test_pairs_are_of_one_query_and_stay_and_wanted_is_counted(cast: Cast) -> None:
    [pair, _, theirs, *_] = make_pairs(cast.project, queries=2)
    rows = Pair.objects.filter(pk=pair.pk)
    fields: dict[str, Any] = {
        "project": cast.project, "query": pair.query, "first": pair.first, "second": theirs.first,
        "position": 1,
    }  # fmt: skip
    refused("two candidates of its query", partial(Pair.objects.create, **fields))
    turned = {**fields, "first": pair.second, "second": pair.first}
    refused("pair_in_order", partial(Pair.objects.create, **turned))
    refused("stays where it is", partial(rows.update, second=theirs.first))
    refused("counted, not set", partial(rows.update, wanted=False))
    refused("counted, not set", partial(Pair.objects.create, **{**fields, "wanted": False}))


def test_leases_are_of_members_within_the_overlap_and_of_ones_own_queries(cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    refused("does not judge", lease(pair, cast.viewer).save)
    refused("pair_lease_within_overlap|in slot 2", lease(pair, cast.owner, slot=2).save)
    lease(pair, cast.owner).save()
    refused("pair_lease_slot_once", lease(pair, cast.annotator).save)
    queries_assign(
        project=cast.project, queries=cast.project.queries.all(), people=[cast.reviewer],
        by=cast.manager,
    )  # fmt: skip
    other.refresh_from_db()
    assert other.lane == other.query.lane != 0  # pairs follow their query at once
    refused("is not for person", lease(other, cast.annotator).save)
    assert leased(cast.project, cast.annotator) == []
    assert [row.pair_id for row in leased(cast.project, cast.reviewer, 9)] == [other.pk]
    member_set(project=cast.project, user=cast.reviewer, role=Role.VIEWER)
    PairLease.objects.all().delete()
    assert len(leased(cast.project, cast.annotator, 9)) == 2  # nobody of the lane is left


def test_a_late_answer_counts_nothing_and_a_lower_overlap_takes_nothing_away(cast: Cast) -> None:
    project_update(project=cast.project, overlap=2)
    [pair, _] = make_pairs(cast.project)
    for person in (cast.annotator, cast.reviewer):
        compare(cast.project, person, prefer(pair))
    late = preference(cast, pair, person=cast.owner, slot=None)
    late.save(force_insert=True)
    project_update(project=cast.project, overlap=1)
    assert Preference.objects.counted().count() == 2
    pair.refresh_from_db()
    assert not pair.wanted


def test_a_new_wording_lets_the_old_answers_end(cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    compare(cast.project, cast.annotator, prefer(pair), prefer(other))
    reword_passage(pair.first.passage, "Said otherwise.")
    with transaction.atomic():
        assert Preference.objects.filter(pair=pair).update(current=False) == 1
        connection.check_constraints()
    refused("nothing replaces", partial(Preference.objects.update, current=False))
    reword_query(pair.query, "Asked otherwise?")
    Preference.objects.update(current=False)
    connection.check_constraints()


@pytest.mark.django_db(transaction=True)
def test_a_project_leaves_with_its_pairs_and_alone_with_them(cast: Cast) -> None:
    [pair, _] = make_pairs(cast.project)
    compare(cast.project, cast.annotator, prefer(pair))
    leased(cast.project, cast.reviewer)
    make_queue(cast.outsider.memberships.get().project, 1, 1)
    refused("never deleted alone", cast.project.pairs.all().delete)
    project_delete(project=cast.project)
    assert not any(model.objects.exists() for model in (Pair, PairLease, Preference))
