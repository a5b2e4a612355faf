"""The guard of a running job: a thread that ends the process when the job is no longer its own.

It stores what the job reports, renews the lease, and looks every second whether the job is to be
cancelled. Training cannot be interrupted from Python in the middle of a long step, so the guard
ends the whole process at once; the claim's fence keeps half-made things out of the registry.
"""

import logging
import os
import select
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from django.conf import settings
from django.db import connection

from training.models import JobStatus
from training.process.following import follower_lost, lost_settle
from training.process.memory import MemoryGauge
from training.process.patience import DATABASE_GONE
from training.process.reporting import JobReporter
from training.services.claims import Claim, job_heartbeat, job_report, job_status
from training.services.moves import job_release, job_stop

logger = logging.getLogger(__name__)

TICK_SECONDS: Final = 1.0
MEMORY_SECONDS: Final = 3.0
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
# Exit statuses of `run_job` that its supervisor tells apart; 0: finished, or nothing to do.
EXIT_CRASHED: Final = 1
EXIT_CANCELLED: Final = 83
EXIT_RELEASED: Final = 84
EXIT_LOST: Final = 85


class Guard:
    """Use as a context around the work, in the main thread; write the job's end within `aside`."""

    def __init__(
        self, claim: Claim, reporter: JobReporter, scratch: Path, *, supervised: bool
    ) -> None:
        self._claim, self._reporter, self._scratch = claim, reporter, scratch
        self._parent = os.getppid() if supervised else None
        self._stopped = Event()
        self._turn = Lock()  # held by whoever writes the job's row: the watch, or the job's end
        self._beaten = time.monotonic()
        self._gauge, self._gauged = MemoryGauge(), 0.0
        # Signals arrive here whatever the main thread does: C code writes the byte.
        self._inbox, self._outbox = socket.socketpair()
        self._inbox.setblocking(False)
        self._outbox.setblocking(False)
        self._thread = Thread(target=self._watch, name="guard", daemon=True)

    def __enter__(self) -> "Guard":
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._outbox.fileno(), warn_on_full_buffer=False)
        self._measure()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Keep the watch from the job's row while its end is written; then the watch is over.

        It goes on where the write fails. What is left to tell is stored first. Raises one
        of DATABASE_GONE while the database is away.
        """
        with self._turn:
            self._store()
            yield
            self._stopped.set()

    def stop(self) -> None:
        """End the watch and store what is left to tell; may be called twice."""
        self._stopped.set()
        self._outbox.send(b"\0")
        self._thread.join()
        try:
            self._store()
        except DATABASE_GONE as error:
            logger.warning("The last lines of the log are lost: %s", error)
            connection.close()

    def _watch(self) -> None:
        try:
            while not self._stopped.is_set():
                told = self._told_to_stop()
                with self._turn:
                    if self._stopped.is_set():
                        break
                    if told:
                        self._leave()
                    self._look()
            connection.close()
        except Exception:
            # Without its guard the process could neither be cancelled nor keep its lease.
            logger.exception("The guard of job %s failed.", self._claim.job_id)
            self._end(EXIT_CRASHED)

    def _leave(self) -> None:
        """Put the job back; where another process of it has died, that is why we are to stop."""
        lost = follower_lost()
        if lost is None:
            self._end(EXIT_RELEASED, lambda: job_release(claim=self._claim))
        else:
            self._end(EXIT_LOST, lambda: lost_settle(self._claim, lost))

    def _told_to_stop(self) -> bool:
        """Wait for a tick or a signal; an orphan of a killed trainer stops as well."""
        tick = min(TICK_SECONDS, settings.JOB_HEARTBEAT_SECONDS)
        ready, _, _ = select.select([self._inbox], [], [], tick)
        received = self._inbox.recv(64) if ready else b""
        orphaned = self._parent is not None and os.getppid() != self._parent
        return orphaned or any(number in received for number in STOP_SIGNALS)

    def _look(self) -> None:
        self._measure()
        try:
            self._store()
            status = self._beat()
        except DATABASE_GONE as error:
            # The claim outlives the database's absence: nobody else can take the job meanwhile.
            logger.warning("The database cannot be reached: %s", error)
            connection.close()
            return
        if status is None:
            self._end(EXIT_LOST)
        elif status == JobStatus.CANCELLING:
            self._end(EXIT_CANCELLED, lambda: job_stop(claim=self._claim))

    def _measure(self) -> None:
        if time.monotonic() - self._gauged >= MEMORY_SECONDS:
            self._gauged = time.monotonic()
            self._reporter.memory(self._gauge.read())

    def _store(self) -> None:
        report = self._reporter.drain()
        if not report:
            return
        try:
            job_report(claim=self._claim, report=report)
        except DATABASE_GONE:
            self._reporter.put_back(report)
            raise

    def _beat(self) -> JobStatus | None:
        if time.monotonic() - self._beaten < settings.JOB_HEARTBEAT_SECONDS:
            return job_status(claim=self._claim)
        self._beaten = time.monotonic()
        return job_heartbeat(claim=self._claim)

    def _end(self, status: int, settle: Callable[[], object] = lambda: None) -> None:
        """Settle the job's row, remove the scratch folder and end the process here and now."""
        try:
            settle()
        except DATABASE_GONE as error:
            logger.warning("Left to the supervisor, or to beat: %s", error)
        shutil.rmtree(self._scratch, ignore_errors=True)
        os._exit(status)
