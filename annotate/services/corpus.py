"""Queries, passages and candidates by hand: added, and edited as a new revision.

Whoever writes texts holds the project's texts, as imports do, so that two never miss each other.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404

from accounts.models import Project, User
from accounts.problems import ConflictError
from annotate.formats.records import (
    ID_CHARACTERS,
    METADATA_CHARACTERS,
    TEXT_CHARACTERS,
    TITLE_CHARACTERS,
)
from annotate.formats.sizes import metadata_characters
from annotate.importing.keys import candidate_position
from annotate.importing.locking import texts_lock
from annotate.models import (
    Candidate,
    Deed,
    Passage,
    PassageRevision,
    Query,
    QueryRevision,
    Text,
    Thing,
)
from annotate.models.texts import DIGEST_NAME, ERASED_ID, text_digest
from annotate.services.changes import change_log
from annotate.services.retiring import judgments_retire
from annotate.tombstones import Remembered

Fields = Mapping[str, Any]


@transaction.atomic
def query_add(
    *,
    project: Project,
    by: User | None,
    text: str,
    external_id: str | None = None,
    metadata: Fields | None = None,
) -> Query:
    """Add a query. Raises ValidationError per field: also for one that is there, or was erased."""
    text, external_id = _text("text", text, TEXT_CHARACTERS), _id(external_id)
    texts_lock(project.pk)
    _refuse_erased(project, Thing.QUERY, text, external_id)
    with _taken("query", external_id):
        query = Query.objects.create(
            project=project,
            external_id=external_id,
            text=text,
            digest=text_digest(text),
            metadata=_metadata(metadata),
        )
    change_log(project=project, thing=Thing.QUERY, deed=Deed.ADD, things=[query.pk], by=by)
    return query


@transaction.atomic
def passage_add(
    *,
    project: Project,
    by: User | None,
    text: str,
    title: str = "",
    external_id: str | None = None,
    metadata: Fields | None = None,
) -> Passage:
    """Add a passage. Raises ValidationError as `query_add` does."""
    text, external_id = _text("text", text, TEXT_CHARACTERS), _id(external_id)
    title = _title(title)
    texts_lock(project.pk)
    _refuse_erased(project, Thing.PASSAGE, text, external_id, title)
    with _taken("passage", external_id):
        passage = Passage.objects.create(
            project=project,
            external_id=external_id,
            title=title,
            text=_stored(project, text),
            metadata=_metadata(metadata),
        )
    change_log(project=project, thing=Thing.PASSAGE, deed=Deed.ADD, things=[passage.pk], by=by)
    return passage


@transaction.atomic
def candidate_add(
    *, project: Project, by: User | None, query: Query, passage: Passage
) -> Candidate:
    """Make a passage a candidate of a query. Raises ValidationError where it is one already."""
    if query.erased_at or passage.erased_at:
        raise ValidationError("What was erased gets no candidates any more.")
    texts_lock(project.pk)
    position = candidate_position(project.slug, query.key, passage.key)
    try:
        with transaction.atomic():
            candidate = Candidate.objects.create(
                project=project, query=query, passage=passage, position=position
            )
    except IntegrityError as error:
        message = "This passage is a candidate of this query already, be it a withdrawn one."
        raise ValidationError({"passage": message}) from error
    change_log(project=project, thing=Thing.CANDIDATE, deed=Deed.ADD, things=[candidate.pk], by=by)
    return candidate


@transaction.atomic
def candidate_with_text_add(
    *, project: Project, by: User | None, query: Query, text: str, title: str = ""
) -> Candidate:
    """Make a text a candidate of a query; the passage that is known by it, or a new one."""
    known = project.passages.filter(external_id=None, text__digest=text_digest(text)).first()
    passage = known or passage_add(project=project, by=by, text=text, title=title)
    return candidate_add(project=project, by=by, query=query, passage=passage)


@transaction.atomic
def query_edit(
    *,
    query: Query,
    by: User | None,
    revision: int,
    text: str | None = None,
    metadata: Fields | None = None,
    reason: str = "",
) -> Query:
    """Give a query another text, or other metadata; None leaves either as it is.

    Another text is a new revision: the old one is kept, and judgments on it become history.
    `revision` is the one that the caller has read. Raises ConflictError where there is a newer one,
    or the query was erased, and ValidationError per field.
    """
    project = query.project
    texts_lock(project.pk)
    row = _read(Query.objects.all(), query.pk, revision)
    if metadata is not None:
        Query.objects.filter(pk=row.pk).update(metadata=_metadata(metadata))
    text = row.text if text is None else _text("text", text, TEXT_CHARACTERS)
    if text != row.text:
        _refuse_erased(project, Thing.QUERY, text, None)
        QueryRevision.objects.create(query=row, number=row.revision, text=row.text)
        with _taken("query", row.external_id):
            Query.objects.filter(pk=row.pk).update(
                text=text, digest=text_digest(text), revision=row.revision + 1
            )
        judgments_retire(project=project, queries=[row.pk])
    if text != row.text or metadata is not None:
        change_log(
            project=project, thing=Thing.QUERY, deed=Deed.EDIT, things=[row.pk], by=by,
            reason=reason.strip(),
        )  # fmt: skip
    query.refresh_from_db()
    return query


@transaction.atomic
def passage_edit(
    *,
    passage: Passage,
    by: User | None,
    revision: int,
    text: str | None = None,
    title: str | None = None,
    metadata: Fields | None = None,
    reason: str = "",
) -> Passage:
    """Give a passage another text, title or metadata, as `query_edit` does.

    The text itself is shared by content: others that carry the old one keep it.
    """
    project = passage.project
    texts_lock(project.pk)
    row = _read(Passage.objects.select_related("text"), passage.pk, revision)
    if metadata is not None:
        Passage.objects.filter(pk=row.pk).update(metadata=_metadata(metadata))
    text = row.text.text if text is None else _text("text", text, TEXT_CHARACTERS)
    title = row.title if title is None else _title(title)
    reworded = (text, title) != (row.text.text, row.title)
    if reworded:
        # What stays as it is was not erased, even where it reads like what was.
        _refuse_erased(
            project, Thing.PASSAGE, "" if text == row.text.text else text, None,
            "" if title == row.title else title,
        )  # fmt: skip
        PassageRevision.objects.create(
            passage=row, number=row.revision, title=row.title, text=row.text
        )
        with _taken("passage", row.external_id):
            Passage.objects.filter(pk=row.pk).update(
                title=title, text=_stored(project, text), revision=row.revision + 1
            )
        judgments_retire(project=project, passages=[row.pk])
    if reworded or metadata is not None:
        change_log(
            project=project, thing=Thing.PASSAGE, deed=Deed.EDIT, things=[row.pk], by=by,
            reason=reason.strip(),
        )  # fmt: skip
    passage.refresh_from_db()
    return passage


def _read(rows: Any, pk: int, revision: int) -> Any:
    """Return the locked row if it is still of the revision that was read.

    Its key stays: who judges it meanwhile refers to it, and must not wait while holding candidates.
    """
    row = rows.select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if row is None:
        raise Http404("It is not there any more.")
    if row.erased_at is not None:
        raise ConflictError("This was erased and stays so.")
    if row.revision != revision:
        raise ConflictError(
            f"It was edited meanwhile and is at revision {row.revision}, not {revision}."
            " Look at it again."
        )
    return row


def _stored(project: Project, text: str) -> Text:
    digest = text_digest(text)
    row, _ = Text.objects.get_or_create(project=project, digest=digest, defaults={"text": text})
    return row


def _text(field: str, text: str, most: int) -> str:
    if not text.strip():
        raise ValidationError({field: "Give a text."})
    if len(text) > most or "\0" in text:
        raise ValidationError({field: f"At most {most:,} characters, and no NUL among them."})
    return text


def _title(title: str) -> str:
    title = title.strip()
    return _text("title", title, TITLE_CHARACTERS) if title else ""


def _id(external_id: str | None) -> str | None:
    external_id = (external_id or "").strip()
    if not external_id:
        return None
    _text("external_id", external_id, ID_CHARACTERS)
    if external_id.startswith((ERASED_ID, DIGEST_NAME[1:8])):
        message = "Ids of this form are made by Arbiter; choose another one."
        raise ValidationError({"external_id": message})
    return external_id


def _metadata(metadata: Fields | None) -> dict[str, Any]:
    found = dict(metadata or {})
    if metadata_characters(found) > METADATA_CHARACTERS or "\\u0000" in json.dumps(found):
        message = f"At most {METADATA_CHARACTERS:,} characters as JSON, and no NUL among them."
        raise ValidationError({"metadata": message})
    return found


def _refuse_erased(
    project: Project, thing: Thing, text: str, external_id: str | None, title: str = ""
) -> None:
    remembered = Remembered(project.pk, thing)
    found: dict[str, Callable[[], bool]] = {
        "text": lambda: remembered.text(text),
        "title": lambda: remembered.title(title),
        "external_id": lambda: external_id is not None and remembered.id(external_id),
    }
    for field, known in found.items():
        if known():
            message = (
                "This was erased here and is not taken in again, unless the erasure is lifted."
            )
            raise ValidationError({field: message})


@contextmanager
def _taken(noun: str, external_id: str | None) -> Iterator[None]:
    """Turn the unique violation of an id, or of a text without one, into a ValidationError."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        field, known = ("text", "text") if external_id is None else ("external_id", "id")
        message = f"There is a {noun} with this {known} already, be it a withdrawn one."
        raise ValidationError({field: message}) from error
