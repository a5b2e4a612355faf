"""A text that is a query here and a passage there is erased as both, and said to be beforehand."""

from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from annotate.models import Change, Deed, ErasureStatus, Passage, Query, Text, Thing
from annotate.selectors.erasures import erasure_preview
from annotate.services.corpus import passage_add, passage_edit, query_add, query_edit
from annotate.services.erasing import erasure_create, erasure_lift
from annotate.verifying import snapshot_verify
from tests.annotate.import_files import pair, take, write
from tests.factory import Cast, bearer, make_candidate, make_label, make_passage, make_query
from tests.training.jobs import frozen_snapshot, label_project, make_job
from tests.training.test_an_erased_text_is_nowhere import (
    digest,
    erased,
    found_in_database,
    found_in_files,
)
from training.models import JobQueryScore
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)
TOLD = "How do I reset my bank password now"
EARLIER = "How do I get at my bank account again"
ALIKE = "how do i  reset my Bank password now "


def counts_of(cast: Cast) -> dict[str, int]:
    counts: dict[str, int] = cast.project.erasures.latest("pk").counts
    return counts


@pytest.mark.parametrize("thing", [Thing.QUERY, Thing.PASSAGE])
def test_it_goes_from_rows_snapshots_scores_and_the_log(cast: Cast, thing: Thing) -> None:
    project = cast.project
    label_project(project)
    some = project.queries.order_by("pk")[0]
    query = make_query(project, EARLIER)
    query_edit(query=query, by=None, revision=1, text=TOLD)
    passage = make_passage(project, EARLIER, "d2")
    passage_edit(passage=passage, by=None, revision=1, text=TOLD)
    titled = make_passage(project, "Ask the bank, with a paper", "d3", title=TOLD)
    make_label(make_candidate(query, make_passage(project, "Can I reset the pin")), grade=1)
    for each in (passage, titled):
        make_label(make_candidate(some, each), grade=1)
    snapshot = frozen_snapshot(project)
    job = make_job(cast, "x", snapshot=snapshot)
    name = f"sha256:{digest(TOLD)}"
    JobQueryScore.objects.create(job=job, split="dev", system="bm25", query_id=name, values={})
    needles = (TOLD, EARLIER, "with a paper", digest(TOLD), digest(EARLIER))

    subject: Query | Passage = query if thing is Thing.QUERY else passage
    preview = erasure_preview(subject)
    assert preview.other_queries == ([] if thing is Thing.QUERY else [query])
    assert {each.pk for each in preview.other_passages} == {passage.pk, titled.pk} - (
        {passage.pk} if thing is Thing.PASSAGE else set()
    )
    assert (preview.candidates, preview.judgments, preview.snapshots) == (3, 3, [snapshot])

    erased(cast, subject)

    assert found_in_database(*needles) == []
    assert found_in_files(*needles) == []
    counts = counts_of(cast)
    assert (counts["queries"], counts["passages"], counts["candidates"]) == (1, 2, 3)
    assert (counts["judgments"], counts["records"], counts["revisions"]) == (3, 3, 2)
    snapshot.refresh_from_db()
    assert (snapshot_verify(snapshot).state, snapshot.redacted) == ("redacted", 3)
    assert JobQueryScore.objects.get().query_id.startswith("erased:")
    logged = Change.objects.filter(deed=Deed.ERASE).values_list("thing", "things")
    assert {kind: set(things) for kind, things in logged} == {
        "query": {query.pk}, "passage": {passage.pk, titled.pk},
    }  # fmt: skip
    assert not project.passages.filter(external_id__in=["d2", "d3"]).exists()


def test_earlier_wordings_of_others_go_and_these_stay(cast: Cast) -> None:
    query = make_query(cast.project, TOLD)
    passage = make_passage(cast.project, TOLD, "d2")
    passage_edit(passage=passage, by=None, revision=1, text="Something else")
    titled = make_passage(cast.project, "A paper", "d3", title=TOLD)
    passage_edit(passage=titled, by=None, revision=1, title="Another title")
    preview = erasure_preview(query)
    assert (preview.other_passages, preview.quoting) == ([], 2)
    erased(cast, query)
    assert found_in_database(TOLD) == []
    assert cast.project.passages.filter(erased_at=None).count() == 2
    assert Text.objects.filter(text="A paper").exists()


def test_a_title_of_one_word_is_nobodys(cast: Cast) -> None:
    query = make_query(cast.project, "Aspirin")
    passage = make_passage(cast.project, "It thins the blood.", "d1", title="Aspirin")
    assert erasure_preview(query).other_passages == []
    erased(cast, query)
    passage.refresh_from_db()
    assert (passage.erased_at, passage.title) == (None, "Aspirin")
    assert passage_add(project=cast.project, by=None, text="A pill", title="Aspirin").pk


def test_the_page_and_the_api_say_so_beforehand_and_afterwards(client: Client, cast: Cast) -> None:
    query = make_query(cast.project, TOLD, "q1")
    passage = make_passage(cast.project, TOLD, "d2")
    client.force_login(cast.manager)
    asked = client.get(reverse("annotate:query-erase", args=[cast.project.slug, query.pk]))
    assert "1 passage with the same text" in asked.content.decode()
    assert ">d2</a>" in asked.content.decode()
    asked = client.get(reverse("annotate:passage-erase", args=[cast.project.slug, passage.pk]))
    assert "1 query with the same text" in asked.content.decode()
    path = f"/api/v1/projects/{cast.project.slug}"
    head = bearer(cast.manager)
    said = client.get(f"{path}/queries/{query.pk}/erase/", **head).json()
    assert (said["other_queries"], said["other_passages"]) == ([], [str(passage.pk)])
    erased(cast, query)
    [done] = client.get(f"{path}/erasures/", **head).json()["results"]
    assert (done["counts"]["queries"], done["counts"]["passages"]) == (1, 1)
    shown = client.get(
        reverse("annotate:erasure-detail", args=[cast.project.slug, done["id"]])
    ).content.decode()
    assert "<dt>Queries</dt><dd>1</dd>" in shown
    assert "<dt>Passages</dt><dd>1 " in shown


def test_what_another_erasure_took_first_is_done_with_nothing_left(cast: Cast) -> None:
    first = erasure_create(subject=make_query(cast.project, TOLD), by=None, reason="Asked for.")
    passage = make_passage(cast.project, TOLD, "d2")
    second = erasure_create(subject=passage, by=None, reason="Asked for.")
    make_passage(cast.project, "It stays", "d3", title="(erased)")
    for erasure in (first, second):
        erasure_run(erasure_id=erasure.pk)
        erasure.refresh_from_db()
        assert erasure.status == ErasureStatus.DONE, erasure.error
    assert (first.counts["passages"], second.counts["passages"]) == (1, 0)
    assert cast.project.passages.filter(erased_at=None).count() == 1


def test_no_import_brings_it_back_in_another_case_or_as_the_other(
    cast: Cast, tmp_path: Path
) -> None:
    project = cast.project
    erased(cast, make_query(project, TOLD, "q1"))
    path = write(
        tmp_path / "a.jsonl",
        pair(ALIKE, "x y z", 1, query_id="q9", passage_id="d3"),
        pair("Another question", ALIKE, 1, query_id="q2", passage_id="d4"),
        pair("Another question", "A paper", 1, query_id="q2", passage_id="d5", title=ALIKE),
        pair("Another question", "It stays", 1, query_id="q2", passage_id="d6"),
    )
    done = take(project, path)
    assert done.created["erased_earlier"] == 3
    assert found_in_database(TOLD, ALIKE) == []
    assert {*project.passages.filter(erased_at=None).values_list("external_id", flat=True)} == {
        "d3", "d6",
    }  # fmt: skip
    for field, add in (
        ("text", lambda: query_add(project=project, by=None, text=ALIKE)),
        ("text", lambda: passage_add(project=project, by=None, text=ALIKE)),
        ("title", lambda: passage_add(project=project, by=None, text="A paper", title=ALIKE)),
    ):
        with pytest.raises(ValidationError, match="was erased here") as refused:
            add()
        assert list(refused.value.message_dict) == [field]
    named = pair("Another question", "", 1, query_id="q2", passage_id=f"sha256:{digest(TOLD)}")
    del named["passage"]
    assert take(project, write(tmp_path / "b.jsonl", named)).created == {"erased_earlier": 1}
    erasure_lift(erasure=project.erasures.get(), by=cast.manager)
    assert take(project, path).created["passages"] == 2


def test_what_only_reads_like_it_stays_and_is_imported_and_edited_as_ever(
    cast: Cast, tmp_path: Path
) -> None:
    project = cast.project
    query = make_query(project, ALIKE, "q2")
    passage = make_passage(project, ALIKE, "d2")
    erased(cast, make_query(project, TOLD, "q1"))
    again = pair(ALIKE, ALIKE, 1, query_id="q2", passage_id="d2")
    assert take(project, write(tmp_path / "a.jsonl", again)).created == {
        "candidates": 1, "judgments": 1,
    }  # fmt: skip
    assert passage_edit(passage=passage, by=None, revision=1, title="A title").revision == 2
    with pytest.raises(ValidationError, match="was erased here"):
        query_edit(query=query, by=None, revision=1, text=TOLD)


def test_of_two_erasures_of_one_text_each_keeps_its_own_memory(cast: Cast) -> None:
    query = make_query(cast.project, TOLD, "q1")
    alike = make_query(cast.project, ALIKE, "q2")
    erased(cast, query)
    erased(cast, alike)
    for erasure in cast.project.erasures.all():
        with pytest.raises(ValidationError, match="was erased here"):
            query_add(project=cast.project, by=None, text=TOLD)
        erasure_lift(erasure=erasure, by=cast.manager)
    assert query_add(project=cast.project, by=None, text=TOLD).text == TOLD
