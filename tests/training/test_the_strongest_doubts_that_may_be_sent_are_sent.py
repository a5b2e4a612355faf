"""What cannot be sent does not stand in the way of the strongest doubts that can."""

import pytest

from annotate.models import Candidate, Referral
from annotate.services.referring import candidates_refer
from tests.annotate.judging import decide
from tests.factory import Cast
from tests.training.held_out import doubt_job
from tests.training.jobs import label_project
from training.models import JobDoubt
from training.selectors.held_out import precision_of
from training.services.held_out import doubts_send


@pytest.mark.django_db(transaction=True)
def test_decided_and_referred_labels_are_passed_over(cast: Cast) -> None:
    label_project(cast.project, queries=4)
    job = doubt_job(cast)
    strongest = list(JobDoubt.objects.filter(job=job).values_list("candidate", flat=True)[:4])
    candidates_refer(project=cast.project, by=cast.manager, candidates=strongest[:1])
    decide(cast.project, cast.reviewer, Candidate.objects.get(pk=strongest[1]), 1)
    assert doubts_send(job=job, by=cast.manager, first=2).sent == 2
    sent = JobDoubt.objects.filter(job=job, sent_at__isnull=False)
    assert list(sent.values_list("candidate", flat=True)) == strongest[2:]
    assert doubts_send(job=job, by=cast.manager, first=100).sent == 8
    assert doubts_send(job=job, by=cast.manager, first=100).sent == 0
    assert Referral.objects.count() == 11
    assert not Referral.objects.filter(pk=strongest[1]).exists()


@pytest.mark.django_db(transaction=True)
def test_a_mean_grade_is_confirmed_by_the_grade_next_to_it(cast: Cast) -> None:
    label_project(cast.project, queries=4)
    job = doubt_job(cast)
    near, far = JobDoubt.objects.filter(job=job)[:2]
    JobDoubt.objects.filter(pk__in=[near.pk, far.pk]).update(grade=0.666667)
    doubts_send(job=job, by=cast.manager, doubts=[near.pk, far.pk])
    decide(cast.project, cast.reviewer, near.candidate, 1)
    decide(cast.project, cast.reviewer, far.candidate, 0)
    found = precision_of(job)
    assert (found.decided, found.changed.hits) == (2, 1)
