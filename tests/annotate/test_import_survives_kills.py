"""Nothing is lost or doubled when a worker dies, and imports wait for each other."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.core.files.storage import storages
from django.db import connections

from accounts.models import Project
from annotate.importing import load
from annotate.models import Candidate, Import, Judgment, Query
from annotate.services.answers import Answer, Status
from annotate.services.importing import import_create, import_file, import_run, imports_requeue
from annotate.services.judging import judgments_record
from annotate.services.leasing import tasks_lease
from tests.annotate.import_files import WORKER, pair, take, write
from tests.factory import Cast, make_judgment
from tests.processes import process, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def kept(project: Project, path: Path, **wishes: Any) -> Import:
    with path.open("rb") as upload:
        return import_create(
            project=project, name=path.name, upload=File(upload), created_by=None, **wishes
        )


def big(path: Path, rows: int = 30_000) -> Path:
    return write(path, *(pair(f"q{n // 10}", f"text {n}", n % 2, rank=n % 10) for n in range(rows)))


RUN = """
import django; django.setup()
from annotate.services.importing import import_run
import_run(import_id={pk})
"""


def test_a_killed_import_is_finished_by_another_worker(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    row = kept(cast.project, big(tmp_path / "big.jsonl", 60_000))
    with process("-c", RUN.format(pk=row.pk)) as worker:
        # Seen from here while the worker's transaction is open.
        wait_for(lambda: Import.objects.get().rows_read > 0)
        assert Candidate.objects.count() == 0
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    row.refresh_from_db()
    assert (row.status, Candidate.objects.count()) == ("running", 0)
    assert storages["default"].exists(row.path)
    rung: list[int] = []

    def ring(*, import_id: int) -> None:
        rung.append(import_id)

    monkeypatch.setattr("annotate.services.importing.import_enqueue", ring)
    imports_requeue()
    assert rung == [row.pk]

    def finished() -> bool:
        import_run(import_id=row.pk)
        return Import.objects.get().finished

    wait_for(finished)  # until the server has noticed the death and freed the lock
    row.refresh_from_db()
    assert (row.status, row.rows_created) == ("succeeded", 60_000)
    assert Candidate.objects.count() == Judgment.objects.count() == 60_000
    assert row.path == ""
    assert not any(path.is_file() for path in (tmp_path / "default").rglob("*"))
    import_run(import_id=row.pk)
    assert Candidate.objects.count() == 60_000


def test_a_real_worker_takes_it_from_the_broker(cast: Cast, tmp_path: Path) -> None:
    row = kept(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1), pair("q", "r", 0)))
    with process(*WORKER):
        wait_for(lambda: Import.objects.get().path == "")  # the upload goes after the commit
    row.refresh_from_db()
    assert (row.status, row.rows_created) == ("succeeded", 2)


def test_an_interrupted_command_is_told_and_its_file_stays(cast: Cast, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", pair("q", "p", 1))
    row = Import.objects.create(
        project=cast.project, name=path.name, source_name="a", status="running"
    )
    import_run(import_id=row.pk)
    row.refresh_from_db()
    assert row.status == "failed"
    assert "interrupted" in row.errors[0]["message"]
    assert path.exists()


def in_threads(*calls: Callable[[], object]) -> list[BaseException]:
    failures: list[BaseException] = []

    def run(call: Callable[[], object]) -> None:
        try:
            call()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_two_imports_of_the_same_pairs_at_once_make_them_once(cast: Cast, tmp_path: Path) -> None:
    first = big(tmp_path / "one.jsonl", 4_000)
    second = write(
        tmp_path / "two.jsonl",
        *(pair(f"q{n // 10}", f"text {n}", n % 2) for n in reversed(range(5_000))),
    )
    call = partial(import_file, project=cast.project, source_name="labels")
    assert not in_threads(partial(call, path=first), partial(call, path=second))
    done = list(Import.objects.all())
    assert [row.status for row in done] == ["succeeded", "succeeded"], [row.errors for row in done]
    assert Candidate.objects.count() == Judgment.objects.count() == 5_000
    assert Query.objects.count() == 500
    assert sum(row.created.get("candidates", 0) for row in done) == 5_000


def test_a_redelivered_task_does_not_run_beside_the_first(cast: Cast, tmp_path: Path) -> None:
    row = kept(cast.project, big(tmp_path / "big.jsonl", 4_000))
    assert not in_threads(*[partial(import_run, import_id=row.pk)] * 3)
    row.refresh_from_db()
    assert (row.status, row.rows_created) == ("succeeded", 4_000)
    assert Candidate.objects.count() == 4_000


def test_nobody_waits_for_an_import_that_stores(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its rows and locks are there, and its transaction is open: people lease and judge."""
    take(cast.project, write(tmp_path / "a.jsonl", *(pair("q", f"text {n}", 1) for n in range(4))))
    path = write(tmp_path / "b.jsonl", *(pair("q", f"text {n}", 1, rank=n) for n in range(2, 90)))
    store = load._store
    calls: list[Callable[[], object]] = []

    def held(*given: Any) -> None:
        store(*given)
        began = time.monotonic()
        assert not in_threads(*calls)
        assert time.monotonic() - began < 5

    def judge() -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '3s'")
        leases = tasks_lease(project=cast.project, person=cast.annotator, count=50)
        answers = [Answer(uuid.uuid4(), lease.candidate_id, grade=1) for lease in leases]
        done = judgments_record(project=cast.project, person=cast.annotator, answers=answers)
        assert [one.status for one in done] == [Status.CREATED] * 4

    calls.append(judge)
    monkeypatch.setattr(load, "_store", held)
    assert take(cast.project, path).created["candidates"] == 86
    assert Judgment.objects.filter(person=cast.annotator, current=True).count() == 4
    # What came new is leased at once.
    assert len(tasks_lease(project=cast.project, person=cast.annotator, count=50)) == 50


def test_judging_goes_on_while_a_file_is_imported(cast: Cast, tmp_path: Path) -> None:
    take(cast.project, write(tmp_path / "a.jsonl", *(pair("q", f"text {n}") for n in range(20))))
    waiting = list(Candidate.objects.order_by("pk"))
    path = big(tmp_path / "big.jsonl", 10_000)
    importer = threading.Thread(
        target=in_threads, args=(partial(import_file, project=cast.project, path=path),)
    )
    importer.start()
    slowest, judged = 0.0, 0
    while importer.is_alive() and judged < len(waiting):
        begun = time.monotonic()
        make_judgment(waiting[judged], cast.annotator, grade=1)
        slowest, judged = max(slowest, time.monotonic() - begun), judged + 1
        time.sleep(0.05)
    still_running = importer.is_alive()
    importer.join()
    assert judged == len(waiting) or not still_running
    assert judged > 3
    assert slowest < 2
    assert Import.objects.filter(status="succeeded").count() == 2
