"""What a job finds relevant though nobody judged it is listed, offered once, and followed up."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.models import Candidate, Judgment, Proposal, Run
from annotate.services.erasing import erasure_create
from annotate.services.withdrawing import candidates_withdraw
from tests.annotate.judging import decide
from tests.factory import PASSWORD, Cast, bearer, make_candidate, make_judgment, make_passage
from tests.training.likely import candidate_of, mined_job
from training.models import LikelyPair, TrainingJob
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)
OTHERS = [("", 302, 401), ("outsider", 404, 404), ("viewer", 403, 403), ("annotator", 403, 403)]


def page_of(job: TrainingJob) -> str:
    return f"/projects/library/jobs/{job.pk}/"


def api_of(job: TrainingJob) -> str:
    return f"/api/v1/training-jobs/{job.pk}/"


def open_to_all(cast: Cast) -> None:
    cast.project.blind = False
    cast.project.save()


def offer(client: Client, cast: Cast, job: TrainingJob) -> Any:
    return client.post(f"{api_of(job)}likely/offer/", **bearer(cast.manager))


def test_from_the_jobs_page_to_the_queue_and_back(client: Client, cast: Cast) -> None:
    job = mined_job(cast, 5)
    client.login(username=cast.manager.username, password=PASSWORD)
    shown = client.get(page_of(job)).content.decode()
    assert "5 passages that nobody judged look relevant" in shown
    assert "Offer 5 to be judged" in shown
    assert [shown.index(f"answer {n}") for n in range(5)] == sorted(
        shown.index(f"answer {n}") for n in range(5)
    )
    assert "Learned as a negative" in shown
    answer = client.post(f"{page_of(job)}likely/offer/", follow=True)
    assert "5 passages are offered to be judged, 5 of them new." in answer.content.decode()
    assert "likely/offer/" not in answer.content.decode()
    run = Run.objects.get(project=cast.project, name=f"likely-{job.short_id}")
    _, reranker = job.parts
    assert run.version == reranker.versions.get().revision
    rows = Proposal.objects.filter(run=run).order_by("-score")
    assert [(row.rank, round(row.score or 0, 3)) for row in rows] == [
        (1, 0.99), (2, 0.989), (1, 0.988), (2, 0.987), (1, 0.986),
    ]  # fmt: skip
    candidates = Candidate.objects.filter(project=cast.project)
    assert candidates.count() == 5
    assert not Judgment.objects.exists()  # a machine's score fills no slot
    assert all(candidate.wanted for candidate in candidates)

    make_judgment(candidate_of(cast, 0), cast.annotator, grade=1)
    make_judgment(candidate_of(cast, 1), cast.annotator, grade=0)
    make_judgment(candidate_of(cast, 2), cast.annotator, grade=0)
    decide(cast.project, cast.reviewer, candidate_of(cast, 2), 1)
    said = client.get(page_of(job)).content.decode()
    assert "Of 5 offered, 3 are judged and 2 of these are relevant." in said
    found = client.get(api_of(job), **bearer(cast.viewer)).json()["likely"]
    assert found == {"found": 5, "offered": 5, "judged": 3, "relevant": 2}


def test_offering_twice_adds_nothing_and_what_is_gone_is_refused(
    client: Client, cast: Cast
) -> None:
    job = mined_job(cast, 4)
    first, second, third, _ = LikelyPair.objects.order_by("-score")
    twin = make_candidate(first.query, first.passage)
    make_judgment(twin, cast.annotator, grade=1)  # it became a candidate, and was judged, since
    erasure = erasure_create(subject=second.passage, by=cast.owner, reason="Asked for.")
    erasure_run(erasure_id=erasure.pk)
    listed = client.get(f"{api_of(job)}likely/", **bearer(cast.manager)).json()["results"]
    assert [row["text"] for row in listed] == ["answer 0", "answer 2", "answer 3"]
    assert listed[0]["passage_id"].startswith("sha256:")
    assert (listed[1]["query_id"], listed[1]["why"]) == ("m1", "negative")
    assert offer(client, cast, job).json() == {"pairs": 3, "candidates": 2, "refused": 1}
    before = list(Proposal.objects.order_by("pk").values())
    assert offer(client, cast, job).json() == {"pairs": 0, "candidates": 0, "refused": 0}
    assert list(Proposal.objects.order_by("pk").values()) == before
    assert Candidate.objects.filter(project=cast.project).count() == 3
    candidates_withdraw(
        candidates=[candidate_of(cast, 2).pk], project=cast.project, by=cast.manager, reason="Off."
    )
    assert client.get(api_of(job), **bearer(cast.viewer)).json()["likely"]["judged"] == 1
    third.refresh_from_db()
    assert third.offered_by == cast.manager


def test_a_pair_is_kept_as_it_was_found(cast: Cast) -> None:
    job = mined_job(cast, 2)
    row = LikelyPair.objects.all()[0]
    for change in ({"score": 0.1}, {"why": "alike" if row.why != "alike" else "close"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LikelyPair.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        LikelyPair.objects.create(
            job=job, query=row.query, passage=make_passage(cast.project, "x"), score=0.5,
            why="close",
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        LikelyPair.objects.filter(pk=row.pk).delete()


def test_whoever_judges_blind_sees_how_many_and_not_which(client: Client, cast: Cast) -> None:
    job = mined_job(cast, 2)
    open_to_all(cast)
    client.login(username=cast.annotator.username, password=PASSWORD)
    pages = (page_of(job), f"{page_of(job)}likely/")
    for path in pages:
        assert "answer 0" in client.get(path).content.decode()
    cast.project.blind = True
    cast.project.save()
    for path in pages:
        blind = client.get(path).content.decode()
        assert "answer 0" not in blind
        assert "0.990" not in blind
        assert "judged blind" in blind
    listed = f"{api_of(job)}likely/"
    assert client.get(listed, **bearer(cast.annotator)).status_code == 403
    assert client.get(listed, **bearer(cast.reviewer)).status_code == 200


@pytest.mark.parametrize(("who", "page", "api"), OTHERS)
def test_only_managers_offer_and_only_members_see(
    client: Client, cast: Cast, who: str, page: int, api: int
) -> None:
    job = mined_job(cast, 2)
    open_to_all(cast)
    headers = bearer(getattr(cast, who)) if who else {}
    if who:
        client.login(username=getattr(cast, who).username, password=PASSWORD)
    sees = 200 if page == 403 else page
    assert client.get(f"{page_of(job)}likely/").status_code == sees
    assert client.post(f"{page_of(job)}likely/offer/").status_code == page
    client.logout()
    assert client.post(f"{api_of(job)}likely/offer/", **headers).status_code == api
    listed = client.get(f"{api_of(job)}likely/", **headers).status_code
    assert listed == (200 if api == 403 else api)
    assert not Run.objects.exists()


def test_the_wrong_method_and_a_job_that_found_nothing(client: Client, cast: Cast) -> None:
    job = mined_job(cast, 0)
    client.login(username=cast.manager.username, password=PASSWORD)
    assert client.get(f"{page_of(job)}likely/offer/").status_code == 405
    assert client.post(f"{page_of(job)}likely/").status_code == 405
    assert client.get(f"{api_of(job)}likely/offer/", **bearer(cast.manager)).status_code == 405
    assert client.post(f"{api_of(job)}likely/", **bearer(cast.manager)).status_code == 405
    assert offer(client, cast, job).status_code == 409
    assert "nobody judged it" in client.get(f"{page_of(job)}likely/").content.decode()
    refused = client.post(f"{page_of(job)}likely/offer/", follow=True).content.decode()
    assert "has found no passage that could be offered" in refused
    assert "nobody judged look" not in refused


def test_pages_make_as_many_queries_for_many_pairs_as_for_few(client: Client, cast: Cast) -> None:
    counts = []
    for pairs in (3, 12):
        job = mined_job(cast, pairs)
        offer(client, cast, job)
        client.login(username=cast.manager.username, password=PASSWORD)
        found = []
        for path in (page_of(job), f"{page_of(job)}likely/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            found.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{api_of(job)}likely/", **bearer(cast.manager))
        counts.append([*found, len(queries)])
    assert counts[0] == counts[1]
