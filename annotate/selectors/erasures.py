"""Reads of erasures: those of a project, and beforehand what one would touch."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.blobs import blob_open
from accounts.models import Project
from annotate.freezing_preferences import PREFERENCES
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
    Text,
)
from annotate.models.texts import digest_name, text_digest

# How much of the snapshots' files is read to say beforehand which of them hold it.
READ_MAX: Final = 200 << 20
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would touch.

    `other_queries` and `other_passages` carry one of the texts as well, as their text or, where it
    is more than a word, as their title, and go, too, whichever of both the subject is; `quoting`
    are earlier wordings of others; `judgments` hold now and become history; `comments` are those of
    earlier ones, too. `unread` counts snapshots that were not looked into, since there is too much
    to read.
    """

    wordings: int
    other_queries: list[Query]
    other_passages: list[Passage]
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
    texts = _texts(subject)
    queries, passages = _that_carry(subject, texts)
    candidates = Candidate.objects.filter(Q(query__in=queries) | Q(passage__in=passages))
    judgments = Judgment.objects.filter(candidate__in=candidates)
    words = ~Q(comment="") | ~Q(skip_reason="")
    by_digest = [digest_name(text_digest(text)) for text in texts]
    needles = needles_of(
        texts,
        queries=[*(each.key for each in queries), *by_digest],
        passages=[*(each.key for each in passages), *by_digest],
    )
    holding, unread = _snapshots(subject.project, needles)
    return Preview(
        wordings=subject.revision if subject.erased_at is None else 0,
        other_queries=[each for each in queries if each != subject],
        other_passages=[each for each in passages if each != subject],
        quoting=_quoting(subject.project, texts, queries, passages),
        candidates=candidates.count(),
        judgments=judgments.filter(current=True).count(),
        comments=judgments.filter(words).count(),
        snapshots=holding,
        unread=unread,
    )


def _texts(subject: Query | Passage) -> set[str]:
    """Return the wordings of a query or passage, its own and its earlier ones."""
    if subject.erased_at is not None:
        return set()
    if isinstance(subject, Query):
        return {subject.text, *subject.revisions.values_list("text", flat=True)}
    earlier = subject.revisions.values_list("text__text", flat=True)
    return {text for text in (subject.text.text, *earlier) if text}


def _that_carry(
    subject: Query | Passage, texts: Collection[str]
) -> tuple[list[Query], list[Passage]]:
    """Return what an erasure takes, the subject included; see `annotate.erasing.FIND`."""
    project = subject.project
    queries = list(project.queries.filter(text__in=texts, erased_at=None))
    carried = Q(text__in=_rows_of(project, texts)) | Q(title__in=_phrases(texts))
    rows = project.passages.filter(carried, erased_at=None).select_related("text")
    passages = list(rows)
    if isinstance(subject, Passage) and subject not in passages:
        passages.append(subject)
    if isinstance(subject, Query) and subject not in queries:
        queries.append(subject)
    return queries, passages


def _quoting(
    project: Project,
    texts: Collection[str],
    queries: Collection[Query],
    passages: Collection[Passage],
) -> int:
    """Return how many earlier wordings of what stays are among these texts."""
    earlier = QueryRevision.objects.filter(query__project=project, text__in=texts)
    carried = Q(text__in=_rows_of(project, texts)) | Q(title__in=_phrases(texts))
    reworded = PassageRevision.objects.filter(carried, passage__project=project)
    return (
        earlier.exclude(query__in=queries).count() + reworded.exclude(passage__in=passages).count()
    )


def _rows_of(project: Project, texts: Collection[str]) -> QuerySet[Text]:
    return Text.objects.filter(project=project, digest__in=[text_digest(each) for each in texts])


def _phrases(texts: Collection[str]) -> list[str]:
    return [each for each in texts if " " in each.strip()]


def _snapshots(project: Project, needles: Collection[bytes]) -> tuple[list[Snapshot], int]:
    """Return the snapshots that hold a needle, and how many were not read."""
    holding, unread, left = [], 0, READ_MAX
    rows = project.snapshots.filter(status=SnapshotStatus.READY).order_by("-pk")
    for snapshot in rows.defer("statistics", "findings"):
        names = [*(f"{split}.jsonl" for split in SPLITS), PREFERENCES]
        files = [snapshot.files[name] for name in names if name in snapshot.files]
        left -= sum(file["size"] for file in files)
        if left < 0:
            unread += 1
        elif any(_holds(file["sha256"], needles) for file in files):
            holding.append(snapshot)
    return holding, unread


def _holds(sha256: str, needles: Collection[bytes]) -> bool:
    """Look through a stored file block by block; a needle may lie across two."""
    overlap, end = max(map(len, needles), default=0), b""
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
