"""A killed import reads on from about where it was, or only stores, and nothing comes twice."""

import csv
import gzip
import json
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection

from annotate.importing import holds
from annotate.importing.holding import Hold, Reached
from annotate.importing.staging import Staging
from annotate.models import Candidate, Import, Judgment, Passage, Text
from annotate.services.import_attempts import import_attempt
from annotate.services.importing import import_run, imports_requeue
from tests.annotate.import_files import contents, pair, take, write
from tests.annotate.test_import_survives_kills import kept
from tests.factory import Cast
from tests.processes import process, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 9_000
BLOCK = 1_000

# A worker whose reading or storing ends it, once it has got as far as `{when}` says.
DIES = """
import os, signal
import django; django.setup()
from annotate.importing import holding, staging
from annotate.importing import load
from annotate.services import import_attempts, importing
staging._ROWS = {block}
import_attempts.RESUMABLE_BYTES = 0
def die(*given, **named):
    os.kill(os.getpid(), signal.SIGKILL)
{when}
importing.import_run(import_id={pk})
"""
WHILE_READING = """
keep = holding.Hold.keep
def dying(hold, reached):
    if reached.n > 4_500:
        die()
    keep(hold, reached)
holding.Hold.keep = dying
"""
WHILE_STORING = """
store = load._store
def dying(*given):
    store(*given)
    die()
load._store = dying
"""


def rows() -> list[dict[str, Any]]:
    return [
        pair(
            f"what is {n // 10}",
            f"text\n{n % 3_000}",
            n % 2,
            passage_id=f"p{n % 3_000}",
            rank=n % 10,
        )
        for n in range(ROWS)
    ]


def jsonl(folder: Path) -> Path:
    return write(folder / "a.jsonl", *rows())


def zipped(folder: Path) -> Path:
    path = folder / "a.jsonl.gz"
    path.write_bytes(gzip.compress(jsonl(folder).read_bytes()))
    return path


def table(folder: Path) -> Path:
    path = folder / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows()[0].keys())
        writer.writeheader()
        writer.writerows(rows())
    return path


def parquet(folder: Path) -> Path:
    path = folder / "a.parquet"
    pq.write_table(pa.Table.from_pylist(rows()), path, row_group_size=2_500)
    return path


def beir(folder: Path) -> Path:
    """A data set whose queries and passages take more than the first blocks."""

    path = folder / "a.zip"
    queries = {f"q{n // 10}": f"what is {n // 10}" for n in range(ROWS)}
    passages = {f"p{n}": f"text\n{n}" for n in range(3_000)}
    qrels = "".join(f"q{n // 10}\tp{n % 3_000}\t{n % 2}\n" for n in range(ROWS))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, texts in (("queries", queries), ("corpus", passages)):
            lines = [json.dumps({"_id": key, "text": text}) for key, text in texts.items()]
            archive.writestr(f"{name}.jsonl", "\n".join(lines))
        archive.writestr("qrels/test.tsv", f"query-id\tcorpus-id\tscore\n{qrels}")
    return path


def killed(row: Import, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    with process("-c", DIES.format(when=when, pk=row.pk, block=BLOCK)) as worker:
        assert worker.wait(60) == -signal.SIGKILL


def stopped(row: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    """End an import within its fifth block, in this process: cheaper than a worker's death."""

    def interrupted(hold: Hold, reached: Reached) -> None:
        if reached.n > 4_500:
            raise KeyboardInterrupt
        keep(hold, reached)

    keep = Hold.keep
    with monkeypatch.context() as patch:
        patch.setattr("annotate.importing.staging._ROWS", BLOCK)
        patch.setattr("annotate.services.import_attempts.RESUMABLE_BYTES", 0)
        patch.setattr(Hold, "keep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            import_run(import_id=row.pk)


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the rows that this process stages, with every file being large enough."""
    monkeypatch.setattr("annotate.services.import_attempts.RESUMABLE_BYTES", 0)
    found: list[int] = []
    add = Staging.add

    def noted(self: Staging, row: Any) -> bool:
        found.append(self.n + 1)
        return add(self, row)

    monkeypatch.setattr(Staging, "add", noted)
    return found


def finish(row: Import) -> None:
    def finished() -> bool:
        import_run(import_id=row.pk)
        row.refresh_from_db()
        return row.finished

    wait_for(finished)  # until the server has noticed the death and freed the lock
    assert (row.status, row.errors) == ("succeeded", [])
    assert not holds()


def test_reading_goes_on_from_the_last_block(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: list[int]
) -> None:
    row = kept(cast.project, zipped(tmp_path))
    killed(row, WHILE_READING, monkeypatch)
    row.refresh_from_db()
    assert (row.status, row.attempts, row.resumed) == ("running", 1, 0)
    assert holds() == {row.pk}
    assert Candidate.objects.count() == 0
    finish(row)
    # Rows are read in blocks, the last of which died with the worker.
    assert (staged, row.resumed) == (list(range(4_001, ROWS + 1)), 1)
    assert (row.rows_read, row.rows_created, row.rows_repeated) == (ROWS, ROWS, 0)
    assert Candidate.objects.count() == Judgment.objects.count() == ROWS


@pytest.mark.parametrize("make", [jsonl, table, parquet, beir])
def test_every_format_is_read_on(
    cast: Cast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    staged: list[int],
    make: Callable[[Path], Path],
) -> None:
    row = kept(cast.project, make(tmp_path))
    stopped(row, monkeypatch)
    staged.clear()
    finish(row)
    total = ROWS + 3_900 if make is beir else ROWS
    assert (staged, row.resumed) == (list(range(4_001, total + 1)), 1)
    assert (row.rows_read, row.rows_repeated) == (total, 0)
    assert Candidate.objects.count() == Judgment.objects.count() == ROWS
    assert Passage.objects.count() == Text.objects.count() == 3_000


def test_storing_starts_over_without_reading(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: list[int]
) -> None:
    row = kept(cast.project, jsonl(tmp_path))
    killed(row, WHILE_STORING, monkeypatch)
    row.refresh_from_db()
    assert (row.status, row.attempts, row.phase) == ("running", 1, "storing")
    assert Candidate.objects.count() == 0
    finish(row)
    assert (staged, row.resumed) == ([], 1)
    assert (row.rows_read, row.rows_created) == (ROWS, ROWS)
    assert Candidate.objects.count() == Judgment.objects.count() == ROWS


def test_a_crash_of_the_database_starts_it_over(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: list[int]
) -> None:
    row = kept(cast.project, jsonl(tmp_path))
    stopped(row, monkeypatch)
    staged.clear()
    with connection.cursor() as cursor:  # what PostgreSQL does to unlogged tables when it recovers
        for table_name in ("import_query", "import_passage", "import_row", "import_reached"):
            cursor.execute(f"TRUNCATE arbiter_import_{row.pk}.{table_name}")
    finish(row)
    assert (staged, row.resumed) == (list(range(1, ROWS + 1)), 0)
    assert Candidate.objects.count() == Judgment.objects.count() == ROWS


def test_what_was_staged_for_other_grades_is_not_used(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: list[int]
) -> None:
    row = kept(cast.project, jsonl(tmp_path))
    stopped(row, monkeypatch)
    staged.clear()
    cast.project.grades.create(value=2, name="Perfect", gain=2, target=1, relevant=True)
    finish(row)
    assert (staged[0], row.resumed) == (1, 0)


def test_both_ways_store_the_same(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, staged: list[int]
) -> None:
    """Whether rows wait in lasting tables or in temporary ones makes no difference."""
    path = jsonl(tmp_path)
    row = kept(cast.project, path)
    stopped(row, monkeypatch)
    staged.clear()
    finish(row)
    before = contents()
    again = take(cast.project, path)
    assert (again.rows_created, again.rows_unchanged) == (0, ROWS)
    assert contents() == before


def test_what_dead_imports_staged_is_swept(
    cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = kept(cast.project, jsonl(tmp_path))
    stopped(failed, monkeypatch)
    Import.objects.filter(pk=failed.pk).update(attempts=4)
    import_attempt(failed.pk, None)  # its fifth attempt is none
    assert Import.objects.get().status == "failed"
    assert not holds()
    gone = kept(cast.project, jsonl(tmp_path))
    stopped(gone, monkeypatch)
    assert holds() == {gone.pk}
    monkeypatch.setattr("annotate.services.importing.import_enqueue", lambda **_: None)
    imports_requeue()
    assert holds() == {gone.pk}  # it may be taken up yet
    gone.delete()
    imports_requeue()
    assert not holds()
