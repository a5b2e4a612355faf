"""Agreement as it was measured last: the only writer of it."""

import time
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.locks import work_lock
from accounts.models import Project
from annotate.models import AgreementReport
from annotate.selectors.agreement_reports import Moment, moment_of
from annotate.services.bell import AGREEMENT, worker_ring

AT_ONCE_MAX: Final = 20_000
"""Judgments up to which agreement is measured while its reader waits; more go to a worker."""
ASK_AGAIN: Final = timedelta(minutes=5)
"""After which a worker is asked once more; the first call may have been lost."""
REST: Final = 10
"""A worker's measurement is followed by none for this many times as long as it took, or REST_MIN.

While people judge, every look would find it old.
"""
REST_MIN: Final = timedelta(minutes=1)
ASK_NO_MORE: Final = timedelta(hours=1)
"""After which nobody is asked, but by the next reader: who fails so long fails for a reason."""


def agreement_current(*, project: Project, with_imported: bool) -> tuple[AgreementReport, Moment]:
    """Return the last measurement, and the project's state by which it is current or old.

    What is old is measured anew: at once where it is little, else by a worker, who is asked.
    """
    report, _ = AgreementReport.objects.get_or_create(project=project, with_imported=with_imported)
    moment = moment_of(project)
    if report.fingerprint == moment.fingerprint:
        return report, moment
    if moment.counted + moment.imported * with_imported <= AT_ONCE_MAX:
        _measure(report, moment)
    elif not _rests(report):
        _ask(report)
    return report, moment


def agreement_measure(*, report_id: int) -> None:
    """Measure anew what a report is of, unless it is current or another worker is at it."""
    with transaction.atomic():
        report = AgreementReport.objects.select_related("project").filter(pk=report_id).first()
        if report is None or not work_lock("agreement", report_id):
            return
        moment = moment_of(report.project)
        if report.fingerprint != moment.fingerprint:
            _measure(report, moment)


def agreements_requeue() -> None:
    """Ask again for what was asked for and not measured: the message may have been lost."""
    late = AgreementReport.objects.filter(
        asked_at__lt=Now() - ASK_AGAIN, asked_at__gt=Now() - ASK_NO_MORE
    )
    for pk in late.values_list("pk", flat=True):
        worker_ring(task=AGREEMENT, pk=pk)


def _rests(report: AgreementReport) -> bool:
    rest = max(REST_MIN, timedelta(seconds=REST * (report.seconds or 0)))
    return AgreementReport.objects.filter(pk=report.pk, measured_at__gt=Now() - rest).exists()


def _ask(report: AgreementReport) -> None:
    unasked = Q(asked_at=None) | Q(asked_at__lt=Now() - ASK_AGAIN)
    if AgreementReport.objects.filter(unasked, pk=report.pk).update(asked_at=Now()):
        transaction.on_commit(lambda: worker_ring(task=AGREEMENT, pk=report.pk))
    report.refresh_from_db(fields=["asked_at"])


def _measure(report: AgreementReport, moment: Moment) -> None:
    # Here, since it loads scipy and statsmodels, which a web process may never need.
    from annotate.selectors.agreement import agreement_of

    started = time.perf_counter()
    agreement = agreement_of(report.project, with_imported=report.with_imported)
    AgreementReport.objects.filter(pk=report.pk).update(
        # Of before the reading: what came in meanwhile makes it old.
        fingerprint=moment.fingerprint,
        result=agreement.as_dict(),
        seconds=time.perf_counter() - started,
        measured_at=Now(),
        asked_at=None,
    )
    report.refresh_from_db()
