"""What people preferred goes into a snapshot: counted, resolved, split by query, and erasable."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.blobs import blob_open
from annotate.models import Candidate, Preference, Snapshot
from annotate.services.erasing import erasure_create
from annotate.services.withdrawing import candidates_withdraw
from annotate.verifying import snapshot_verify
from tests.annotate.pairing import compare, offered, prefer, skip, tie, withdraw
from tests.annotate.test_snapshots_freeze import fill, frozen
from tests.factory import (
    PASSWORD,
    Cast,
    bearer,
    make_annotator,
    make_candidate,
    make_passage,
    make_proposal,
    make_query,
)
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)


def lines(snapshot: Snapshot, name: str = "preferences.jsonl") -> list[Any]:
    with blob_open(snapshot.files[name]["sha256"]) as source:
        return [json.loads(line) for line in source]


def splits_of(snapshot: Snapshot) -> dict[str, str]:
    return {
        line["query_id"]: split
        for split in ("train", "dev", "test")
        for line in lines(snapshot, f"{split}.jsonl")
    }


def test_without_preferences_there_is_no_file_and_no_word_of_it(cast: Cast) -> None:
    fill(cast.project)
    before = frozen(cast.project)
    pairs = offered(cast.project)
    compare(cast.project, cast.annotator, tie(pairs[0]), skip(pairs[1]))
    after = frozen(cast.project)
    assert "preferences.jsonl" not in after.files
    assert after.digest == before.digest
    assert after.statistics["preferences"] is None


def test_most_people_decide_and_the_split_is_the_querys(client: Client, cast: Cast) -> None:
    cast.project.overlap = 3
    cast.project.save()
    fill(cast.project)
    plain = frozen(cast.project)
    first, even, undone, *rest = offered(cast.project)
    third = make_annotator(cast.project, "third")
    compare(cast.project, cast.annotator, prefer(first), prefer(even), prefer(undone))
    compare(cast.project, cast.reviewer, prefer(first), prefer(even, first=False))
    compare(cast.project, third, prefer(first, first=False), *map(prefer, rest[-4:]))
    mistaken = Preference.objects.get(pair=undone)
    compare(cast.project, cast.annotator, withdraw(mistaken.pk))
    snapshot = frozen(cast.project)
    assert snapshot.digest != plain.digest
    assert {name: snapshot.files[f"{name}.jsonl"] for name in ("train", "dev", "test")} == {
        name: plain.files[f"{name}.jsonl"] for name in ("train", "dev", "test")
    }
    found = {(line["better"]["text"], line["worse"]["text"]): line for line in lines(snapshot)}
    assert len(found) == 5  # the even one and what was withdrawn are not among them
    decided = found[first.first.passage.text.text, first.second.passage.text.text]
    assert (decided["for"], decided["against"], decided["ties"]) == (2, 1, 0)
    assert decided["query_id"] == first.query.key
    splits = splits_of(snapshot)
    assert all(line["split"] == splits[line["query_id"]] for line in lines(snapshot))
    said = snapshot.statistics["preferences"]
    assert (said["people"], said["answers"], said["ties"], said["undecided"]) == (3, 9, 0, 1)
    assert (said["agreement"], said["agreement_n"]) == (1 / 4, 4)
    assert sum(split["pairs"] for split in said["splits"].values()) == 5
    again = frozen(cast.project)
    assert (again.digest, again.files) == (snapshot.digest, snapshot.files)
    assert snapshot_verify(snapshot).sentence == "Verified, all 65 records are there."

    client.login(username=cast.manager.username, password=PASSWORD)
    page = client.get(f"/projects/library/snapshots/{snapshot.pk}/").content.decode()
    assert "9 by 3 people, 0 of them ties" in page
    assert "Agreement 0.250 of 4 pairs of answers" in page
    api = client.get(f"/api/v1/projects/library/snapshots/{snapshot.pk}/", **bearer(cast.viewer))
    assert api.json()["statistics"]["preferences"]["answers"] == 9
    rests = [line for line in lines(snapshot, "judgments.jsonl") if len(line) == 4]
    assert len(rests) == 5


def test_a_compared_query_joins_its_judged_twin_and_train_without_one(cast: Cast) -> None:
    fill(cast.project)
    sealed = next(key for key, split in splits_of(frozen(cast.project)).items() if split == "test")
    judged = next(query for query in cast.project.queries.all() if query.key == sealed)
    twin = make_query(cast.project, f"{judged.text}?", "twin")
    alone = make_query(cast.project, "nothing else is like this one", "alone")
    for query in (twin, alone):
        for number in range(2):
            passage = make_passage(cast.project, f"{query.external_id} {number}")
            make_proposal(make_candidate(query, passage), "search", number + 1)
    mine = [pair for pair in offered(cast.project) if pair.query in (twin, alone)]
    compare(cast.project, cast.annotator, *map(prefer, mine))
    found = {line["query_id"]: line["split"] for line in lines(frozen(cast.project))}
    assert found == {"twin": "test", "alone": "train"}


def test_what_is_withdrawn_or_erased_leaves_and_the_digest_stays(cast: Cast) -> None:
    fill(cast.project)
    first, second, *_ = (pair for pair in offered(cast.project))
    compare(cast.project, cast.annotator, prefer(first), prefer(second))
    snapshot = frozen(cast.project)
    assert len(lines(snapshot)) == 2
    gone = Candidate.objects.get(pk=first.first_id).passage
    wording = gone.text.text
    erasure = erasure_create(subject=gone, by=cast.owner, reason="Asked for.")
    erasure_run(erasure_id=erasure.pk)
    digest = snapshot.digest
    snapshot.refresh_from_db()
    held = lines(snapshot)
    taken = [line for line in held if "redacted" in line]
    assert len(taken) == sum(first.first_id in (p.first_id, p.second_id) for p in (first, second))
    assert snapshot.redacted == len(taken) + 1  # its judged record as well
    found = snapshot_verify(snapshot)
    assert (found.state, found.problems, snapshot.digest) == ("redacted", [], digest)
    records = [lines(snapshot, name) for name in snapshot.files if name != "manifest.json"]
    text = json.dumps(records, ensure_ascii=False)
    assert wording not in text
    assert second.second.passage.text.text in text
    kept = [line for line in lines(snapshot, "judgments.jsonl") if len(line) == 4]
    assert len(kept) == 2 - len(taken)

    # What the erasure left is withdrawn: there is nothing to freeze any more.
    left = [p for p in (first, second) if first.first_id not in (p.first_id, p.second_id)]
    candidates_withdraw(
        candidates=[pair.second_id for pair in left] or [first.second_id],
        project=cast.project,
        by=cast.manager,
        reason="Off.",
    )
    assert "preferences.jsonl" not in frozen(cast.project).files
