"""Rows of runs become candidates, each once, with ranks and scores; a repeat changes nothing."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Project
from annotate.importing.keys import candidate_position
from annotate.models import Candidate, Passage, Proposal, Query
from annotate.services.proposing import Proposed, candidates_propose
from tests.factory import Cast, make_candidate, make_cast, make_passage, make_proposal, make_query

pytestmark = pytest.mark.django_db


def ranks(project: Project) -> set[tuple[Any, ...]]:
    rows = Proposal.objects.filter(candidate__project=project)
    return set(
        rows.values_list("candidate__query", "candidate__passage", "run__name", "rank", "score")
    )


def test_new_pairs_get_their_place_in_the_queue_and_known_ones_their_ranks(cast: Cast) -> None:
    project = cast.project
    query, bare = make_query(project, "how to sort", "q1"), make_query(project, "no id")
    sort, read = make_passage(project, "sort it", "p1"), make_passage(project, "read it")
    known = make_candidate(query, sort)
    make_proposal(known, "imported", 3)
    rows = [
        Proposed(query.pk, sort.pk, "bm25", 1, 7.5),
        Proposed(query.pk, read.pk, "bm25", 2, 1.5),
        Proposed(query.pk, read.pk, "dense", 1, 0.5),
        Proposed(bare.pk, read.pk, "dense", 1, 0.25),
    ]
    stored = candidates_propose(project=project, rows=rows)
    assert (stored.candidates, stored.proposals, stored.refused) == (2, 4, 0)
    assert stored.candidates_by_run == {"bm25": 1, "dense": 2}
    assert ranks(project) == {
        *((row.query_id, row.passage_id, row.run, row.rank, row.score) for row in rows),
        (query.pk, sort.pk, "imported", 3, None),
    }
    for made in Candidate.objects.exclude(pk=known.pk).select_related("query", "passage__text"):
        wanted = candidate_position(project.slug, made.query.key, made.passage.key)
        assert (made.position, made.wanted) == (wanted, True)
    again = candidates_propose(project=project, rows=rows)
    assert (again.candidates, again.proposals) == (0, 0)
    assert Candidate.objects.count() == 3


def test_the_same_text_under_another_id_is_the_candidate_that_there_is(cast: Cast) -> None:
    project = cast.project
    query = make_query(project, "how to sort", "q1")
    copies = [make_passage(project, "sort it", f"copy{number}") for number in range(3)]
    titled = Passage.objects.create(
        project=project, external_id="titled", title="Sorting", text=copies[0].text
    )
    known = make_candidate(query, copies[2])
    rows = [Proposed(query.pk, each.pk, "bm25", at + 1, 1.0) for at, each in enumerate(copies)]
    stored = candidates_propose(
        project=project, rows=[*rows[:2], Proposed(query.pk, titled.pk, "bm25", 4, 0.5)]
    )
    assert stored.candidates == 1  # the one that reads otherwise
    assert ranks(project) == {
        (query.pk, known.passage_id, "bm25", 1, 1.0),
        (query.pk, titled.pk, "bm25", 4, 0.5),
    }


def test_withdrawn_and_foreign_texts_are_left_out_and_counted(cast: Cast) -> None:
    project, other = cast.project, make_cast("other").project
    query, gone = make_query(project, "how to sort"), make_query(project, "gone")
    passage, lost = make_passage(project, "sort it"), make_passage(project, "lost")
    Query.objects.filter(pk=gone.pk).update(withdrawn_at=timezone.now())
    Passage.objects.filter(pk=lost.pk).update(withdrawn_at=timezone.now())
    pairs = [
        (gone, passage), (query, lost), (query, make_passage(other, "theirs")),
        (make_query(other, "theirs"), passage),
    ]  # fmt: skip
    rows = [Proposed(each.pk, text.pk, "bm25", 1, 1.0) for each, text in pairs]
    stored = candidates_propose(project=project, rows=rows)
    assert (stored.candidates, stored.proposals, stored.refused) == (0, 0, 4)
    with pytest.raises(ValidationError, match="1 to 120 characters"):
        candidates_propose(project=project, rows=[Proposed(1, 1, "x" * 121, 1, 1.0)])


def test_a_run_that_is_made_anew_forgets_what_it_no_longer_ranks(cast: Cast) -> None:
    project = cast.project
    query, other = make_query(project, "how to sort"), make_query(project, "how to read")
    first, second = make_passage(project, "sort it"), make_passage(project, "read it")
    old = [Proposed(each.pk, first.pk, "bm25", 1, 1.0) for each in (query, other)]
    candidates_propose(project=project, rows=[*old, Proposed(query.pk, first.pk, "mine", 1, 2.0)])
    new = [Proposed(query.pk, second.pk, "bm25", 1, 3.0)]
    candidates_propose(project=project, rows=new, replace=True)
    assert ranks(project) == {
        (query.pk, second.pk, "bm25", 1, 3.0),
        (other.pk, first.pk, "bm25", 1, 1.0),  # of this query nothing was said
        (query.pk, first.pk, "mine", 1, 2.0),
    }
    assert Candidate.objects.filter(query=query).count() == 2


def test_any_number_is_stored_by_a_fixed_number_of_statements(cast: Cast) -> None:
    project = cast.project
    query = make_query(project, "how to sort")
    passages = [make_passage(project, f"passage {number}") for number in range(30)]
    rows = [Proposed(query.pk, each.pk, "bm25", at, -at) for at, each in enumerate(passages, 1)]
    with CaptureQueriesContext(connection) as few:
        candidates_propose(project=project, rows=rows[:1])
    with CaptureQueriesContext(connection) as many:
        assert candidates_propose(project=project, rows=rows).candidates == 29
    assert len(many) == len(few)
