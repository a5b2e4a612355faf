"""Passages of dev and test that train knows, word for word or nearly, are counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.services import project_delete
from annotate.frozen.copies import copies_count
from annotate.frozen.likeness import (
    SHARE,
    SIZE,
    NearCopies,
    share_of,
    shingles_of,
    signature_of,
)
from annotate.frozen.sealing import canonical_json
from annotate.models import Copies, Snapshot
from annotate.selectors.snapshots import copies_findings
from annotate.services.claiming import GAVE_UP
from annotate.services.copies import copies_find, copies_requeue
from annotate.services.snapshots import snapshot_create, snapshot_freeze
from tests.annotate.import_files import take
from tests.factory import (
    Cast,
    bearer,
    make_candidate,
    make_label,
    make_passage,
    make_query,
    make_ready,
)
from tests.shared import SHARED, needs_shared

WORDS = ("file", "read", "write", "open", "close", "list", "sort", "date", "time", "json", "url")
TEXT = " ".join(f"word{number}" for number in range(40))


def written(folder: Path, **splits: list[str]) -> Path:
    """Write splits as a snapshot has them, a line for each passage."""
    for name in ("train", "dev", "test"):
        lines = [canonical_json({"title": "", "text": text}) for text in splits.get(name, [])]
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


def counted(folder: Path, **splits: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = copies_count(written(folder, **splits), folder)["splits"]
    return found


def test_copies_are_told_from_near_copies_and_from_what_is_new(tmp_path: Path) -> None:
    near = TEXT.replace("word39", "other")  # 37 of 39 shingles
    far = TEXT.replace("word10", "other").replace("word25", "another")  # 32 of 44
    cased = TEXT.upper() + "!"
    found = counted(tmp_path, train=[TEXT, TEXT], test=[TEXT, near, far, cased, near, "", "?"])
    assert found["test"] == {"passages": 6, "shared": 1, "near": 2, "cut": 0}
    assert found["dev"] == {"passages": 0, "shared": 0, "near": 0, "cut": 0}


def test_what_was_erased_is_not_counted(tmp_path: Path) -> None:
    folder = written(tmp_path, train=[TEXT], dev=[TEXT, "new words are here"])
    with (folder / "dev.jsonl").open("a") as out:
        out.write('{"redacted":"00"}\n')
    assert copies_count(folder, folder)["splits"]["dev"]["passages"] == 2


TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=0, max_size=14).map(" ".join), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS)
def test_the_search_finds_what_comparing_all_finds(asked: list[str], known: list[str]) -> None:
    mine, theirs = [[shingles_of(text) for text in side] for side in (asked, known)]
    one_side, other_side = (
        np.array([signature_of(each) for each in side], np.uint32).reshape(-1, SIZE)
        for side in (mine, theirs)
    )
    copies = NearCopies(one_side, other_side, lambda row: mine[row], lambda row: theirs[row])
    everything = [any(share_of(one, other) >= SHARE for other in theirs) for one in mine]
    assert copies.find().tolist() == everything
    assert copies.cut == 0


def test_a_share_is_that_of_jaccard() -> None:
    one, other = shingles_of("a b c d e f"), shingles_of("A b, c d e g")
    assert (len(one), len(other)) == (4, 4)
    assert share_of(one, other) == 3 / 5
    assert share_of(shingles_of(""), shingles_of("")) == 0
    assert share_of(shingles_of("裁判所 法律"), shingles_of("裁判所 法律")) == 1
    assert len(shingles_of("裁判所法律")) == 3  # each sign is a word


def test_the_functions_are_the_same_everywhere() -> None:
    assert signature_of(shingles_of(TEXT))[:3].tolist() == [18900338, 66686904, 1116037]


def labelled(cast: Cast, query: str, text: str) -> None:
    row = make_query(cast.project, query)
    make_label(make_candidate(row, make_passage(cast.project, text)), 1)


@pytest.fixture
def frozen(cast: Cast, tmp_path: Path) -> Snapshot:
    """Thirty queries, each with a passage of its own and one that differs by its last word."""
    for number in range(30):
        labelled(cast, f"question about {WORDS[number % 11]} {number}", f"{TEXT} {number}")
    snapshot = snapshot_create(project=cast.project, created_by=None)
    snapshot_freeze(snapshot_id=snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.ready, snapshot.error
    return snapshot


@pytest.mark.django_db(transaction=True)
def test_it_is_counted_once_and_leaves_the_snapshot_as_it_is(
    client: Client, cast: Cast, frozen: Snapshot
) -> None:
    before = Snapshot.objects.values().get(pk=frozen.pk)
    path = f"/api/v1/projects/library/snapshots/{frozen.pk}/"
    page = f"/projects/library/snapshots/{frozen.pk}/"
    client.force_login(cast.viewer)
    waiting = {"status": "running", "seconds": None, "splits": None}
    assert client.get(path, **bearer(cast.viewer)).json()["copies"] == waiting
    shown = client.get(page).content.decode()
    assert "A worker compares the passages" in shown
    assert 'hx-trigger="every 1s"' in shown
    for _ in range(2):
        copies_find(snapshot_id=frozen.pk)
    told = client.get(path, **bearer(cast.viewer)).json()["copies"]
    everything = {"passages": 3, "shared": 0, "near": 3, "cut": 0}
    assert told["splits"] == {"dev": everything, "test": everything}
    assert told["seconds"] > 0
    shown = client.get(page).content.decode()
    assert "nearly copies of one in train" in shown
    assert 'hx-trigger="every 1s"' not in shown
    assert [each["message"] for each in copies_findings(frozen)][1] == (
        "3 of 3 passages of test are nearly copies of one of train, and 0 occur there word for"
        " word."
    )
    assert Snapshot.objects.values().get(pk=frozen.pk) == before
    with pytest.raises(IntegrityError, match="counted already"), transaction.atomic():
        Copies.objects.update(seconds=0)
    project_delete(project=cast.project)
    assert not Copies.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_count_that_kills_its_workers_fails_for_good(frozen: Snapshot) -> None:
    Copies.objects.update(attempts=3)
    copies_requeue()
    copies_find(snapshot_id=frozen.pk)
    copies = Copies.objects.get()
    assert (copies.status, copies.error, copies.found) == ("failed", GAVE_UP, None)


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_without_a_count_shows_none(client: Client, cast: Cast) -> None:
    bare = make_ready(Snapshot.objects.create(project=cast.project))
    copies_find(snapshot_id=bare.pk)
    path = f"/api/v1/projects/library/snapshots/{bare.pk}/"
    assert client.get(path, **bearer(cast.viewer)).json()["copies"] is None


@needs_shared
@pytest.mark.django_db(transaction=True)
def test_the_passages_of_the_court_cases_are_known_from_train(cast: Cast) -> None:
    take(cast.project, SHARED / "data/legal/pairs.jsonl")
    snapshot = snapshot_create(project=cast.project, created_by=None)
    snapshot_freeze(snapshot_id=snapshot.pk)
    copies_find(snapshot_id=snapshot.pk)
    test = Copies.objects.get().rows[1]
    assert test["split"] == "test"
    assert test["passages"] > 500
    assert test["new"] <= 2
    snapshot.refresh_from_db()
    told = [each["message"] for each in [*snapshot.findings, *copies_findings(snapshot)]]
    assert not [message for message in told if "leak" in message]
