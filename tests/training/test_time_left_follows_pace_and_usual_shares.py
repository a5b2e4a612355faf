"""What a stage will still take follows its pace; the stages ahead, what is usual in the project."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factory import Cast
from tests.training.jobs import bare_version, running_job
from training.kinds import STAGES, JobKind, Stage
from training.models import EventKind, JobEvent, TrainingJob, TrialState
from training.selectors.forecast import job_left, stage_left, usual_shares
from training.selectors.trials import Trial

pytestmark = pytest.mark.django_db
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
# Those of a recipe without a silver stage, mining and a teacher, in seconds.
LEFT_OUT = (Stage.SILVER, Stage.MINE, Stage.TEACH)
TAKEN = [each for each in STAGES[JobKind.TRAIN] if each not in LEFT_OUT]
TOOK = dict(zip(TAKEN, (1, 9, 20, 50, 15, 4, 1), strict=True))


def trained_before(cast: Cast) -> None:
    """A job that took a hundred seconds, a share of which is so many percent."""
    job, at = running_job(cast.project), BEGUN
    TrainingJob.objects.filter(pk=job.pk).update(status="queued", lease_expires_at=None)
    leased = {"status": "running", "lease_expires_at": BEGUN, "attempt": 2}
    TrainingJob.objects.filter(pk=job.pk).update(**leased)
    bare_version(job)
    for stage, seconds in TOOK.items():
        JobEvent.objects.create(job=job, attempt=2, at=at, kind="stage", data={"stage": stage})
        at += timedelta(seconds=seconds)
    TrainingJob.objects.filter(pk=job.pk).update(
        status="succeeded", stage="finish", lease_expires_at=None, finished_at=at
    )
    assert job.events.filter(kind=EventKind.STAGE).count() == 8  # one of the first attempt


def test_a_stage_goes_on_at_its_pace(cast: Cast) -> None:
    job = TrainingJob(total=100, done=40, pace=0.5)
    assert stage_left(job, 999.0) == 30
    assert stage_left(TrainingJob(total=100, done=40), 80.0) == pytest.approx(120)
    assert stage_left(TrainingJob(total=100, done=1), 80.0) is None
    assert stage_left(TrainingJob(), 80.0) is None


def test_trials_that_are_ahead_take_as_long_as_those_before(cast: Cast) -> None:
    def trial(number: int, state: TrialState, seconds: float | None) -> Trial:
        return Trial(number, 4, {}, state, {}, seconds)

    job = TrainingJob(total=100, done=40, pace=0.5)
    first = trial(1, TrialState.RUNNING, None)
    assert stage_left(job, 20.0, [first]) == 30 + 3 * 50
    before = [trial(1, TrialState.DONE, 70), trial(2, TrialState.RUNNING, None)]
    assert stage_left(job, 20.0, before) == 30 + 2 * 70


def test_the_projects_last_jobs_tell_what_is_usual(cast: Cast) -> None:
    job = running_job(cast.project)
    elsewhere = usual_shares(job)
    assert elsewhere[Stage.TRAIN] == 0.6
    trained_before(cast)
    assert usual_shares(job) == {
        stage: pytest.approx(seconds / 100) for stage, seconds in TOOK.items()
    }
    job.stage = Stage.TRAIN
    starts = {
        "claim": BEGUN,
        "load": BEGUN + timedelta(seconds=2),
        "baseline": BEGUN + timedelta(seconds=20),
        "train": BEGUN + timedelta(seconds=60),
    }
    # The 60 s before it were 30 % of a job, those ahead are 20 %, however long this one trains.
    for left in (90.0, 9000.0):
        found = job_left(job, starts, BEGUN + timedelta(seconds=70), left)
        assert found == pytest.approx(left + 60 * 20 / 30)
    assert job_left(job, starts, BEGUN + timedelta(seconds=70), None) is None
