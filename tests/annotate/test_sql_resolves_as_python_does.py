"""The grades of an export, resolved by PostgreSQL, are those of `annotate.resolving`."""

import json
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotate.exporting import export_blocks
from annotate.models import Action, Candidate, Judgment, Kind, Source, Voice
from annotate.resolving.resolution import Label, Step, resolve
from tests.annotate.checks import make_gold
from tests.factory import GRADES_0_3, Cast, make_annotator, make_cast, make_queue

pytestmark = pytest.mark.django_db
VOICES = {"decided": Voice.ADJUDICATION, "judged": Voice.PERSON, Kind.IMPORTED: Voice.LABELS}
KINDS = (Kind.ADJUDICATION, Kind.COUNTED, *VOICES, Kind.LATE, Kind.CHECK)
BALLOT = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3)), max_size=7)
# A candidate is adjudicated once.
VOTES = BALLOT.filter(lambda votes: sum(kind == Kind.ADJUDICATION for kind, _ in votes) < 2)
PEOPLE = 7


def judge(cast: Cast, candidate: Candidate, votes: list[tuple[str, int]]) -> None:
    people = cast.project.members.filter(role="annotator").order_by("pk")
    grades = {grade.value: grade for grade in cast.project.grades.all()}
    for number, (kind, value) in enumerate(votes):
        imported = kind in VOICES
        reviews = kind == Kind.ADJUDICATION
        author = None if imported else cast.reviewer if reviews else people[number].user
        source, _ = Source.objects.get_or_create(
            project=cast.project, name=f"source {number} {kind}", voice=VOICES.get(kind, "")
        )
        Judgment.objects.create(
            id=uuid.uuid4(), project=cast.project, candidate=candidate,
            kind=Kind.IMPORTED if imported else kind,
            action=Action.GRADE, grade=grades[value],
            person=author, source=source if imported else None,
            slot=number + 1 if kind == Kind.COUNTED else None, comment="why",
        )  # fmt: skip


@settings(deadline=None, max_examples=6)
@given(st.lists(VOTES, min_size=6, max_size=6))
def test_majorities_are_the_same(ballots: list[list[tuple[str, int]]]) -> None:
    cast = make_cast(f"p-{uuid.uuid4().hex[:12]}", grades=GRADES_0_3, overlap=PEOPLE)
    for number in range(PEOPLE - 1):
        make_annotator(cast.project, f"{cast.project.slug}-{number}")
    queue = make_queue(cast.project)
    make_gold(cast.manager, *queue)
    expected = {}
    steps = {
        grade.value: Step(grade.value, grade.gain, grade.target, grade.relevant)
        for grade in cast.project.grades.all()
    }
    for candidate, votes in zip(queue, ballots, strict=True):
        judge(cast, candidate, votes)
        qrel = resolve([Label(kind, steps[value]) for kind, value in votes], "majority")
        if qrel:
            expected[candidate.passage.external_id] = (
                qrel.grade, qrel.gain, qrel.target, qrel.people, qrel.imported, qrel.adjudicated,
            )  # fmt: skip
    names = ("label", "gain", "target", "people", "imported", "adjudicated")
    rows = map(json.loads, b"".join(export_blocks(cast.project, what="qrels")).splitlines())
    assert {row["passage_id"]: tuple(row[name] for name in names) for row in rows} == expected
