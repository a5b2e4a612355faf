"""Doubts of a label check are sent to reviewers, who decide without the model's score."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client, override_settings

from annotate.models import Candidate, Dispute, Referral
from annotate.services.referring import candidates_refer
from annotate.services.withdrawing import candidates_withdraw
from tests.annotate.judging import decide
from tests.factory import PASSWORD, Cast, bearer, make_judgment, make_queue
from tests.training.jobs import frozen_snapshot, label_project, run_job, tiny_base
from training.models import TrainingJob

API = "/api/v1/training-jobs/"
RECIPE = {"folds": 2, "max_steps": 2, "max_length": 64, "bf16": False, "most": 12}


@pytest.mark.django_db(transaction=True)
def test_from_the_check_to_its_precision(client: Client, cast: Cast, tmp_path: Path) -> None:
    label_project(cast.project, queries=12)
    for row in Candidate.objects.order_by("pk")[:6]:
        make_judgment(row, cast.annotator, grade=1)
    snapshot = frozen_snapshot(cast.project, splits={"train": 0.5, "dev": 0.25, "test": 0.25})
    body = {"project": "library", "kind": "doubt", "snapshot": str(snapshot.pk),
            "base_model": tiny_base(tmp_path), "recipe": RECIPE}  # fmt: skip
    with override_settings(BASE_MODEL_FOLDERS=[str(tmp_path)]):
        asked = client.post(API, body, content_type="application/json", **bearer(cast.manager))
    assert asked.status_code == 201, asked.json()
    job = TrainingJob.objects.get()
    done = run_job(job, BASE_MODEL_FOLDERS=str(tmp_path))
    job.refresh_from_db()
    assert (done.returncode, job.status) == (0, "succeeded"), job.error + job.traceback

    outcome = client.get(f"{API}{job.pk}/", **bearer(cast.viewer)).json()["outcome"]
    assert (outcome["pairs"], outcome["queries"], outcome["kept"]) == (54, 9, 12)
    rows = client.get(f"{API}{job.pk}/doubts/", **bearer(cast.manager)).json()["results"]
    assert [row["place"] for row in rows] == list(range(1, 13))
    assert {row["split"] for row in rows} <= {"train", "dev"}
    assert all(row["strength"] >= later["strength"] for row, later in pairwise(rows))

    client.login(username=cast.manager.username, password=PASSWORD)
    page = f"/projects/library/jobs/{job.pk}/"
    assert "54 labels of 9 queries were checked" in client.get(page).content.decode()
    listed = client.get(f"{page}doubts/").content.decode()
    assert rows[0]["query_text"] in listed
    assert cast.annotator.display_name not in listed
    ticked = {"doubt": [rows[0]["id"], rows[1]["id"]]}
    assert client.post(f"{page}doubts/send/", ticked).status_code == 302
    send = f"{API}{job.pk}/doubts/send/"
    again = client.post(
        send, {"doubts": [int(rows[0]["id"]), int(rows[2]["id"])]},
        content_type="application/json", **bearer(cast.manager),
    )  # fmt: skip
    assert again.json() == {"sent": 1, "before": 1, "decided": 0, "gone": 0}
    assert Dispute.objects.filter(referred=True, settled=False).count() == 3

    # A reviewer sees that a model disagrees, and not what it thinks.
    client.login(username=cast.reviewer.username, password=PASSWORD)
    waiting = client.get("/projects/library/adjudications/?show=referred").content.decode()
    assert waiting.count("A model disagrees") == 3
    one = Candidate.objects.get(pk=rows[0]["candidate"])
    case = client.get(f"/projects/library/adjudications/{one.pk}/").content.decode()
    assert "A model that had not seen this label disagrees" in case
    assert f"{rows[0]['score']:.3f}"[:5] not in case
    other = 1 - int(rows[0]["grade"])
    decide(cast.project, cast.reviewer, one, other)
    same = Candidate.objects.get(pk=rows[1]["candidate"])
    decide(cast.project, cast.reviewer, same, int(rows[1]["grade"]))

    told = client.get(f"{API}{job.pk}/doubts/precision/", **bearer(cast.viewer)).json()
    assert (told["sent"], told["decided"], told["changed"]["value"]) == (3, 2, 0.5)
    assert told["changed"]["low"] < 0.5 < told["changed"]["high"]
    shown = client.get(page).content.decode()
    assert "3 sent to the reviewers, 2 of them decided: 1 got another grade" in shown
    # The check does not ask a second time for what was decided.
    assert candidates_refer(project=cast.project, by=None, candidates=[one.pk]).decided == [one.pk]

    doubts = f"{page}doubts/"
    for who, status in ((cast.outsider, 404), (cast.viewer, 403), (cast.reviewer, 403)):
        client.login(username=who.username, password=PASSWORD)
        assert client.get(doubts).status_code == status
        assert client.post(f"{doubts}send/", ticked).status_code == status
        assert client.get(f"{API}{job.pk}/doubts/", **bearer(who)).status_code == status
        sent = client.post(send, {"first": 1}, content_type="application/json", **bearer(who))
        assert sent.status_code == status
    client.login(username=cast.manager.username, password=PASSWORD)
    assert client.post(doubts).status_code == 405
    assert client.get(f"{doubts}send/").status_code == 405
    client.logout()
    assert client.get(doubts).status_code == 302
    assert client.get(f"{API}{job.pk}/doubts/").status_code == 401


@pytest.mark.django_db
def test_a_referral_is_kept_once_and_imported_labels_are_decided_too(cast: Cast) -> None:
    rows = make_queue(cast.project, queries=2, passages=2)
    make_judgment(rows[0], cast.annotator, grade=1)
    candidates_withdraw(
        project=cast.project, by=cast.manager, reason="Off topic.", candidates=[rows[3].pk]
    )
    keys = [row.pk for row in rows]
    first = candidates_refer(project=cast.project, by=cast.manager, candidates=keys)
    assert (first.sent, first.gone) == (keys[:3], keys[3:])
    assert candidates_refer(project=cast.project, by=cast.owner, candidates=keys).before == keys[:3]
    judged, bare = Dispute.objects.get(pk=keys[0]), Dispute.objects.get(pk=keys[1])
    assert (judged.judges, bare.judges) == (1, 0)
    assert (judged.referred, bare.referred, bare.differs) == (True, True, False)
    assert bare.importance > 0
    decide(cast.project, cast.reviewer, rows[1], 0)
    assert Dispute.objects.get(pk=keys[1]).settled
    with pytest.raises(IntegrityError, match="never deleted alone"), transaction.atomic():
        Referral.objects.get(pk=keys[0]).delete()


@pytest.mark.django_db
def test_doubts_are_sent_of_a_finished_check_alone(client: Client, cast: Cast) -> None:
    from tests.training.jobs import running_job

    job = running_job(cast.project)
    send: Any = {"content_type": "application/json", **bearer(cast.manager)}
    path = f"{API}{job.pk}/doubts/send/"
    assert client.post(path, {"first": 1}, **send).status_code == 409
    assert client.post(path, {}, **send).status_code == 400
    assert client.post(path, {"first": 1, "doubts": [1]}, **send).status_code == 400
