"""Whatever quotes an erased text loses the quote, in every column that can hold one.

`test_an_erased_text_is_nowhere.py` looks into files, snapshots, jobs and versions.
"""

from typing import Final

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from annotate.models import (
    Bulk,
    BulkDeed,
    Candidate,
    Change,
    Deed,
    Erasure,
    Gold,
    Import,
    Judgment,
    Listed,
    Passage,
    Query,
    QuerySlice,
    SavedView,
    Thing,
)
from annotate.quoting import Quotes
from annotate.services.corpus import passage_edit, query_edit
from annotate.services.erasing import erasure_create
from annotate.services.golding import GoldWish, golds_set
from annotate.services.indexing import passages_read
from tests.annotate.judging import decide, grade, record, skip
from tests.annotate.pairing import compare, offered, prefer
from tests.annotate.pairing import skip as skip_pair
from tests.factory import Cast, make_candidate, make_passage, make_query, make_queue
from training.services.erasing import erasure_run

pytestmark = pytest.mark.django_db(transaction=True)
NEEDLE: Final = "zqx"
EARLIER: Final = "Zqx Ada Byron, earl's daughter of twelve Saint James Square, has the gout again"
TOLD: Final = f"{EARLIER}, and her physician prescribes laudanum every evening"
PART: Final = "perhaps  ZQX ada byron, Earl's daughter of twelve"
HELD: Final = {"annotate_query", "annotate_passage", "annotate_passagerevision",
               "annotate_queryrevision", "annotate_text", "annotate_candidate",
               "annotate_passagewords"}  # fmt: skip
QUOTES: Final = {
    "annotate_judgment": {"comment", "skip_reason"},
    "annotate_preference": {"comment", "skip_reason"},
    "annotate_gold": {"explanation"},
    "annotate_change": {"reason"},
    "annotate_erasure": {"reason"},
    "annotate_bulk": {"reason", "parameters"},
    "annotate_queryslice": {"name", "conditions"},
    "annotate_savedview": {"name", "parameters"},
    "annotate_import": {"errors"},
}
# No text of the corpus comes into these, and why.
FREE: Final = {
    "accounts_": "people, projects and what they call themselves",
    "auth_": "Django's own",
    "django_": "Django's own",
    "annotate_agreementreport": "leaves whole with an erasure",
    "annotate_bulk": {"deed", "error", "listed", "people", "status"},
    "annotate_change": {"deed", "thing"},
    "annotate_copies": "numbers",
    "annotate_erasure": {"counts", "error", "leftovers", "status"},
    "annotate_group": "names of groups of people",
    "annotate_import": {"created", "format", "label_names", "mapping", "name", "on_conflict",
                        "path", "phase", "source_name", "status"},
    "annotate_judgment": {"action", "evidence", "kind"},
    "annotate_lane": "ids of people",
    "annotate_lease": "a purpose",
    "annotate_pairqueue": "settings",
    "annotate_preference": {"action"},
    "annotate_queue": "settings",
    "annotate_referral": "who doubts",
    "annotate_run": "a name",
    "annotate_savedview": {"listed"},
    "annotate_snapshot": "seen to by the other test",
    "annotate_snapshotkey": "random",
    "annotate_source": "a name",
    "annotate_tombstone": "keyed hashes",
    "models_app_": "what people write of models; facts are seen to by the other test",
    "training_": "seen to by the other test",
}  # fmt: skip


def texts_of_the_database() -> set[tuple[str, str]]:
    """Return every column that can hold words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE"
            " table_schema = 'public' AND udt_name IN ('text', 'varchar', 'bpchar', 'jsonb',"
            " 'json', 'bytea', 'tsvector', '_text', '_varchar', 'citext', 'xml', 'hstore')"
        )
        return set(cursor.fetchall())


def found() -> set[tuple[str, str]]:
    """Return the columns in which the needle stands, whatever its case, as text or as bytes."""
    with connection.cursor() as cursor:
        return {
            (table, column)
            for table, column in texts_of_the_database()
            if cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE strpos(lower("{column}"::text), %s) > 0'
                f' OR strpos(lower("{column}"::text), %s) > 0',
                [NEEDLE, NEEDLE.encode().hex()],
            )
            and cursor.fetchone()[0]
        }


def free(table: str, column: str) -> bool:
    for name, kept in FREE.items():
        if table.startswith(name) and (isinstance(kept, str) or column in kept):
            return True
    return False


def quote_everywhere(cast: Cast, about: Candidate, other: Candidate) -> None:
    project = cast.project
    wishes = [GoldWish(about.pk, 1, "Zqx is her name"), GoldWish(other.pk, 1, PART)]
    golds_set(project=project, wishes=wishes, by=cast.manager)
    record(project, cast.annotator, grade(about, 1, comment="Zqx: I know her"))
    record(project, cast.annotator, grade(other, 1, comment=PART))
    record(project, cast.reviewer, skip(other, PART))
    decide(project, cast.reviewer, about, 0, reason="Zqx is ill")
    decide(project, cast.reviewer, other, 0, reason=PART)
    besides = make_query(project, "Is it so?")
    for number in range(3):
        make_candidate(besides, make_passage(project, f"Besides, {number}."))
    first, second, *_ = (pair for pair in offered(project) if pair.query == besides)
    compare(project, cast.annotator, prefer(first, comment=PART), skip_pair(second, PART))
    Change.objects.create(
        project=project, thing=Thing.QUERY, deed=Deed.WITHDRAW, things=[1], reason=PART
    )
    Erasure.objects.create(project=project, passage=other.passage, reason=PART)
    Bulk.objects.create(
        project=project, listed=Listed.QUERIES, deed=BulkDeed.WITHDRAW, reason=PART,
        parameters={"q": "zqx Ada Byron", "order": "id"},
    )  # fmt: skip
    for name, parameters in (("a", {"q": TOLD[:60]}), (PART, {}), ("kept", {"q": "daughter"})):
        SavedView.objects.create(project=project, maker=cast.manager, listed=Listed.QUERIES,
                                 name=name, parameters=parameters)  # fmt: skip
    asked = ((PART, {"least": 1}), ("a", {"words": ["zqx Ada Byron"]}),
             ("kept", {"words": ["daughter"], "queries": ["q1"]}))  # fmt: skip
    for name, conditions in asked:
        QuerySlice.objects.create(project=project, name=name, conditions=conditions)
    said = [f'"{TOLD[:76]}…', "must be a number", "the id “zqx-7” has two texts"]
    errors = [{"line": 1, "field": "x", "message": each, "member": None} for each in said]
    Import.objects.create(project=project, name="f", source_name="s", errors=errors)


@pytest.mark.parametrize("thing", ["query", "passage"])
def test_every_column_of_words_is_seen_to(cast: Cast, thing: str) -> None:
    project = cast.project
    other = make_queue(project, queries=1, passages=1)[0]
    other.query.metadata = {"kept": "this stays"}
    other.query.save()
    query, passage = make_query(project, "What is it?"), make_passage(project, "It is.")
    subject: Query | Passage
    if thing == "query":
        subject = query = make_query(project, EARLIER, "zqx-7")
        query_edit(query=query, by=cast.manager, revision=1, text=TOLD)
    else:
        subject = passage = make_passage(project, EARLIER, "zqx-7", title="Zqx, a file")
        passage_edit(passage=passage, by=cast.manager, revision=1, text=TOLD)
    type(subject).objects.filter(pk=subject.pk).update(metadata={"narrative": "zqx"})
    about = make_candidate(query, passage, 7)
    about.metadata = {"why": "zqx"}
    about.save()
    passages_read()
    quote_everywhere(cast, about, other)
    before = found()
    assert before >= {(table, column) for table, columns in QUOTES.items() for column in columns}
    forgotten = [
        f"{table}.{column}"
        for table, column in texts_of_the_database()
        if table not in HELD and column not in QUOTES.get(table, set()) and not free(table, column)
    ]
    assert forgotten == [], "a column that may hold words: plant a quote in it, or say why not"

    erasure = erasure_create(subject=subject, by=cast.manager, reason="She asked.")
    erasure_run(erasure_id=erasure.pk)

    erasure.refresh_from_db()
    assert (erasure.status, erasure.error) == ("done", "")
    assert found() == set()
    assert erasure.counts["quotes"] == 15
    assert SavedView.objects.get().name == "kept"
    assert QuerySlice.objects.get().name == "kept"
    assert [error["message"] for error in Import.objects.get().errors] == [
        "(erased)", "must be a number", "(erased)"
    ]  # fmt: skip
    assert Bulk.objects.get().parameters == {"q": "(erased)", "order": "id"}
    assert Judgment.objects.get(candidate=other, kind="adjudication").comment == "(erased)"
    other.query.refresh_from_db()
    assert other.query.metadata == {"kept": "this stays"}


def test_comments_stay_where_that_is_asked_for_and_other_quotes_go(cast: Cast) -> None:
    other = make_queue(cast.project, queries=1, passages=1)[0]
    passage = make_passage(cast.project, TOLD, "zqx-7")
    quote_everywhere(cast, make_candidate(other.query, passage, 7), other)
    erasure = erasure_create(
        subject=passage, by=cast.manager, reason="She asked.", keep_comments=True
    )
    erasure_run(erasure_id=erasure.pk)
    assert found() == {
        ("annotate_judgment", "comment"),
        ("annotate_judgment", "skip_reason"),
        ("annotate_preference", "comment"),
        ("annotate_preference", "skip_reason"),
        ("annotate_gold", "explanation"),
    }
    assert list(Gold.objects.order_by("pk").values_list("explanation", flat=True)) == [
        "Zqx is her name", "(erased)"
    ]  # fmt: skip


def test_a_part_is_a_quote_and_one_word_in_common_is_none() -> None:
    quotes = Quotes([TOLD, "数据库连接池的配置方法"], ["patient-7", "abc"])
    assert quotes.in_prose("said: SAINT  james square, has")
    assert quotes.in_prose("见数据库连接池的说明")
    assert quotes.in_prose("“patient-7” is odd")
    assert quotes.in_search("saint james")
    assert Quotes([], ["x" * 90]).in_prose(f"query “{'x' * 79}…” has another text")
    assert not Quotes([], []).in_prose("anything")
    for innocent in ("her physician says", "patient-70", "patient-7-b", "abc", "数据库", ""):
        assert not quotes.in_prose(innocent), innocent
    assert not quotes.in_search("laudanum")


def test_a_reason_to_erase_does_not_quote(cast: Cast) -> None:
    passage = make_passage(cast.project, TOLD)
    with pytest.raises(ValidationError, match="do not repeat"):
        erasure_create(subject=passage, by=cast.manager, reason=PART)
