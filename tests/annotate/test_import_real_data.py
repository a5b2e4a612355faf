"""The real data import as their README counts them, and a second time changes nothing."""

import pytest

from accounts.models import Project
from annotate.models import Candidate, Import, Judgment, Passage, Proposal, Query, Run, Text
from tests.annotate.import_files import contents, take
from tests.factory import Cast
from tests.shared import SHARED, needs_shared

pytestmark = [pytest.mark.django_db, needs_shared]


def again(project: Project, name: str, first: Import) -> Import:
    """Import the same file again: nothing may change."""
    before = contents()
    second = take(project, SHARED / name)
    assert contents() == before
    assert (second.rows_created, second.created) == (0, {})
    assert second.rows_read == first.rows_read
    return second


def test_agro_triplets_merge_six_exact_repeats(cast: Cast) -> None:
    done = take(cast.project, SHARED / "data/agro/triplets.jsonl")
    assert (done.rows_read, done.rows_created) == (532, 526)
    assert (done.rows_repeated, done.rows_unchanged) == (6, 0)
    assert done.created["candidates"] == done.created["judgments"] == 526
    assert Candidate.objects.count() == 526
    labels = Judgment.objects.filter(kind="imported", person=None, slot=None, current=True)
    assert labels.filter(source__name="triplets").count() == 526
    assert not Passage.objects.exclude(external_id=None).exists()
    second = again(cast.project, "data/agro/triplets.jsonl", done)
    assert (second.rows_unchanged, second.rows_repeated) == (526, 6)


def test_legal_pairs_keep_ids_texts_and_the_first_stage(cast: Cast) -> None:
    done = take(cast.project, SHARED / "data/legal/pairs.jsonl")
    assert (done.rows_read, done.rows_created, done.rows_repeated) == (19_451, 19_451, 0)
    assert Query.objects.count() == 941
    assert Candidate.objects.count() == 19_451
    assert Passage.objects.count() == 802
    assert Text.objects.count() == 690
    assert Judgment.objects.filter(grade__relevant=True).count() == 954
    assert Run.objects.get().name == "pairs"
    assert Proposal.objects.filter(rank__isnull=False, score__isnull=False).count() == 19_451
    first = Proposal.objects.get(
        candidate__query__external_id="q0001", candidate__passage__external_id="13"
    )
    assert (first.rank, first.score) == (2, 81.12072608360018)
    assert first.candidate.metadata == {"category": "exact_match"}
    assert again(cast.project, "data/legal/pairs.jsonl", done).rows_unchanged == 19_451


def test_cosqa_pairs(cast: Cast) -> None:
    done = take(cast.project, SHARED / "data/cosqa/pairs.jsonl")
    assert done.created["candidates"] == Candidate.objects.count() == 604
    assert Judgment.objects.filter(grade__value=1).count() == 313
    again(cast.project, "data/cosqa/pairs.jsonl", done)
