"""A preference has the rules of a judgment: idempotent, history, never more than the overlap."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db.models.functions import Now
from django.http import Http404

from accounts.models import Project
from accounts.services import member_remove, project_update
from annotate.models import PairLease, Preference, PreferenceAction
from annotate.selectors.pairs import pair_items_of, pairs_remaining
from annotate.services.answers import Status
from annotate.services.corpus import passage_edit
from annotate.services.pair_leasing import pair_leases_expire, pairs_give_back
from annotate.services.preferring import pair_skips_return
from annotate.services.withdrawing import candidates_withdraw
from tests.annotate.pairing import compare, leased, make_pairs, prefer, skip, tie, withdraw
from tests.factory import Cast, make_annotator

pytestmark = pytest.mark.django_db


def close(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(closed_at=Now())
    project.refresh_from_db()


def expire() -> None:
    PairLease.objects.update(expires_at=Now() - timedelta(seconds=1))


def test_a_repeat_is_answered_and_a_conflicting_one_refused(cast: Cast) -> None:
    [pair, *_] = make_pairs(cast.project)
    answer = prefer(pair, seconds=2.5, comment="Says how.", flagged=True)
    [made] = compare(cast.project, cast.annotator, answer)
    assert made.status is Status.CREATED
    others = [replace(answer, prefer=pair.second_id), replace(answer, left=pair.second_id)]
    found = compare(cast.project, cast.annotator, answer, *others)
    assert [row.status for row in found] == [Status.REPEATED, Status.CONFLICT, Status.CONFLICT]
    [theirs] = compare(cast.project, cast.reviewer, answer)
    assert theirs.status is Status.CONFLICT
    row = Preference.objects.get()
    assert (row.preferred_id, row.left_id, row.slot) == (pair.first_id, pair.first_id, 1)
    assert (row.comment, row.flagged, row.seconds) == ("Says how.", True, 2.5)


def test_another_wording_under_the_same_id_is_another_answer(cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    passage = pair.first.passage
    passage_edit(passage=passage, by=cast.manager, revision=1, text="Another text.")
    answer = tie(pair, left=pair.second_id, query_revision=1, left_revision=1, right_revision=2)
    [made] = compare(cast.project, cast.annotator, answer)
    assert made.status is Status.CREATED
    others = [
        replace(answer, query_revision=2),
        replace(answer, left_revision=2),
        replace(answer, right_revision=1),
    ]
    unsaid = [
        replace(answer, query_revision=None),
        replace(answer, left_revision=None),
        replace(answer, right_revision=None),
    ]
    found = compare(cast.project, cast.annotator, answer, *unsaid, *others)
    assert [row.status for row in found] == [Status.REPEATED] * 4 + [Status.CONFLICT] * 3
    # Not otherwise within the batch that brings it.
    answer = prefer(other, query_revision=1)
    found = compare(cast.project, cast.annotator, answer, answer, replace(answer, query_revision=2))
    assert [row.status for row in found] == [Status.CREATED, Status.REPEATED, Status.CONFLICT]
    assert Preference.objects.count() == 2


def test_a_change_keeps_its_slot_and_an_undo_brings_the_pair_back(cast: Cast) -> None:
    pairs = make_pairs(cast.project, passages=4)
    [lease, other, *_] = leased(cast.project, cast.annotator, 3)
    [one] = compare(cast.project, cast.annotator, prefer(other.pair))
    [two] = compare(cast.project, cast.annotator, tie(other.pair, comment="Both."))
    assert two.preference is not None
    assert (two.preference.slot, two.preference.replaces_id) == (1, one.id)
    [undone] = compare(cast.project, cast.annotator, withdraw(two.id))
    assert undone.leased
    [first] = pair_items_of(leased(cast.project, cast.annotator), cast.project, cast.annotator)
    assert first["pair"] == str(other.pair_id) != str(lease.pair_id)
    assert first["previous"] == {
        "prefer": None, "tie": True, "skip": None, "comment": "Both.", "flagged": False
    }  # fmt: skip
    assert pairs_remaining(cast.project, cast.annotator) == len(pairs)
    [gone] = compare(cast.project, cast.annotator, withdraw(two.id))
    assert gone.status is Status.INVALID


def test_a_skip_frees_its_slot_and_comes_again_when_it_is_asked_for(cast: Cast) -> None:
    [pair, _] = make_pairs(cast.project)
    compare(cast.project, cast.annotator, skip(pair, "The query is unclear"))
    pair.refresh_from_db()
    assert pair.wanted
    assert pairs_remaining(cast.project, cast.annotator) == 1
    assert pair_skips_return(project=cast.project, person=cast.annotator) == 1
    assert leased(cast.project, cast.annotator)[0].pair_id == pair.pk


def test_what_is_no_answer_is_told_and_nothing_of_it_kept(cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    wrong = [
        replace(prefer(pair), tie=True),
        replace(prefer(pair), prefer=None),
        replace(prefer(pair), prefer=other.second_id),
        replace(tie(pair), left=None),
        tie(pair, seconds=float("nan")),
        tie(pair, comment="x" * 10_001),
        tie(pair, left_revision=2),
        tie(pair, query_revision=0),
        replace(tie(pair), pair=1 << 70),
        withdraw(uuid.uuid4()),
    ]
    found = compare(cast.project, cast.annotator, *wrong)
    assert {row.status for row in found} == {Status.INVALID}
    assert all(row.message for row in found)
    assert not Preference.objects.exists()


def test_who_comes_second_is_late(cast: Cast) -> None:
    make_pairs(cast.project)
    leased(cast.project, cast.annotator, 2)
    expire()
    [taken, _] = leased(cast.project, cast.reviewer, 2)
    [late] = compare(cast.project, cast.annotator, prefer(taken.pair))
    [counts] = compare(cast.project, cast.reviewer, tie(taken.pair))
    assert (late.status, counts.status) == (Status.LATE, Status.CREATED)
    assert Preference.objects.counted().get() == counts.preference
    assert pair_leases_expire() == 0
    # An expired lease that nobody took still counts.
    [theirs] = leased(cast.project, cast.reviewer, 1)
    expire()
    [good] = compare(cast.project, cast.reviewer, tie(theirs.pair))
    assert good.status is Status.CREATED


def test_two_tabs_hold_the_same_pairs(cast: Cast) -> None:
    make_pairs(cast.project, passages=4)
    one, two = (leased(cast.project, cast.annotator, 2) for _ in range(2))
    assert [row.pair_id for row in one] == [row.pair_id for row in two]
    compare(cast.project, cast.annotator, prefer(one[0].pair))
    [again] = compare(cast.project, cast.annotator, tie(one[0].pair))
    assert again.status is Status.CREATED  # the second tab's is a change of the first's
    assert Preference.objects.counted().count() == 1
    assert pairs_give_back(project=cast.project, person=cast.annotator) == 1
    assert not PairLease.objects.exists()


def test_a_closed_project_takes_what_was_leased_and_no_more(cast: Cast) -> None:
    make_pairs(cast.project, passages=4)
    mine = leased(cast.project, cast.annotator, 2)
    [before] = compare(cast.project, cast.annotator, tie(mine[0].pair))
    unleased = cast.project.pairs.exclude(pk__in=[row.pair_id for row in mine]).get()
    close(cast.project)
    answers = (prefer(mine[1].pair), prefer(unleased), prefer(mine[0].pair), withdraw(before.id))
    found = [row.status for row in compare(cast.project, cast.annotator, *answers)]
    assert found == [Status.CREATED, Status.LATE, Status.CLOSED, Status.CLOSED]
    assert leased(cast.project, cast.reviewer) == []
    assert pairs_remaining(cast.project, cast.reviewer) == 0


def test_a_removed_member_stores_nothing(cast: Cast) -> None:
    [pair, _] = make_pairs(cast.project)
    leased(cast.project, cast.annotator)
    member_remove(project=cast.project, user=cast.annotator)
    for call in (compare, leased):
        with pytest.raises(Http404):
            call(cast.project, cast.annotator, *([prefer(pair)] if call is compare else [2]))
    assert not Preference.objects.exists()


def test_a_withdrawn_candidate_takes_its_pairs_out_and_late_answers_in(cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    leased(cast.project, cast.annotator, 2)
    candidates_withdraw(
        project=cast.project, by=cast.manager, reason="Off topic.", candidates=[pair.first_id]
    )
    assert [row.pair_id for row in leased(cast.project, cast.annotator, 2)] == [other.pk]
    assert pairs_remaining(cast.project, cast.annotator) == 1
    [late] = compare(cast.project, cast.annotator, prefer(pair))
    assert late.status is Status.LATE
    assert late.preference is not None
    assert late.preference.slot is None


def test_an_edited_passage_ends_its_preferences_and_comes_again(cast: Cast) -> None:
    [pair, other] = make_pairs(cast.project)
    made = compare(cast.project, cast.annotator, prefer(pair), tie(other))
    passage = pair.first.passage
    passage_edit(passage=passage, by=cast.manager, revision=1, text="Other words.")
    [still] = Preference.objects.counted()
    assert still == made[1].preference
    again = leased(cast.project, cast.annotator)
    assert [row.pair_id for row in again] == [pair.pk]
    [stale] = compare(cast.project, cast.annotator, prefer(pair, left_revision=1))
    assert stale.status is Status.LATE
    assert "edited" in stale.message
    [fresh] = compare(cast.project, cast.annotator, prefer(pair, left_revision=2))
    assert fresh.status is Status.CREATED
    assert fresh.preference is not None
    assert (fresh.preference.first_revision, fresh.preference.second_revision) == (2, 1)


def test_the_overlap_holds_when_it_changes(cast: Cast) -> None:
    [pair, _] = make_pairs(cast.project)
    third = make_annotator(cast.project, "third")
    project_update(project=cast.project, overlap=2)
    people = (cast.annotator, cast.reviewer, third)
    found = [compare(cast.project, person, prefer(pair))[0].status for person in people]
    assert found == [Status.CREATED, Status.CREATED, Status.LATE]
    pair.refresh_from_db()
    assert pair.wanted is False
    project_update(project=cast.project, overlap=1)
    [changed] = compare(cast.project, cast.reviewer, tie(pair))
    assert changed.status is Status.CREATED  # it keeps its slot
    project_update(project=cast.project, overlap=3)
    assert cast.project.pairs.get(pk=pair.pk).wanted
    rows = Preference.objects.counted().filter(pair=pair)
    assert sorted(rows.values_list("action", flat=True)) == [
        PreferenceAction.PREFER, PreferenceAction.TIE
    ]  # fmt: skip


def test_a_batch_of_the_same_pair_is_taken_in_order(cast: Cast) -> None:
    [pair, _] = make_pairs(cast.project)
    first = prefer(pair)
    found = compare(cast.project, cast.annotator, first, withdraw(first.id), tie(pair))
    assert [row.status for row in found] == [Status.CREATED] * 3
    assert Preference.objects.counted().get().action == PreferenceAction.TIE
    assert not PairLease.objects.exists()


def test_nothing_is_compared_with_itself_or_twice(cast: Cast) -> None:
    [pair, _] = make_pairs(cast.project)
    pair.pk = None
    with pytest.raises(IntegrityError, match="pair_once"):
        pair.save(force_insert=True)
