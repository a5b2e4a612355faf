"""Bulk withdrawal goes in blocks, passes over what is done, and leaves others' projects alone."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from annotate.models import Candidate, Change, Lease
from annotate.services import withdrawing
from annotate.services.leasing import tasks_lease
from annotate.services.withdrawing import Bulk, candidates_restore, candidates_withdraw
from tests.factory import Cast, make_cast, make_queue

pytestmark = pytest.mark.django_db


def test_a_queryset_goes_block_by_block_although_it_shrinks(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawing, "BLOCK", 4)
    rows = make_queue(cast.project, queries=3, passages=3)
    assert len(tasks_lease(project=cast.project, person=cast.annotator, count=9)) == 9
    chosen = Candidate.objects.filter(query__external_id__in=["q0", "q1"], withdrawn_at=None)
    found = candidates_withdraw(
        project=cast.project, by=cast.manager, reason="Off topic.", candidates=chosen
    )
    assert found == Bulk(6, 0)
    assert [len(change.things) for change in Change.objects.order_by("pk")] == [4, 2]
    assert Lease.objects.count() == 3
    moments = set(Candidate.objects.exclude(withdrawn_at=None).values_list("withdrawn_at"))
    assert moments <= {(change.at,) for change in Change.objects.all()}
    keys = [row.pk for row in rows]
    assert candidates_withdraw(
        project=cast.project, by=cast.manager, reason="All of it.", candidates=keys
    ) == Bulk(3, 6)
    assert candidates_restore(
        project=cast.project, by=cast.manager, reason="", candidates=keys
    ) == Bulk(9, 0)
    assert not Candidate.objects.exclude(withdrawn_at=None).exists()


def test_others_are_passed_over_and_a_reason_is_needed(cast: Cast) -> None:
    theirs = make_queue(make_cast("theirs").project)
    found = candidates_withdraw(
        project=cast.project, by=cast.owner, reason="x", candidates=[row.pk for row in theirs]
    )
    assert found == Bulk(0, 6)
    with pytest.raises(ValidationError, match="Say why"):
        candidates_withdraw(project=cast.project, by=cast.owner, reason=" ", candidates=[])


def test_the_log_is_only_added_to(cast: Cast) -> None:
    rows = make_queue(cast.project)
    candidates_withdraw(
        project=cast.project, by=cast.owner, reason="x", candidates=[row.pk for row in rows]
    )
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        Change.objects.update(reason="another")
    with pytest.raises(IntegrityError, match="never deleted alone"), transaction.atomic():
        Change.objects.all().delete()
    cast.owner.memberships.all().delete()
