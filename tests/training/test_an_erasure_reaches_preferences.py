"""What people said of pairs goes with the text that it was about, and the preferences stay."""

import pytest

from annotate.models import ErasureStatus, PairLease, Passage, Preference, Query
from annotate.services.answers import Status
from annotate.services.corpus import passage_edit, query_edit
from annotate.services.erasing import erasure_create
from tests.annotate.pairing import compare, leased, make_pairs, prefer, skip
from tests.factory import Cast
from tests.training.test_an_erased_text_is_nowhere import found_in_database
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "I know Ada Byron"


def erased(cast: Cast, subject: Query | Passage, **how: bool) -> dict[str, int]:
    erasure = erasure_create(subject=subject, by=cast.manager, reason="Asked for.", **how)
    erasure_run(erasure_id=erasure.pk)
    erasure.refresh_from_db()
    assert erasure.status == ErasureStatus.DONE, erasure.error
    counts: dict[str, int] = erasure.counts
    return counts


@pytest.mark.parametrize("thing", ["query", "passage"])
def test_comments_reasons_and_places_go_and_answers_stay(cast: Cast, thing: str) -> None:
    first, second, third = make_pairs(cast.project, passages=4)
    answer = prefer(first, comment=SAID)
    compare(cast.project, cast.annotator, answer, skip(second, SAID))
    compare(cast.project, cast.reviewer, prefer(third, comment="It stays."))
    leased(cast.project, cast.owner, 3)
    before = {row.pk: row.position for row in (first, second, third)}
    subject = first.query if thing == "query" else first.second.passage
    counts = erased(cast, subject)
    pairs = 3 if thing == "query" else 2  # the second passage is in the first two pairs
    assert (counts["comments_on_pairs"], counts["pairs"]) == (pairs, pairs)
    assert found_in_database(SAID) == []
    moved = [pk for pk, old in before.items() if cast.project.pairs.get(pk=pk).position != old]
    assert len(moved) == pairs
    assert not PairLease.objects.filter(pair__in=moved).exists()
    row = Preference.objects.get(pk=answer.id)
    assert (row.preferred_id, row.comment, row.current) == (first.first_id, "", False)
    [again] = compare(cast.project, cast.annotator, answer)
    assert again.status is Status.REPEATED  # what it said in words has been erased since
    [late] = compare(cast.project, cast.annotator, prefer(first, comment=SAID))
    assert (late.status, found_in_database(SAID)) == (Status.LATE, [])


def test_what_was_said_of_an_earlier_wording_goes_with_it(cast: Cast) -> None:
    first, second, _ = make_pairs(cast.project, passages=4)
    compare(cast.project, cast.annotator, prefer(first, comment=SAID), prefer(second))
    passage, twin = first.first.passage, second.second.passage
    told = passage.text.text
    passage_edit(passage=twin, by=cast.manager, revision=1, text="Between.")
    passage_edit(passage=twin, by=cast.manager, revision=2, text=told)
    compare(cast.project, cast.annotator, prefer(second, comment=SAID))
    passage_edit(passage=twin, by=cast.manager, revision=3, text="Something else.")
    query_edit(query=first.query, by=cast.manager, revision=1, text="Asked otherwise.")
    compare(cast.project, cast.annotator, prefer(second, comment="It stays."))
    erased(cast, passage)
    assert found_in_database(SAID) == []
    assert Preference.objects.counted().get().comment == "It stays."


def test_comments_stay_where_that_is_asked_for(cast: Cast) -> None:
    [pair, _] = make_pairs(cast.project)
    compare(cast.project, cast.annotator, prefer(pair, comment=SAID))
    assert erased(cast, pair.query, keep_comments=True)["comments_on_pairs"] == 0
    assert Preference.objects.get().comment == SAID
