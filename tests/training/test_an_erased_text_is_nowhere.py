"""After an erasure no column and no file holds the text, and what rested on it says so."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction

from annotate.models import Candidate, ErasureStatus, Import, Judgment, Passage, Query, Snapshot
from annotate.services.corpus import passage_add, passage_edit, query_edit
from annotate.services.erasing import erasure_create, erasure_lift
from annotate.verifying import snapshot_verify
from models_app.integrity import version_check
from models_app.models import Version
from tests.annotate.import_files import pair, take, write
from tests.factory import Cast, make_candidate, make_judgment, make_label, make_passage, make_query
from tests.training.jobs import frozen_snapshot, label_project, make_job, run_job, tiny_base
from training.models import JobQueryScore
from training.selectors.erasures import erasure_versions, version_redacted
from training.selectors.exposure import queries_seen
from training.services.erasing import erasure_run
from training.services.jobs import job_create

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TOLD = "Ada Byron of 12 St James Square has gout"
EARLIER = "Ada Byron, earl's daughter, has the gout"
NAME = "patient-ada@example.org"
SAID = "This is about Ada Byron, I know her"


def columns() -> Iterator[tuple[str, str]]:
    """Yield every column of every table of ours, Django's own included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
        yield from cursor.fetchall()


def found_in_database(*needles: str) -> list[str]:
    """Return the columns in which a needle stands, as text, as JSON or as bytes."""
    found = []
    with connection.cursor() as cursor:
        for table, column in columns():
            for needle in needles:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE strpos("{column}"::text, %s) > 0'
                    f' OR strpos("{column}"::text, %s) > 0',
                    [needle, needle.encode().hex()],
                )
                found += [f"{table}.{column}: {needle}"] * cursor.fetchone()[0]
    return found


def found_in_files(*needles: str) -> list[str]:
    return [
        f"{path}: {needle}"
        for path in Path(settings.ARBITER_HOME).rglob("*")
        if path.is_file()
        for needle in needles
        if needle.encode() in path.read_bytes()
    ]


def digest(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(sha256(convert_to(%s, 'UTF8')), 'hex')", [text])
        return str(cursor.fetchone()[0])


def erased(cast: Cast, subject: Query | Passage, **how: bool) -> None:
    erasure = erasure_create(subject=subject, by=cast.manager, reason="She asked for it.", **how)
    erasure_run(erasure_id=erasure.pk)
    erasure.refresh_from_db()
    assert erasure.status == ErasureStatus.DONE, erasure.error


def test_a_passage_goes_with_all_its_wordings_and_the_digests_can_be_verified(
    cast: Cast, tmp_path: Path
) -> None:
    project = cast.project
    project.sample_texts = True
    project.save()
    label_project(project)
    queries = list(project.queries.order_by("pk"))
    passage = make_passage(project, EARLIER, NAME, title="Ada Byron's file")
    twin = make_passage(project, "Something else", "twin")
    for query in queries[:18]:
        make_label(make_candidate(query, passage), grade=1)
    make_label(make_candidate(queries[0], twin), grade=0)
    before = frozen_snapshot(project)
    passage_edit(passage=passage, by=cast.manager, revision=1, text=TOLD)
    passage_edit(passage=twin, by=cast.manager, revision=1, text=TOLD)
    passage_edit(passage=twin, by=cast.manager, revision=2, text="Something new")
    for candidate in Candidate.objects.filter(passage=passage):
        make_label(candidate, grade=1, source="again")
    answer = make_judgment(Candidate.objects.filter(passage=passage)[0], cast.annotator, 1)
    with connection.cursor() as cursor:  # as it was answered; a judgment is never rewritten
        cursor.execute("ALTER TABLE annotate_judgment DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE annotate_judgment SET comment = %s, evidence = '[[0, 3]]' WHERE id = %s",
            [SAID, answer.pk],
        )
        cursor.execute("ALTER TABLE annotate_judgment ENABLE TRIGGER USER")
    errors = [{"line": 1, "field": "passage_id", "message": f"“{NAME}” is odd", "member": None}]
    Import.objects.create(project=project, name="f", source_name="s", errors=errors)
    job = make_job(cast, tiny_base(tmp_path), reranker="finder")
    done = run_job(job)
    job.refresh_from_db()
    assert job.status == "succeeded", (job.error, done.stderr)
    version = Version.objects.get(job=job.pk)
    after = Snapshot.objects.get(pk=job.parts[0].pk)
    needles = (TOLD, EARLIER, NAME, SAID, "Ada Byron", digest(TOLD), digest(EARLIER))
    assert len(found_in_database(*needles)) > 8
    assert len(found_in_files("Ada Byron")) > 2
    digests = {before.digest, after.digest}

    erased(cast, passage)

    assert found_in_database(*needles) == []
    kept = {file.sha256 for file in version.artifacts.all()}
    assert [
        path for path in found_in_files(*needles) if Path(path.split(":")[0]).name not in kept
    ] == []
    for snapshot in (before, after):
        snapshot.refresh_from_db()
        found = snapshot_verify(snapshot)
        assert (found.state, found.redacted) == ("redacted", snapshot.redacted), found.problems
        assert snapshot.redacted >= 18
        assert f"{snapshot.redacted} of {snapshot.pairs} records redacted" in found.sentence
    assert {before.digest, after.digest} == digests
    assert not [check for check in version_check(version) if check.problem]
    out = StringIO()
    call_command("verify_snapshots", stdout=out)
    assert out.getvalue().count(": redacted. Verified, ") == 2

    [erasure] = project.erasures.all()
    [touched] = erasure_versions(erasure)
    assert (touched.version, touched.records) == (version, after.redacted)
    assert version_redacted(version) == after.redacted
    assert erasure.counts["versions"] == 1
    assert erasure.leftovers == []
    assert queries_seen(version, project, None)[1] == [str(version)]
    version.refresh_from_db()
    quotes = "Ada Byron" in "".join(
        path.read_text("utf-8", "ignore")
        for path in Path(settings.ARBITER_HOME).rglob("*")
        if path.is_file() and path.name in kept
    )
    assert touched.quoted is quotes

    row = Judgment.objects.get(pk=answer.pk)
    assert (row.comment, row.evidence, row.current) == ("", [], False)
    twin.refresh_from_db()
    assert twin.text.text == "Something new"
    assert list(twin.revisions.values_list("number", flat=True)) == [1]
    with pytest.raises(ValidationError, match=r"were erased\. Freeze a new one"):
        job_create(
            project=project, created_by=cast.manager, snapshot=after, base_model="x", recipe={}
        )
    fresh = frozen_snapshot(project)
    assert snapshot_verify(fresh).state == "whole"
    assert fresh.redacted == 0


def test_a_query_goes_and_its_scores_keep_no_name_of_it(cast: Cast, tmp_path: Path) -> None:
    project = cast.project
    label_project(project)
    query = make_query(project, EARLIER)
    for row in range(6):
        make_label(make_candidate(query, make_passage(project, f"leeches {row}")), row % 2)
    query_edit(query=query, by=cast.manager, revision=1, text=TOLD, reason=f"was {EARLIER}")
    for candidate in query.candidates.all():
        make_label(candidate, 1 - candidate.pk % 2, source="again")
    snapshot = frozen_snapshot(project)
    name = f"sha256:{digest(TOLD)}"
    job = make_job(cast, "x", snapshot=snapshot)
    JobQueryScore.objects.create(job=job, split="dev", system="bm25", query_id=name, values={})
    position = query.candidates.values_list("position", flat=True)

    erased(cast, query)

    needles = (TOLD, EARLIER, digest(TOLD), digest(EARLIER))
    assert found_in_database(*needles) == []
    assert found_in_files(*needles) == []
    snapshot.refresh_from_db()
    assert snapshot.redacted == 6
    assert snapshot_verify(snapshot).state == "redacted"
    assert JobQueryScore.objects.get().query_id.startswith("erased:")
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert len(set(position)) == 6
    query.refresh_from_db()
    assert (query.text, query.metadata) == ("(erased)", {})


def test_it_does_not_come_back_by_an_import_until_the_erasure_is_lifted(
    cast: Cast, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "a.jsonl",
        pair("how to sort", TOLD, 1, passage_id=NAME),
        pair("how to sort", "sorted()", 0, passage_id="p"),
        pair("how to read", TOLD, 0),
    )
    take(cast.project, path)
    erased(cast, cast.project.passages.get(external_id=NAME))
    done = take(cast.project, path)
    assert done.created == {"erased_earlier": 2}
    assert found_in_database(TOLD, NAME) == []
    with pytest.raises(ValidationError, match="was erased here"):
        passage_add(project=cast.project, by=None, text=TOLD)
    with pytest.raises(ValidationError, match="was erased here"):
        passage_add(project=cast.project, by=None, text="other", external_id=NAME)
    erasure_lift(erasure=cast.project.erasures.get(), by=cast.manager)
    assert take(cast.project, path).created["passages"] == 2


def test_the_database_lets_texts_go_by_an_erasure_only(cast: Cast) -> None:
    query = make_query(cast.project, TOLD, "q")
    sql = [
        """UPDATE annotate_query SET text='(erased)', digest=sha256('(erased)'), metadata='{}',
        external_id='erased:1', revision=2, withdrawn_at=now(), erased_at=now()""",
        "UPDATE annotate_query SET external_id='erased:1'",
        f"SELECT accounts_erase({cast.project.pk}, 1)",
    ]
    for statement in sql:
        with (
            pytest.raises(Exception, match=r"erased|stays|no record|erases"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    erased(cast, query)
    with pytest.raises(Exception, match="stays so"), transaction.atomic():
        Query.objects.filter(pk=query.pk).update(metadata={"a": 1})
    with pytest.raises(Exception, match="done and stays"), transaction.atomic():
        cast.project.erasures.update(counts={})
    with pytest.raises(Exception, match="never deleted alone"), transaction.atomic():
        cast.project.erasures.all().delete()
