"""A decision stays as history when its query or passage is erased; its reason goes."""

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from annotate.models import ErasureStatus, Judgment, Kind
from annotate.services.erasing import erasure_create
from tests.annotate.judging import decide, grade, record
from tests.factory import Cast, make_queue
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "Ada Byron has the gout, whatever they say"


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("thing", ["query", "passage"])
def test_the_reason_goes_unless_comments_are_kept(cast: Cast, thing: str, keep: bool) -> None:
    candidate = make_queue(cast.project, queries=1, passages=2)[0]
    record(cast.project, cast.annotator, grade(candidate, 1, comment=SAID))
    first = decide(cast.project, cast.reviewer, candidate, 0, reason=SAID)
    decide(cast.project, cast.reviewer, candidate, None, replaces=first.pk, reason=SAID)
    subject = getattr(candidate, thing)
    erasure = erasure_create(
        subject=subject, by=cast.manager, reason="She asked.", keep_comments=keep
    )
    erasure_run(erasure_id=erasure.pk)
    erasure.refresh_from_db()
    assert erasure.status == ErasureStatus.DONE, erasure.error
    rows = Judgment.objects.filter(candidate=candidate)
    reasons = set(rows.filter(kind=Kind.ADJUDICATION).values_list("comment", flat=True))
    assert reasons == ({SAID} if keep else {"(erased)"})
    assert rows.filter(kind=Kind.ADJUDICATION).count() == 2
    assert rows.get(kind=Kind.COUNTED).comment == (SAID if keep else "")
    assert not rows.filter(current=True).exists()


@pytest.mark.parametrize("words", ["", "No reason at all"])
def test_an_erasure_puts_nothing_else_in_its_place(cast: Cast, words: str) -> None:
    candidate = make_queue(cast.project)[0]
    decision = decide(cast.project, cast.reviewer, candidate, 0, reason=SAID)
    erasure = erasure_create(subject=candidate.passage, by=cast.manager, reason="She asked.")
    rewrite = "UPDATE annotate_judgment SET comment = %s WHERE id = %s"
    with (
        pytest.raises(IntegrityError, match=r"rewritten|has_a_reason"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            f"SELECT accounts_erase(%s, %s); {rewrite}",
            [cast.project.pk, erasure.pk, words, decision.pk],
        )
    with pytest.raises(IntegrityError, match="rewritten"), connection.cursor() as cursor:
        cursor.execute(rewrite, ["(erased)", decision.pk])
