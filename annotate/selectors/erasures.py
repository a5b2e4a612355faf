"""Reads of erasures: those of a project, and beforehand what one would touch."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.blobs import blob_open
from accounts.models import Project
from annotate.frozen.sealing import needles_of
from annotate.frozen.splitting import SPLITS
from annotate.models import (
    Candidate,
    Erasure,
    Judgment,
    Passage,
    PassageRevision,
    Query,
    QueryRevision,
    Snapshot,
    SnapshotStatus,
    Thing,
)
from annotate.models.texts import digest_name, text_digest

# How much of the snapshots' files is read to say beforehand which of them hold it.
READ_MAX: Final = 200 << 20
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would touch.

    `others` carry one of the texts as well and go, too; `quoting` are earlier wordings of others;
    `judgments` hold now and become history; `comments` are those of earlier ones, too.
    `unread` counts snapshots that were not looked into, since there is too much to read.
    """

    wordings: int
    others: list[Query | Passage]
    quoting: int
    candidates: int
    judgments: int
    comments: int
    snapshots: list[Snapshot]
    unread: int


def erasures_of(project: Project) -> QuerySet[Erasure]:
    """Return a project's erasures, newest first."""
    return project.erasures.select_related("created_by", "lifted_by").order_by("-pk")


def erasure_by(project: Project, pk: int) -> Erasure:
    """Return an erasure of a project. Raises Http404."""
    erasure = erasures_of(project).filter(pk=pk).first()
    if erasure is None:
        raise Http404("There is no such erasure in this project.")
    return erasure


def erasure_preview(subject: Query | Passage) -> Preview:
    """Say what an erasure of a query or passage would touch now."""
    thing = Thing.QUERY if isinstance(subject, Query) else Thing.PASSAGE
    if isinstance(subject, Query):
        texts, others, quoting = _of_query(subject)
    else:
        texts, others, quoting = _of_passage(subject)
    keys = [subject.pk, *(each.pk for each in others)]
    candidates = Candidate.objects.filter(**{f"{thing}__in": keys})
    judgments = Judgment.objects.filter(candidate__in=candidates)
    words = ~Q(comment="") | ~Q(skip_reason="")
    names = [each.key for each in (subject, *others)]
    names += [digest_name(text_digest(text)) for text in texts]
    holding, unread = _snapshots(subject.project, needles_of(thing, texts, names))
    return Preview(
        wordings=subject.revision if subject.erased_at is None else 0,
        others=others,
        quoting=quoting,
        candidates=candidates.count(),
        judgments=judgments.filter(current=True).count(),
        comments=judgments.filter(words).count(),
        snapshots=holding,
        unread=unread,
    )


def _of_query(query: Query) -> tuple[set[str], list[Query | Passage], int]:
    texts = {query.text, *query.revisions.values_list("text", flat=True)}
    same = query.project.queries.filter(text__in=texts, erased_at=None).exclude(pk=query.pk)
    others: list[Query | Passage] = list(same)
    quoting = QueryRevision.objects.filter(query__project=query.project, text__in=texts)
    return texts, others, quoting.exclude(query__in=[query, *others]).count()


def _of_passage(passage: Passage) -> tuple[set[str], list[Query | Passage], int]:
    rows = {passage.text, *(row.text for row in passage.revisions.select_related("text"))}
    carried = [row.pk for row in rows if row.text]
    same = passage.project.passages.filter(text__in=carried, erased_at=None)
    others: list[Query | Passage] = list(same.exclude(pk=passage.pk).select_related("text"))
    quoting = PassageRevision.objects.filter(text__in=carried)
    texts = {row.text for row in rows if row.text}
    return texts, others, quoting.exclude(passage__in=[passage, *others]).count()


def _snapshots(project: Project, needles: Collection[bytes]) -> tuple[list[Snapshot], int]:
    """Return the snapshots that hold a needle, and how many were not read."""
    holding, unread, left = [], 0, READ_MAX
    rows = project.snapshots.filter(status=SnapshotStatus.READY).order_by("-pk")
    for snapshot in rows.defer("statistics", "findings"):
        files = [snapshot.files[f"{split}.jsonl"] for split in SPLITS]
        left -= sum(file["size"] for file in files)
        if left < 0:
            unread += 1
        elif any(_holds(file["sha256"], needles) for file in files):
            holding.append(snapshot)
    return holding, unread


def _holds(sha256: str, needles: Collection[bytes]) -> bool:
    """Look through a stored file block by block; a needle may lie across two."""
    overlap, end = max(map(len, needles)), b""
    try:
        with blob_open(sha256) as source:
            while block := source.read(_BLOCK):
                whole = end + block
                if any(needle in whole for needle in needles):
                    return True
                end = whole[-overlap:]
    except FileNotFoundError:
        return False
    return False
