"""While a command or a worker is at an import, nobody else touches it, between its steps either.

The others are what beat's bell brings: `import_run` on connections of their own.
"""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pytest

from annotate.importing import load
from annotate.models import Candidate, Import
from annotate.services import import_attempts, importing
from annotate.services.importing import import_file, import_run
from tests.annotate.import_files import pair, write
from tests.annotate.test_import_survives_kills import in_threads, kept
from tests.factory import Cast

pytestmark = pytest.mark.django_db(transaction=True)
OTHERS = 4  # more than the attempts that an import is given


def others_come_before(module: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the bell ring for every unfinished import just before the step `name` of the first."""
    step: Callable[..., Any] = getattr(module, name)
    reader = threading.current_thread()
    rung: list[int] = []

    def stepped(*given: Any, **named: Any) -> Any:
        if threading.current_thread() is reader:
            unfinished = Import.objects.filter(status__in=importing.UNFINISHED)
            for pk in list(unfinished.values_list("pk", flat=True)):
                for _ in range(OTHERS):
                    assert not in_threads(partial(import_run, import_id=pk))
                    rung.append(pk)
        return step(*given, **named)

    monkeypatch.setattr(module, name, stepped)
    return rung


@pytest.mark.parametrize("step", ["attempt_begin", "_load"])
def test_a_bell_between_two_steps_fails_no_command(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    rung = others_come_before(import_attempts, step, monkeypatch)
    path = write(tmp_path / "a.jsonl", pair("q", "p", 1))
    done = import_file(project=cast.project, path=path)
    assert len(rung) == OTHERS
    assert (done.status, done.errors, done.attempts) == ("succeeded", [], 1)
    assert Candidate.objects.count() == 1


def test_a_bell_between_two_tries_fails_no_command(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def deadlocked_once(*given: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise psycopg.errors.DeadlockDetected
        store(*given)

    store = load._store
    monkeypatch.setattr(load, "_store", deadlocked_once)
    rung = others_come_before(load, "_keep", monkeypatch)
    path = write(tmp_path / "a.jsonl", pair("q", "p", 1))
    done = import_file(project=cast.project, path=path)
    assert len(rung) == 2 * OTHERS
    assert (done.status, done.errors, done.attempts) == ("succeeded", [], 1)


def test_a_bell_between_two_steps_takes_no_attempt_of_a_worker(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = kept(cast.project, write(tmp_path / "a.jsonl", pair("q", "p", 1)))
    rung = others_come_before(import_attempts, "_load", monkeypatch)
    import_run(import_id=row.pk)
    row.refresh_from_db()
    assert len(rung) == OTHERS
    assert (row.status, row.rows_created, row.attempts) == ("succeeded", 1, 1)


def test_bells_all_the_while_fail_no_command(cast: Cast, tmp_path: Path) -> None:
    over = threading.Event()

    def ring() -> None:
        while not over.is_set():
            for row in Import.objects.filter(status__in=importing.UNFINISHED):
                import_run(import_id=row.pk)

    def commands() -> None:
        try:
            for n in range(25):
                path = write(tmp_path / f"{n}.jsonl", pair(f"q{n}", "p", 1))
                import_file(project=cast.project, path=path)
        finally:
            over.set()

    assert not in_threads(commands, ring, ring)
    assert [row.errors for row in Import.objects.all() if row.status != "succeeded"] == []
    assert Candidate.objects.count() == 25
