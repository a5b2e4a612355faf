"""Erasure: a query or a passage leaves with its texts, everywhere and for good.

It is asked for here, and carried out by `training.services.erasing`, since versions quote texts,
too. All of it is one transaction; files that no row names any more go after it, and beat sees to it
where a worker died in between.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.db.models.functions import Now

from accounts.blobs import blob_drop
from accounts.models import Project, User
from accounts.problems import ConflictError
from annotate import erasing
from annotate.frozen.sealing import needles_of
from annotate.importing.locking import texts_lock
from annotate.models import (
    AgreementReport,
    Deed,
    Erasure,
    ErasureStatus,
    Import,
    Passage,
    Query,
    Snapshot,
    SnapshotKey,
    Thing,
    Tombstone,
)
from annotate.models.corpus import key_new
from annotate.models.imports import IMPORT_TERMINAL
from annotate.models.texts import DIGEST_NAME, ERASED_ID, digest_name, text_digest
from annotate.quoting import Quotes, metadata_words
from annotate.services.bell import ERASURE, worker_ring
from annotate.services.changes import change_log, reason_checked, transaction_time
from annotate.services.freezes import freezing_wait
from annotate.services.redacting import snapshots_redact
from annotate.services.retiring import judgments_retire
from annotate.services.unquoting import quotes_clear
from annotate.tombstones import marks_of

logger = logging.getLogger(__name__)
_THINGS: Final = (Thing.QUERY, Thing.PASSAGE)


@dataclass(slots=True)
class Applied:
    """What an erasure took: texts, words of titles and metadata, and the names by which snapshots
    knew queries and passages, with the new ones.
    """

    erasure: Erasure
    texts: list[str]
    words: list[str]
    names: dict[Thing, dict[str, str]]
    snapshots: list[int]
    leftovers: list[str]
    counts: dict[str, int] = field(default_factory=dict)


@transaction.atomic
def erasure_create(
    *,
    subject: Query | Passage,
    by: User | None,
    reason: str,
    keep_comments: bool = False,
    remember: bool = True,
) -> Erasure:
    """Ask for a query or a passage to be erased; a worker does it at once, and for good.

    Its wordings go wherever they are, also where other queries or passages carry them, a query's
    as a passage's, and what judges have said about it, unless `keep_comments`.
    With `remember` an import does not bring it back. Raises ConflictError where it is erased
    already, or is about to be, and ValidationError.
    """
    reason = reason_checked(reason)
    subject = _locked(subject)
    said = [subject.text if isinstance(subject, Query) else subject.text.text]
    if Quotes(said).in_prose(reason):
        message = "The reason stays on record: do not repeat in it what is to be erased."
        raise ValidationError({"reason": message})
    named: dict[str, Any] = {"query" if isinstance(subject, Query) else "passage": subject}
    waiting = Erasure.objects.filter(**named, status=ErasureStatus.QUEUED)
    if subject.erased_at is not None or waiting.exists():
        raise ConflictError("This is erased already, or about to be.")
    erasure = Erasure.objects.create(
        project=subject.project, reason=reason, keep_comments=keep_comments,
        remember=remember, created_by=by, **named,
    )  # fmt: skip
    transaction.on_commit(lambda: erasure_enqueue(erasure_id=erasure.pk))
    return erasure


def _locked(subject: Query | Passage) -> Query | Passage:
    if isinstance(subject, Query):
        return Query.objects.select_for_update(no_key=True).get(pk=subject.pk)
    passages = Passage.objects.select_for_update(of=("self",), no_key=True)
    return passages.select_related("text").get(pk=subject.pk)


def erasure_enqueue(*, erasure_id: int) -> None:
    """Tell a worker that an erasure waits; telling it twice is harmless."""
    worker_ring(task=ERASURE, pk=erasure_id)


def erasures_requeue() -> None:
    """Ring again for erasures that wait, or whose files have not all gone."""
    unfinished = Q(status=ErasureStatus.QUEUED) | (Q(status=ErasureStatus.DONE) & ~Q(leftovers=[]))
    for pk in Erasure.objects.filter(unfinished).values_list("pk", flat=True):
        erasure_enqueue(erasure_id=pk)


@transaction.atomic
def erasure_lift(*, erasure: Erasure, by: User | None) -> Erasure:
    """Let an import bring back what was erased: somebody has thought better of it."""
    Erasure.objects.filter(pk=erasure.pk, lifted_at=None).update(lifted_at=Now(), lifted_by=by)
    Tombstone.objects.filter(erasure=erasure).delete()
    erasure.refresh_from_db()
    return erasure


def erasure_apply(*, erasure_id: int) -> Applied | None:
    """Do this room's part of an erasure in the caller's transaction; None where it is done.

    The caller does its own part, calls `erasure_finish`, and after the commit `erasure_tidy`.
    """
    freezing_wait()
    erasure = (
        Erasure.objects.select_for_update(of=("self",))
        .select_related("project")
        .filter(pk=erasure_id, status=ErasureStatus.QUEUED)
        .first()
    )
    if erasure is None:
        return None
    project = erasure.project
    texts_lock(project.pk)
    _key_replace(project)
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_erase(%s, %s)", [project.pk, erasure.pk])
    applied = _rows(erasure)
    known = {name for names in applied.names.values() for name in names}
    quotes = Quotes([*applied.texts, *applied.words], known)
    applied.counts["quotes"] = quotes_clear(erasure=erasure, quotes=quotes)
    needles = needles_of(applied.texts, **_ids(applied.names))
    redacted = snapshots_redact(project=project, erasure=erasure, needles=needles)
    applied.snapshots, applied.leftovers = list(redacted.records), redacted.leftovers
    waiting = Import.objects.filter(project=project).exclude(status__in=IMPORT_TERMINAL)
    applied.counts |= {
        "snapshots": len(redacted.records),
        "records": sum(redacted.records.values()),
        "files": len(redacted.leftovers),
        "imports_waiting": waiting.count(),
    }
    return applied


def erasure_finish(*, applied: Applied, counts: Mapping[str, int]) -> None:
    """Record what was erased; without it the transaction does not commit."""
    erasure = applied.erasure
    Erasure.objects.filter(pk=erasure.pk).update(
        status=ErasureStatus.DONE,
        counts={**applied.counts, **counts},
        leftovers=applied.leftovers,
        error="",
        finished_at=transaction_time(),
    )


def erasure_fail(*, erasure_id: int, message: str) -> None:
    """Say why an erasure could not be done; nothing of it was."""
    Erasure.objects.filter(pk=erasure_id, status=ErasureStatus.QUEUED).update(
        status=ErasureStatus.FAILED, error=message, finished_at=Now()
    )


def erasure_tidy(*, erasure_id: int) -> None:
    """Remove the stored files that an erasure has replaced, unless a snapshot names them."""
    erasure = Erasure.objects.filter(pk=erasure_id, status=ErasureStatus.DONE).first()
    if erasure is None or not erasure.leftovers:
        return
    with transaction.atomic():
        freezing_wait()
        named = {
            file["sha256"]
            for files in Snapshot.objects.exclude(files={}).values_list("files", flat=True)
            for file in files.values()
        }
        for sha256 in set(erasure.leftovers) - named:
            blob_drop(sha256)
        Erasure.objects.filter(pk=erasure.pk).update(leftovers=[])


def _key_replace(project: Project) -> None:
    """From here on nobody can make the salt of what is erased, this process included."""
    SnapshotKey.objects.update_or_create(project=project, defaults={"key": key_new()})


def _rows(erasure: Erasure) -> Applied:
    """Empty the rows of what is erased, and note what it was known by."""
    project = erasure.project
    values = erasing.parameters(
        project=project.pk,
        query=erasure.query_id,
        passage=erasure.passage_id,
        at=transaction_time(),
        keep=erasure.keep_comments,
    )
    with connection.cursor() as cursor:
        cursor.execute(erasing.FORGET)
        cursor.execute(erasing.FIND, values)
        cursor.execute("SELECT text FROM erased_wording")
        texts = [text for (text,) in cursor.fetchall()]
        names = {thing: _names(cursor, thing) for thing in _THINGS}
        words = _words(cursor)
        # Candidates are locked first, as whoever judges does it.
        counts = {
            "judgments": judgments_retire(
                project=project, queries=names[Thing.QUERY], passages=names[Thing.PASSAGE]
            )
        }
        for kind, statement in erasing.STATEMENTS:
            cursor.execute(statement, values)
            if kind:
                counts[kind] = counts.get(kind, 0) + cursor.rowcount
        known = {thing: _renamed(cursor, erasure, thing, names[thing], texts) for thing in _THINGS}
        cursor.execute(erasing.FORGET)
    _remember(erasure, texts, known)
    # Copies that are made again when they are asked for; they may quote.
    AgreementReport.objects.filter(project=project).delete()
    for thing in _THINGS:
        if names[thing]:
            change_log(
                project=project, thing=thing, deed=Deed.ERASE, things=names[thing],
                by=erasure.created_by, reason=erasure.reason,
            )  # fmt: skip
    return Applied(erasure, texts, words, known, [], [], counts)


def _names(cursor: CursorWrapper, thing: Thing) -> dict[int, str]:
    cursor.execute(f"SELECT id, name FROM erased_{thing}")  # noqa: S608 - one of two names
    return dict(cursor.fetchall())


def _words(cursor: CursorWrapper) -> list[str]:
    """Return the titles of what is erased, if they are more than a word, and long metadata."""
    cursor.execute(erasing.TOLD)
    rows = cursor.fetchall()
    titles = [title for title, _ in rows if " " in title.strip()]
    return titles + [words for _, told in rows for words in metadata_words(json.loads(told))]


def _renamed(
    cursor: CursorWrapper,
    erasure: Erasure,
    thing: Thing,
    names: Mapping[int, str],
    texts: Iterable[str],
) -> dict[str, str]:
    """Return the old names of what is erased, with the new ones."""
    cursor.execute(f"SELECT id, external_id FROM annotate_{thing} WHERE id = ANY(%s)",  # noqa: S608
                   [list(names)])  # fmt: skip
    made = dict(cursor.fetchall())
    known = {name: made[pk] for pk, name in names.items()}
    own = made.get(erasure.thing_id) if thing is erasure.thing else None
    for text in texts:  # under whose digest an earlier wording without an id was known
        known.setdefault(digest_name(text_digest(text)), own or f"{ERASED_ID}{uuid4()}")
    return known


def _ids(names: Mapping[Thing, Iterable[str]]) -> dict[str, Iterable[str]]:
    return {"queries": names[Thing.QUERY], "passages": names[Thing.PASSAGE]}


def _remember(erasure: Erasure, texts: Iterable[str], names: Mapping[Thing, Iterable[str]]) -> None:
    """Know the texts again as queries and as passages, and the ids as what they were."""
    if not erasure.remember:
        return
    texts = list(texts)
    for thing in _THINGS:
        own = [name for name in names[thing] if not name.startswith(DIGEST_NAME[1:8])]
        Tombstone.objects.bulk_create(
            (
                Tombstone(project=erasure.project, erasure=erasure, thing=thing, mark=mark)
                for mark in marks_of(erasure.project_id, texts, own)
            ),
            ignore_conflicts=True,
        )
