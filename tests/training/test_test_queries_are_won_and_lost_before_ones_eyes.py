"""Wins, ties and losses by query, both rankings side by side: for members, the erased left out."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.blobs import blob_open
from annotate.models import Passage, Query, Snapshot
from annotate.services.erasing import erasure_create
from models_app.models import Version
from models_app.services.rerankers import reranker_ensure
from tests.factory import PASSWORD, Cast
from tests.models_app.published import make_public, publish
from tests.training.jobs import frozen_snapshot, label_project
from training.models import JobQueryScore, TrainingJob
from training.services.claims import job_claim
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/library/finder/versions/1/queries/"


def queries_of(snapshot: Snapshot) -> list[str]:
    with blob_open(snapshot.files["test.jsonl"]["sha256"]) as lines:
        return list(dict.fromkeys(json.loads(line)["query_id"] for line in lines))


@pytest.fixture
def version(cast: Cast, tmp_path: Path) -> Version:
    """It wins on the first test query, ties on the second and loses on all others."""
    label_project(cast.project)
    snapshot = frozen_snapshot(cast.project)
    job = TrainingJob.objects.create(
        id=uuid4(), project=cast.project, snapshot=snapshot, base_model="base",
        reranker=reranker_ensure(project=cast.project, name="finder", created_by=None),
    )  # fmt: skip
    assert job_claim(job_id=job.pk, worker="host:1")
    for row, name in enumerate(queries_of(snapshot)):
        for system, value in (("model", (0.9, 0.5, 0.1)[min(row, 2)]), ("base", 0.5)):
            top = [[f"{name}p{place}", 1.0 - place / 10] for place in range(6)]
            JobQueryScore.objects.create(
                job=job, split="test", system=system, query_id=name,
                values={"nDCG@10": value, "MRR@10": value},
                top=top if system == "model" else top[::-1],
            )  # fmt: skip
    return publish(cast.project, tmp_path / "m", job=job.pk, snapshot_digest=snapshot.digest)


def shown(client: Client, cast: Cast, path: str = PAGE) -> str:
    client.login(username=cast.viewer.username, password=PASSWORD)
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def names_of(version: Version) -> list[str]:
    assert version.job is not None
    return queries_of(TrainingJob.objects.get(pk=version.job).parts[0])


def test_the_list_counts_and_orders(client: Client, cast: Cast, version: Version) -> None:
    n = len(names_of(version))
    page = shown(client, cast)
    lost = n - 2
    assert (
        f"1 win, 1 tie and {lost} loss{'es' if lost != 1 else ''} against the untouched base"
        in page
    )
    outcomes = re.findall(r"\b(win|tie|loss) 0\.\d", page)
    assert outcomes == ["loss"] * lost + ["tie", "win"]
    gains = re.findall(r"\b(win|tie|loss) 0\.\d", shown(client, cast, f"{PAGE}?order=gains"))
    assert gains == ["win", "tie"] + ["loss"] * lost
    first = Query.objects.get(external_id=names_of(version)[0]).text
    assert f"{first} win 0.900 0.500 +0.400" in page


def test_one_query_has_both_rankings_with_grades(
    client: Client, cast: Cast, version: Version
) -> None:
    name = names_of(version)[0]
    page = shown(client, cast, f"{PAGE}?against=base&query={name}")
    query = Query.objects.get(external_id=name)
    assert query.text in page
    assert "2 of 6 judged passages are relevant" in page
    own, other = page.split("Untouched base nDCG@10 0.500")
    for place, row in ((1, 0), (6, 5)):
        text = Passage.objects.get(external_id=f"{name}p{row}").text.text
        assert re.search(
            rf"\b{place} grade [01](, relevant)? place {7 - place} there .*{text}", own
        )
        assert text in other
    assert own.count("relevant place") + own.count("relevant the same") == 2


def test_what_was_erased_is_shown_as_erased(client: Client, cast: Cast, version: Version) -> None:
    name, other = names_of(version)[:2]
    passage = Passage.objects.get(external_id=f"{name}p0")
    text = passage.text.text
    query = Query.objects.get(external_id=other)
    for subject in (passage, query):
        erasure = erasure_create(subject=subject, by=cast.manager, reason="She asked for it.")
        erasure_run(erasure_id=erasure.pk)
    page = shown(client, cast, f"{PAGE}?against=base&query={name}")
    assert text not in page
    assert page.count("1 erased") == 1
    assert "(erased)" in page
    assert not JobQueryScore.objects.filter(top__contains=[[f"{name}p0"]]).exists()
    listed = shown(client, cast)
    assert query.text not in listed
    assert "(erased) tie" in listed


def test_rankings_are_rewritten_by_an_erasure_only(cast: Cast, version: Version) -> None:
    row = JobQueryScore.objects.filter(system="model").earliest("pk")
    changes: list[dict[str, Any]] = [{"top": []}, {"top": [["erased:1", 0.5]]}, {"values": {}}]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            JobQueryScore.objects.filter(pk=row.pk).update(**change)


def test_only_members_see_queries_even_of_a_public_reranker(
    client: Client, cast: Cast, version: Version
) -> None:
    make_public(version.reranker)
    anonymous = client.get(PAGE)
    assert anonymous.status_code == 302
    assert "/login/" in anonymous["Location"]
    client.login(username=cast.outsider.username, password=PASSWORD)
    assert client.get(PAGE).status_code == 404
    assert client.get("/library/finder/versions/1/").status_code == 200
    assert "/versions/1/queries/" not in client.get("/library/finder/versions/1/").content.decode()
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert f'href="{PAGE}"' in client.get("/library/finder/versions/1/").content.decode()
    assert client.post(PAGE).status_code == 405
    for missing in ("?against=other", "?order=up", "?against=base&query=none", "?against=bm25"):
        assert client.get(f"{PAGE}{missing}").status_code == 404, missing


def test_a_version_without_scores_by_query_has_no_such_page(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    publish(cast.project, tmp_path / "m")
    client.login(username=cast.viewer.username, password=PASSWORD)
    assert client.get(PAGE).status_code == 404
    assert client.get("/library/finder/versions/9/queries/").status_code == 404
